"""Exercises of the lesson `one_token`."""
