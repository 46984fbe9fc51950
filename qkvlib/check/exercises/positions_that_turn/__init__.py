"""The exercises of the lesson `positions_that_turn`, one a module."""
