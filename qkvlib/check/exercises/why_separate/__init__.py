"""Exercises of the lesson `why_separate`."""
