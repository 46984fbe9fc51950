"""Exercises of the lesson `who_may_look`."""
