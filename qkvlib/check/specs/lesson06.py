"""Lesson 6."""

EXERCISES = ()
