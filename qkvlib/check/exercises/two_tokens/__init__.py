"""Exercises of the lesson `two_tokens`."""
