"""Lesson 5."""

EXERCISES = ()
