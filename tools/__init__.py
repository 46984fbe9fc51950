"""What turns the authored lessons into the course. Nothing in qkvlib imports this."""
