"""Readback's backend: tells a sales rep, inside Gmail, what became of an e-mail."""
