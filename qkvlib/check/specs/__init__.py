"""The exercises of each lesson: one module per lesson, each with a tuple `EXERCISES`."""
