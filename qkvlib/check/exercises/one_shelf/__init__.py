"""Exercises of the lesson `one_shelf`."""
