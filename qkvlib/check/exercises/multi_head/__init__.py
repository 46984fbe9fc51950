"""Exercises of the lesson `multi_head`."""
