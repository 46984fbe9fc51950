"""Lesson 8."""

EXERCISES = ()
