"""Exercises of the lesson `patching`."""
