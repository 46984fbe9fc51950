"""Lesson 7."""

EXERCISES = ()
