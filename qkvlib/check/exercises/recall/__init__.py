"""Exercises of the lesson `recall`."""
