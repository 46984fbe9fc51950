"""The bugs of the clinic, one module each; `qkvlib.clinic.ORDER` says in which order they come."""
