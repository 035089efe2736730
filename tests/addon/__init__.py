"""What Gmail shows."""
