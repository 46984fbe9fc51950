"""What may enter the sandbox, named once. What is not named here stays outside.

The binding of files (`sandbox.command`), the stand-ins (`stand_ins`), the version in every grade (`grading.version`)
and the test of these files' imports all read this page.
"""

from __future__ import annotations

# Files of qkvlib, from its own folder. They may import one another, numpy and the standard library.
FILES = (
    "check/attempt.py",
    "check/plain.py",
    "grading/inside/cells.py",
    "grading/inside/contents.py",
    "grading/inside/extract.py",
    "grading/inside/landlock.py",
    "grading/inside/namespaces.py",
    "grading/inside/newer.py",
    "grading/inside/outside.py",
    "grading/inside/refused.py",
    "grading/inside/rehearsal.py",
    "grading/inside/second.py",
    "grading/inside/serve.py",
    "grading/inside/stand_ins.py",
    "grading/inside/submission.py",
    "grading/inside/walls.py",
    "grading/inside/watch.py",
    "grading/inside/wire.py",
)

# Installed packages, each with the folder its shared libraries may lie in. numpy alone.
PACKAGES = ("numpy", "numpy.libs")

# What a student's notebook may import that is not there: importing it gives something inert. All of qkvlib is among
# them; `stand_ins` fills in what an honest answer needs of it.
INERT = (
    "matplotlib",
    "IPython",
    "ipywidgets",
    "anywidget",
    "plotly",
    "seaborn",
    "tkinter",
    "webbrowser",
    "turtle",
    "nbgrader",
    "otter",
    "papermill",
    "jupyter_client",
    "qkvlib",
)
