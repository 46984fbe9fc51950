"""A small lesson's text, for the tests of the build."""

FRONT = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
qkv:
  title: A title
  minutes: 3
  needs: Nothing.
  answers: What?
  do: [One thing]
  learn: [Another]
  objectives:
    look: Look.
---
"""


def code(body, *options):
    return "\n".join(["```{code-cell} ipython3", *options, body, "```"]) + "\n"
