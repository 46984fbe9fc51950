"""The math of attention: pure numpy, one function per symbol."""
