"""What Gmail shows: Google's event in (`events`), card JSON out (`home`, `message`, `compose`, `connect`). Pure."""
