"""Exercises of the lesson `cross_attention`."""
