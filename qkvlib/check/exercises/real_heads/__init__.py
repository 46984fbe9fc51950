"""Exercises of the lesson `real_heads`."""
