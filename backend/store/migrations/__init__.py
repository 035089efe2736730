"""The schema's history, run by `python -m backend migrate`."""
