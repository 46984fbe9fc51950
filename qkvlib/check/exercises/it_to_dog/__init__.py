"""Exercises of the lesson `it_to_dog`."""
