"""The lessons to listen to: their sentences as a voice says them, and the recordings that `qkv narrate` makes."""
