"""Tests mirror backend/ and addon/; sandbox/ holds the stand-ins, journeys/ the story in a real browser."""
