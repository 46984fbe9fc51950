"""Attacks on what namespaces hide and the second wall has to refuse: others' processes, sockets, files, shared memory.

`{place}` and `{port}` as in `inside`. Where an attack could do harm outside it is never tried there.
"""

# ruff: noqa: E501

from qkvlib.grading.attacks.attack import Attack

_LIBC = "import ctypes, os, struct\nl = ctypes.CDLL(None, use_errno=True)\n"


_OTHERS = "import os\nothers = [p for p in (*range(2, 3000), os.getppid()) if p not in (0, os.getpid())]\n"


def _process(name: str, body: str, away: bool = False) -> Attack:
    return Attack("others' processes", name, "pid namespace", _OTHERS + body, away)


_PROCESSES = [
    _process("all processes of its user", "import os\nos.kill(-1, 0)\nreturn True"),
    _process("the process that forked it", "import os\np = os.getppid()\nif not p: return False\nos.kill(p, 0)\nreturn True"),
    _process("by thread", f"{_LIBC}return any(l.syscall(200, p, 0) == 0 for p in others)"),
    _process("by thread group", f"{_LIBC}return any(l.syscall(234, p, p, 0) == 0 for p in others)"),
    _process("by a queued signal", f"{_LIBC}b = ctypes.create_string_buffer(128)\nreturn any(l.syscall(129, p, 0, b) == 0 for p in others)"),
    _process("by a handle", "import os\nopened = []\nfor p in others:\n    try: opened.append(os.pidfd_open(p))\n    except OSError: pass\nreturn opened", away=True),
    _process("by a file that tells its owner", "import fcntl, os\nr, w = os.pipe()\nreached = []\nfor p in others:\n    try:\n        fcntl.fcntl(r, fcntl.F_SETOWN, p)\n        reached.append(p)\n    except OSError: pass\nreturn reached", away=True),
    _process("by a socket that tells its owner", "import fcntl, struct\nreached = []\nfor fd in range(3, 64):\n    for p in others:\n        try:\n            fcntl.ioctl(fd, 0x8902, struct.pack('i', p))\n            reached.append((fd, p))\n        except OSError: pass\nreturn reached"),
    _process("their limits", "import os, resource\nseen = []\nfor p in others:\n    try: seen.append(resource.prlimit(p, resource.RLIMIT_CPU))\n    except OSError: pass\nreturn seen", away=True),
    _process("their place in the queue", "import os\nmoved = []\nfor p in others:\n    try:\n        os.sched_setaffinity(p, os.sched_getaffinity(p))\n        moved.append(p)\n    except OSError: pass\nreturn moved", away=True),
    _process("their priority", "import os\nmoved = []\nfor p in others:\n    try:\n        os.setpriority(os.PRIO_PROCESS, p, os.getpriority(os.PRIO_PROCESS, p))\n        moved.append(p)\n    except OSError: pass\nreturn moved", away=True),
    _process("their memory", "return any(os.path.exists(f'/proc/{p}/mem') and open(f'/proc/{p}/mem', 'rb') for p in others)"),
    _process("the folder above, by a process", "import os\nreturn [p for p in (os.getppid(), 1, 2) if os.path.exists(os.path.join(f'/proc/{p}', 'root', 'etc'))]", away=True),
]  # fmt: skip


def _socket(name: str, body: str, away: bool = True) -> Attack:
    return Attack("others' sockets", name, "network and mount namespaces", body, away)


_SOCKETS = [
    _socket("an abstract name, by a pair of datagram sockets",
            "import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\na.sendto(b'x', '\\0qkv-attack-{port}-letters')\nreturn True"),
    _socket("a name in a folder, by a pair of datagram sockets",
            "import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\na.connect('{place}/letters')\nreturn True"),
    _socket("a name in a folder", "import socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.connect('{place}/letters')\nreturn True"),
    _socket("the sockets that it was given", "import os, stat\nfound = []\nfor fd in range(3, 64):\n    try: about = os.fstat(fd)\n    except OSError: continue\n    if stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode): found.append(fd)\nreturn found", False),
]  # fmt: skip


def _changes(name: str, body: str, away: bool = True) -> Attack:
    return Attack(
        "others' files",
        name,
        "files: only named parts are bound",
        f"import os\np = '{{place}}/roster.csv'\n{body}\nreturn True",
        away,
    )


_FILES = [
    _changes("modes", "os.chmod(p, 0o644)"),
    _changes("owners", "os.chown(p, -1, -1)"),
    _changes("times", "os.utime(p, (1, 1))"),
    _changes("attributes", "os.setxattr(p, 'user.x', b'1')", False),
    _changes("lengths", "os.truncate(p, os.path.getsize(p))"),
    _changes("names", "os.rename(p, p)"),
    _changes("a second name", "os.link(p, p + '2')\nos.remove(p + '2')"),
    _changes("a link to them", "os.symlink(p, '{place}/link')\nos.remove('{place}/link')"),
    _changes("new folders", "os.mkdir('{place}/new')\nos.rmdir('{place}/new')"),
    _changes("new pipes", "os.mkfifo('{place}/pipe')\nos.remove('{place}/pipe')"),
    _changes("a watch on them", f"{_LIBC}assert l.inotify_add_watch(l.inotify_init(), b'{{place}}', 2) >= 0"),
    _changes("above the root folder", "os.listdir('/../../../../etc')"),
    _changes("out of the root folder", "os.open('/sandbox', os.O_RDONLY)\nos.chroot('/sandbox')", False),
    _changes("programs laid out for it", "open('/sandbox/python/bin/python3', 'r+b')", False),
    _changes("modules laid out for it", "import sys\nopen(sys.modules['os'].__file__, 'r+b')", False),
    _changes("a module added to those", "import sys\nopen(os.path.dirname(sys.modules['os'].__file__) + '/mine.py', 'w')", False),
    _changes("the next one's /tmp, by a folder in it", "import tempfile\nd = tempfile.mkdtemp()\nassert not d.startswith(('/tmp', os.environ.get('HOME', '/tmp')))", False),
]  # fmt: skip


def _memory(name: str, body: str, away: bool = True) -> Attack:
    return Attack("shared memory and queues", name, "seccomp filter", body, away)


_MEMORY = [
    _memory("a segment of another's", f"{_LIBC}l.shmat.restype = ctypes.c_void_p\nreturn l.shmctl({{segment}}, 2, ctypes.create_string_buffer(512)) == 0"),
    _memory("a segment that stays", f"{_LIBC}n = l.shmget(0, 4096, 0o1600)\nl.shmctl(n, 0, None)\nreturn n >= 0"),
    _memory("a queue that stays", f"{_LIBC}n = l.msgget(0, 0o1600)\nl.msgctl(n, 0, None)\nreturn n >= 0"),
    _memory("a semaphore that stays", f"{_LIBC}n = l.semget(0, 1, 0o1600)\nl.semctl(n, 0, 0)\nreturn n >= 0"),
    _memory("POSIX shared memory", "from multiprocessing.shared_memory import SharedMemory\nm = SharedMemory(create=True, size=16)\nm.close()\nm.unlink()\nreturn True"),
    _memory("a POSIX semaphore", "from multiprocessing import Lock\nLock()\nreturn True"),
]  # fmt: skip

SHARED = [*_PROCESSES, *_SOCKETS, *_FILES, *_MEMORY]
