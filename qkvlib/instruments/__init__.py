"""The course's instruments: each is one worksheet plus its controls."""
