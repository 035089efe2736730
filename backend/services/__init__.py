"""What the product does, one story per file."""
