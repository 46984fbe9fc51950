"""What starts the sandbox and talks to it. Nothing in this folder is ever inside; `grading/inside/` is."""

from qkvlib.grading.sandbox.child import Limits, Reply
from qkvlib.grading.sandbox.choice import SAFE, choose, walls_here, weakness
from qkvlib.grading.sandbox.command import SandboxUnavailable
from qkvlib.grading.sandbox.host import Sandbox, available

__all__ = ["SAFE", "Limits", "Reply", "Sandbox", "SandboxUnavailable", "available", "choose", "walls_here", "weakness"]
