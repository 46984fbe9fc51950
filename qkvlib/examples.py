"""Every fixed number of the course, once."""
