"""What starts the sandbox and talks to it. Nothing in this folder is ever inside; `grading/inside/` is."""

from qkvlib.grading.sandbox.child import Limits, Reply
from qkvlib.grading.sandbox.choice import choose, walls_here
from qkvlib.grading.sandbox.command import SandboxUnavailable
from qkvlib.grading.sandbox.host import Sandbox, available
from qkvlib.grading.sandbox.kinds import weakness

__all__ = ["Limits", "Reply", "Sandbox", "SandboxUnavailable", "available", "choose", "walls_here", "weakness"]
