"""Matplotlib drawings: each function draws an array on a given Axes and returns None."""
