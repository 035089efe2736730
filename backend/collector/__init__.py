"""The hot path: accept a hit, make it durable, answer."""
