"""Lesson 4."""

EXERCISES = ()
