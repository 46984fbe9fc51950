"""Attacks that a student's code tries from inside, as data: each a body that returns true when it worked.

`away` says that the same body works where its wall is not, so that the attack is known to be one. `{place}` stands for
a folder with a course in it: solutions, a roster, a course file;
`{port}` for a server that listens on this machine.
"""

# ruff: noqa: E501

from qkvlib.grading.attacks.attack import Attack
from qkvlib.grading.inside.refused import Numbers, denied


def _reads(path: str, away: bool) -> Attack:
    body = f"import os\np = {path!r}\nreturn os.listdir(p) if os.path.isdir(p) else open(p, 'rb').read(1)"
    return Attack("reading the teacher's files", path, "files: only named parts are bound", body, away)


FILES = [
    *(_reads(f"{{place}}/{name}", True) for name in (
        "qkv-course.json", "roster.csv", "solutions/02_two_tokens.ipynb", "exercises", "in/s1.ipynb", "in", "results",
    )),
    *(_reads(f"{{library}}/{name}", True) for name in (
        "attention.py", "examples.py", "check/judge.py", "check/registry.py", "check/exercises", "clinic",
        "grading/grader.py", "grading/questions.py", "grading/secret.py", "data", "__init__.py",
    )),
    *(_reads(path, True) for path in ("/etc/passwd", "/usr/bin", "/usr/lib", "/var", "/sys", "{python}", "{packages}")),
    *(_reads(path, False) for path in (
        "/etc/shadow", "/root", "/home", "/mnt", "/media", "/opt", "/srv", "/run", "/boot", "/usr/local/lib",
        "/var/run/docker.sock", "/dev/mem", "/dev/sda", "/dev/kmsg", "/dev/shm/qkv-shared",
            "/proc/1/environ",
    )),
    *(_reads(f"/proc/{name}", True) for name in (
        "self/environ", "self/maps", "self/mountinfo", "self/cmdline", "cpuinfo", "net", "self/fd",
    )),
]  # fmt: skip

_RIGHT = "return abs(float(f(np.array([[0.0, 1.0]]))[0, 1]) - 0.7310585786) < 1e-6"


def _code(name: str, body: str, away: bool = True) -> Attack:
    return Attack("fetching right code", name, "files: no right code is inside", f"{body}\n{_RIGHT}", away)


CODE = [
    _code("import qkvlib.attention", "import numpy as np\nfrom qkvlib.attention import softmax as f"),
    _code("import it afresh", "import sys, numpy as np\nsys.modules.pop('qkvlib.attention', 0)\nsys.modules.pop('qkvlib', 0)\n"
          "from qkvlib.attention import softmax as f"),
    _code("importlib", "import importlib, numpy as np\nf = importlib.import_module('qkvlib.attention').softmax"),
    _code("without the stand-ins", "import sys, numpy as np\nsys.meta_path[:] = [m for m in sys.meta_path if "
          "'Inert' not in repr(m)]\nfor n in [n for n in sys.modules if n.startswith('qkvlib')]: sys.modules.pop(n)\n"
          "sys.path[:0] = ['/sandbox/library', '/sandbox/packages']\nfrom qkvlib.attention import softmax as f"),
    _code("by a path finder", "import sys, numpy as np\nfrom importlib.machinery import PathFinder\n"
          "from importlib.util import module_from_spec\ns = PathFinder.find_spec('qkvlib', sys.path)\n"
          "s = PathFinder.find_spec('qkvlib.attention', s.submodule_search_locations)\nm = module_from_spec(s)\n"
          "s.loader.exec_module(m)\nf = m.softmax"),
    _code("from its file", "import numpy as np\nd = {{'__name__': 'x'}}\n"
          "exec(open('{library}/attention.py').read().replace('from __future__ import annotations', ''), d)\n"
          "f = d['softmax']".replace("{{", "{").replace("}}", "}"), False),
    _code("from its file, wherever it is", "import os, sys, numpy as np\nd = None\nfor top, _, names in os.walk('/sandbox'):\n"
          "    if 'attention.py' in names: d = runpy.run_path(top + '/attention.py')\nf = d['softmax']", False),
    _code("runpy", "import runpy, numpy as np\nf = runpy.run_module('qkvlib.attention')['softmax']"),
    _code("pkgutil", "import pkgutil, numpy as np\nd = {'__name__': 'x'}\nexec(compile(pkgutil.get_data('qkvlib', "
          "'attention.py'), 'a', 'exec', dont_inherit=True), d)\nf = d['softmax']", False),
    _code("the reference of the check", "import numpy as np\nfrom qkvlib.check import exercise\n"
          "f = exercise('softmax').reference"),
    _code("the registry", "import numpy as np\nfrom qkvlib.check.registry import exercises\nf = exercises()['softmax'].reference"),
    _code("the clinic's fixed code", "import numpy as np\nfrom qkvlib.clinic import BUGS\n"
          "f = lambda z: BUGS['fix_values_in_scores'].fixed(np.sqrt(1) * np.array([[1.0]]), z.T, np.eye(2))"
          , False),
    _code("another module's import", "import numpy as np\nimport qkvlib.clinic as c\nf = vars(c)['softmax']", False),
    _code("what the collector knows", "import gc, types, numpy as np\nf = next(o for o in gc.get_objects() if "
          "isinstance(o, types.FunctionType) and o.__name__ == 'softmax' and o.__module__ == 'qkvlib.attention')", False),
    _code("a subclass walk", "import numpy as np\nf = next(s for c in object.__subclasses__() for s in [getattr(c, "
          "'reference', None)] if callable(s))", False),
    _code("the solution by the check", "import numpy as np\nfrom qkvlib import check\nd = {'np': np}\n"
          "exec(check.softmax.solution().text, d)\nf = d['softmax']", False),
    _code("the source by inspect", "import inspect, numpy as np\nfrom qkvlib import attention\nd = {'np': np, '_floats': lambda z: (z,)}\n"
          "exec('from __future__ import annotations\\n' + inspect.getsource(attention.softmax), d)\nf = d['softmax']"),
    _code("a coref model", "import numpy as np\nfrom qkvlib.coref import softmax as f", False),
]  # fmt: skip

_SYSCALL = (
    "import ctypes, os\nl = ctypes.CDLL(None, use_errno=True)\nctypes.set_errno(0)\n"
    "r = l.syscall({number}, 0, 0, 0, 0, 0, 0)\nreturn ctypes.get_errno() not in (1, 38)"
)


def system_calls(numbers: Numbers) -> list[Attack]:
    """One attack per refused system call; outside none is tried, as some would do harm."""
    return [
        Attack("system calls", name, "seccomp filter", _SYSCALL.replace("{number}", str(number)))
        for name, number in denied(numbers)
    ]


def _socket(name: str, family: str, kind: str = "SOCK_STREAM", away: bool = True) -> Attack:
    body = f"import socket\nsocket.socket({family}, socket.{kind}).close()\nreturn True"
    return Attack("the network", name, "seccomp filter and a network namespace", body, away)


NETWORK = [
    _socket("IPv4", "socket.AF_INET"),
    _socket("IPv4 datagrams", "socket.AF_INET", "SOCK_DGRAM"),
    _socket("IPv6", "10", away=False),
    _socket("netlink", "16", "SOCK_RAW"),
    _socket("packets", "17", "SOCK_RAW", False),
    _socket("bluetooth", "31", "SOCK_RAW", False),
    _socket("vsock", "40", away=False),
    Attack("the network", "a server on this machine", "seccomp filter and a network namespace",
           "import socket\nreturn socket.create_connection(('127.0.0.1', {port}), 2)", True),
    Attack("the network", "an abstract socket of another process", "a network namespace",
           "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0qkv-attack-{port}')\nreturn True", True),
    Attack("the network", "a name server", "seccomp filter and a network namespace",
           "import socket\nreturn socket.getaddrinfo('localhost', 80)", True),
]  # fmt: skip


def _process(name: str, wall: str, body: str, away: bool = False) -> Attack:
    return Attack("processes and privileges", name, wall, body, away)


PROCESSES = [
    _process("signal any other process", "pid namespace",
             "import os\nreached = []\nfor p in range(2, 3000):\n    if p == os.getpid(): continue\n    try:\n        os.kill(p, 0)\n"
             "        reached.append(p)\n    except OSError: pass\nreturn reached", True),
    _process("know one's parent", "pid namespace", "import os\nreturn os.getppid()", True),
    _process("be root", "user namespace", "import os\nreturn os.getuid() == 0"),
    _process("become root", "no capabilities", "import os\nos.setuid(0)\nreturn os.getuid() == 0"),
    _process("another group", "no capabilities", "import os\nos.setgid(0)\nreturn os.getgid() == 0"),
    _process("drop groups", "no capabilities", "import os\nos.setgroups([0])\nreturn 0 in os.getgroups()"),
    _process("own capabilities", "no capabilities",
             "import ctypes, struct\nh = struct.pack('<II', 0x20080522, 0)\nd = ctypes.create_string_buffer(24)\n"
             "ctypes.CDLL(None).capget(h, d)\nreturn any(d.raw)"),
    _process("a set-uid program", "files: no programs", "import subprocess\nreturn subprocess.run(['su', '--version']).returncode == 0", True),
    _process("a shell", "files: no programs", "import os\nreturn os.system('true') == 0", True),
    _process("any program", "files: no programs", "import subprocess\nreturn subprocess.run(['/usr/bin/env']).returncode == 0", True),
    _process("its own program again, with the sandbox's rights", "no new privileges",
             "import subprocess, sys\nreturn subprocess.run([sys.executable, '-I', '-S', '-c', 'import os, sys; "
             "sys.exit(os.getuid() != 0)']).returncode == 0"),
    _process("a higher priority", "no capabilities", "import os\nbefore = os.nice(0)\nreturn os.nice(-5) < before"),
    _process("another host name", "uts namespace", "import socket\nsocket.sethostname('mine')\nreturn socket.gethostname() == 'mine'"),
    _process("the teacher's host name", "uts namespace", "import os\nreturn os.uname().nodename != 'exam'", True),
    _process("a device file", "no capabilities", "import os\nos.mknod('/tmp/d', 0o20666, os.makedev(1, 1))\nreturn True"),
    _process("raise one's limits", "hard limits", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))\nreturn True"),
    _process("more processes", "hard limits", "import resource\nresource.setrlimit(resource.RLIMIT_NPROC, (4096, 4096))\nreturn True"),
    _process("run a file it wrote", "a /tmp without execution",
             "import os, subprocess, shutil, sys\nopen('/tmp/x', 'wb').write(open(sys.executable, 'rb').read(1 << 24))\n"
             "os.chmod('/tmp/x', 0o755)\nreturn subprocess.run(['/tmp/x', '-V']).returncode is not None"),
    _process("memory of the process above", "not dumpable, pid namespace", "return open('/proc/1/mem', 'rb').read(1) is not None"),
    _process("System V shared memory", "seccomp filter",
             "import ctypes\nreturn ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0", True),
    _process("a file without a name", "seccomp filter", "import os\nreturn os.memfd_create('x') > 0", True),
]  # fmt: skip

ENVIRONMENT = [
    Attack("the environment", f"the variable {name}", "an empty environment", f"import os\nreturn os.environ[{name!r}]", True)
    for name in ("QKV_ATTACK_SECRET", "PYTHONPATH", "USER_TOKEN", "SSH_AUTH_SOCK")
] + [
    Attack("the environment", "where this Python is installed", "files: named anew inside",
           "import sys\nreturn '/sandbox' not in sys.prefix or [p for p in sys.path if '/sandbox' not in p]", True),
    Attack("the environment", "where numpy is installed", "files: named anew inside",
           "import numpy\nreturn '/sandbox/packages/' not in numpy.__file__", True),
    Attack("the environment", "where this Python was built", "files: covered",
           "import sysconfig\nreturn sysconfig.get_config_vars().get('CONFIG_ARGS')", True),
    Attack("the environment", "which packages are installed", "files: only numpy",
           "from importlib.metadata import distributions\nreturn [d.name for d in distributions()]", True),
    Attack("the environment", "the arguments of the process", "files: only what starts it",
           "import sys\nreturn [a for a in sys.argv if 'qkv' in a or 'home' in a]", False),
]  # fmt: skip

WRITES = [
    Attack("writing", path, "a read-only system, a private /tmp",
           f"p = {path!r} + '/qkv-attack-mark'\nopen(p, 'w').write('x')\nimport os\nos.remove(p)\nreturn True", away)
    for path, away in (
        *((p, False) for p in ("/", "/usr", "/etc", "/dev", "/dev/shm", "/proc", "/sys", "/var/tmp", "/home", "/root", "/mnt")),
        *((p, False) for p in ("/sandbox", "/sandbox/library/qkvlib", "/sandbox/packages", "/sandbox/packages/numpy",
                               "/sandbox/python/bin", "/lib64")),
        ("{place}", True), ("{place}/results", True), ("{place}/solutions", True),
    )
]  # fmt: skip

INSIDE = [*FILES, *CODE, *NETWORK, *PROCESSES, *ENVIRONMENT, *WRITES]
