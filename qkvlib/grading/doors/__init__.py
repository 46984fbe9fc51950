"""The doors between a graded class and the platforms: a module each, all alike.

A door that carries results takes a `Results` (what `qkv grade` left in its folder) and answers with an `Export`: the
files to write, as bytes, and what the teacher should know about them. Nothing is written before all of it is made. A
door that grades on the platform makes a bundle (`bundle`), in which `one` grades a single submission.
"""
