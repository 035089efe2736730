"""A local Google (accounts, Gmail, Pub/Sub, image proxy) that the production code is pointed at by settings alone."""
