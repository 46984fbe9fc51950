"""Exercises of the lesson `one_layer`."""
