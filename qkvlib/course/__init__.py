"""The course as files: where they are, what is in them, what a learner has done, and JupyterLab around it."""
