"""Lesson 3."""

EXERCISES = ()
