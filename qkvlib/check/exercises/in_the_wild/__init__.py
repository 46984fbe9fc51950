"""Exercises of the lesson `in_the_wild`."""
