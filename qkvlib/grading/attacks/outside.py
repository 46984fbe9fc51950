"""Attacks on what stands outside: forged messages, points that others earned, more than one's share; as data."""

# ruff: noqa: E501

from qkvlib.grading.attacks.attack import Attack, Theft

# -- forged messages: written into every open file descriptor, header and raw bytes as given ------------------------------

_SENDS = """
import json, os, struct
def send(header, body=b"", lengths=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    frame = struct.pack(">II", *(lengths or (len(text), len(body)))) + text + body
    for fd in range(3, 64):
        try:
            os.write(fd, frame)
        except OSError:
            pass
def softmax(z, axis=-1):
    FORGERY
    return z
"""
_VALUE = '{"event": "answer", "name": "softmax", "results": [{"kind": "returned", "value": %s}]}'


def _value(tree: str, rest: str = "") -> str:
    """Send a right answer event whose one value is this tree."""
    return f"send({_VALUE % tree}{rest})"


_FORGED = {
    "a verdict": 'send({"event": "answer", "name": "softmax", "status": "correct", "points": 2, "results": []})',
    "results that are a number": 'send({"event": "answer", "name": "softmax", "results": 5})',
    "results of numbers": 'send({"event": "answer", "name": "softmax", "results": [1, 2]})',
    "results without a value": 'send({"event": "answer", "name": "softmax", "results": [{"kind": "returned"}]})',
    "a kind that is none": 'send({"event": "answer", "name": "softmax", "results": [{"kind": "right", "value": {"k": "none"}}]})',
    "a kind that is a list": 'send({"event": "answer", "name": "softmax", "results": [{"kind": [], "value": {"k": "none"}}]})',
    "another number of results": 'send({"event": "answer", "name": "softmax", "results": [{"kind": "returned", "value": {"k": "none"}}]})',
    "missing that is true": 'send({"event": "answer", "name": "softmax", "missing": True})',
    "missing of numbers": 'send({"event": "answer", "name": "softmax", "missing": [1, None]})',
    "a name that is a list": 'send({"event": "answer", "name": ["softmax"], "results": []})',
    "no name": 'send({"event": "answer", "results": []})',
    "the name of another answer": 'send({"event": "answer", "name": "attention", "results": []})',
    "a name as long as a book": 'send({"event": "answer", "name": "x" * 100_000, "results": []})',
    "an event that is unknown": 'send({"event": "grade", "name": "softmax"})',
    "an event that is a number": 'send({"event": 3})',
    "no event": "send({})",
    "a list": "send([])",
    "a word": 'send(b"true")',
    "done": 'send({"event": "done"})',
    "done, with points": 'send({"event": "done", "points": 5})',
    "findings that are a number": 'send({"event": "found", "missing": [], "findings": 4, "uses": {}})',
    "findings that cannot be hashed": 'send({"event": "found", "missing": [], "findings": [{"kind": {}}], "uses": {}})',
    "uses that are a list": 'send({"event": "found", "missing": [], "findings": [], "uses": ["softmax"]})',
    "uses of numbers": 'send({"event": "found", "missing": [], "findings": [], "uses": {"softmax": [1]}})',
    "problems that are numbers": 'send({"event": "prepared", "problems": [1, 2]})',
    "problems at a place that is none": 'send({"event": "prepared", "problems": [{"cell": "x", "line": []}]})',
    "problems without end": 'send({"event": "prepared", "problems": [{"cell": 1, "line": 1}] * 100_000})',
    "a tag that is a list": _value('{"k": []}'),
    "a tag that is unknown": _value('{"k": "pickle", "v": "x"}'),
    "no tag": _value('{}'),
    "a list in a list, a thousand deep": (
        'v = {"k": "none"}\n    for _ in range(900): v = {"k": "list", "v": [v]}\n    ' + _value('v')
    ),
    "json a hundred thousand deep": 'send(b"[" * 100_000)',
    "an array outside the frame": _value('{"k": "array", "d": "<f8", "s": [1000000], "o": 0}'),
    "an array before the frame": _value('{"k": "array", "d": "<f8", "s": [1], "o": -8}', ', bytes(8)'),
    "an array of objects": _value('{"k": "array", "d": "|O", "s": [1], "o": 0}', ', bytes(8)'),
    "an array with a dtype that is a list": _value('{"k": "array", "d": ["<f8"], "s": [1], "o": 0}', ', bytes(8)'),
    "an array of a negative size": _value('{"k": "array", "d": "<f8", "s": [-1], "o": 0}', ', bytes(8)'),
    "an array with a 0 among huge axes": _value('{"k": "array", "d": "<f8", "s": [67108864, 0, 67108864, 67108864], "o": 0}'),
    "an array of many axes": _value('{"k": "array", "d": "<f8", "s": [1] * 100, "o": 0}', ', bytes(8)'),
    "an array of sizes that are true": _value('{"k": "array", "d": "<f8", "s": [True], "o": 0}', ', bytes(8)'),
    "eight megabytes named by twenty thousand arrays": (
        'a = {"k": "array", "d": "<f8", "s": [1 << 20], "o": 0}\n    ' + _value('{"k": "list", "v": [a] * 19_000}', ', bytes(8 << 20)')
    ),
    "a number with five thousand digits": _value('{"k": "int", "v": "0x" + "f" * 5000}'),
    "a number as bare json": 'send(b\'{"event": "answer", "name": "softmax", "results": [{"kind": "returned", "value": {"k": "int", "v": \' + b"9" * 5000 + b"}}]}")',
    "not a number": _value('{"k": "float", "v": "1e9"}'),
    "a key that is a list": _value('{"k": "dict", "v": [[{"k": "list", "v": []}, {"k": "none"}]]}'),
    "half a pair": _value('{"k": "dict", "v": [[{"k": "none"}]]}'),
    "half a character": 'send(b\'{"event": "answer", "name": "\\\\ud800", "results": []}\')',
    "bytes that are no text": 'send(b"\\xff\\xfe{{{{")',
    "a pickle": 'send(b"\\x80\\x04cos\\nsystem\\n.")',
    "a frame of four gigabytes": 'send(b"x", lengths=(0xFFFFFFFF, 0xFFFFFFFF))',
    "a frame that ends early": 'send(b"x", lengths=(100, 100))\n    os._exit(0)',
    "messages without end": 'while True: send({"event": "answer", "name": "x", "missing": []})',
    "questions without end": 'while True: send({"event": "call", "source": "answer", "name": "softmax", "args": [], "keywords": {}})',
    "a question of a source that is none": 'send({"event": "call", "source": "solutions", "name": "softmax", "args": [], "keywords": {}})',
    "a question about numbers": 'send({"event": "call", "source": "library", "name": 5, "args": 5, "keywords": []})',
    "a question with a dunder": 'send({"event": "call", "source": "library", "name": "__builtins__", "args": [], "keywords": {}})',
}  # fmt: skip
FORGERIES = [
    Attack("forged messages", name, "one schema for every message", _SENDS.replace("FORGERY", body))
    for name, body in _FORGED.items()
]

# -- more than one's share ----------------------------------------------------------------------------------------------------


def _hog(name: str, wall: str, body: str) -> Attack:
    return Attack(
        "more than one's share", name, wall, f"import os, sys, time\ndef softmax(z, axis=-1):\n{body}\n    return z"
    )


HOGS = [
    _hog("one large array", "address space of a process", "    np.ones(1 << 30)"),
    _hog("a long word", "address space of a process", "    'a' * (1 << 40)"),
    _hog("memory bit by bit", "address space of a process", "    x = []\n    while True: x.append(bytearray(1 << 24))"),
    _hog("a loop", "processor time of a call", "    while True: pass"),
    _hog("a loop that catches everything", "processor time of a call",
         "    while True:\n        try:\n            while True: pass\n        except BaseException: pass"),
    _hog("a loop with signals blocked", "processor time of the submission",
         "    import signal\n    signal.pthread_sigmask(0, range(1, 60))\n    while True: pass"),
    _hog("threads that loop", "processor time of the submission",
         "    import threading\n    def go():\n        while True: pass\n    for _ in range(5): threading.Thread(target=go).start()\n    go()"),
    _hog("processes that loop", "processor time of the submission",
         "    for _ in range(4): os.fork()\n    while True: pass"),
    _hog("one process after another", "wall clock of the submission", "    while True:\n        if os.fork(): os._exit(0)"),
    _hog("a long sleep", "patience with a call", "    time.sleep(1000)"),
    _hog("a wait for nothing", "patience with a call", "    import threading\n    threading.Event().wait()"),
    _hog("a fork bomb", "number of processes", "    while True: os.fork()"),
    _hog("a full disk", "size of /tmp", "    f = open('/tmp/big', 'wb')\n    while True: f.write(bytes(1 << 20))"),
    _hog("many files", "files of /tmp", "    for n in range(10**6): open(f'/tmp/{n}', 'w').close()"),
    _hog("many open files", "open files of a process", "    kept = [open('/dev/null') for _ in range(10**6)]"),
    _hog("output without end", "output goes nowhere", "    while True: print('x' * 1000)"),
    _hog("deep recursion", "its process alone", "    import ctypes\n    sys.setrecursionlimit(10**9)\n    f = lambda: f()\n    f()"),
    _hog("a crash", "its process alone", "    import ctypes\n    ctypes.string_at(0)"),
    _hog("an exit", "its process alone", "    os._exit(0)"),
    _hog("an abort", "its process alone", "    os.abort()"),
]  # fmt: skip

# -- points for nothing -------------------------------------------------------------------------------------------------------


_LOST = "def {0}(*a, **k):\n    return 'given up'\n"
_GIVEN_UP = {name: _LOST.format(name) for name in ("scores", "softmax", "blend", "attention")}
_GLOBALS = "def blend(weights, V):\n    g = softmax.__globals__\n    return g['blend'](weights, V)"
THEFTS = [
    Theft("nothing but lost answers", _GIVEN_UP),
    Theft("through the globals of what is served", _GIVEN_UP | {"attention": "def attention(Q, K, V):\n    g = softmax.__globals__\n    w = g['softmax'](g['scores'](Q, K))\n    return g['blend'](w, V), w"}),
    Theft("below from above: softmax out of attention", _GIVEN_UP | {
        "softmax": "def softmax(z, axis=-1):\n    return attention(z, np.eye(z.shape[-1]) * np.sqrt(z.shape[-1]), np.eye(z.shape[-1]))[1]"}),
    Theft("below from above: scores out of attention", _GIVEN_UP | {
        "scores": "def scores(Q, K):\n    return np.log(attention(Q, K, K)[1])"}),
    Theft("sideways: blend out of attention", _GIVEN_UP | {"blend": "def blend(weights, V):\n    return attention(weights, np.eye(V.shape[0]), V)[0]"}),
    Theft("an answer that asks for itself", _GIVEN_UP | {"softmax": "def softmax(z, axis=-1):\n    return softmax(z, axis)"}),
    Theft("by another name of itself", _GIVEN_UP | {"softmax": "def other(z, axis=-1):\n    return softmax(z, axis)\nsoftmax = other"}),
    Theft("the library's own", _GIVEN_UP | {"softmax": "from qkvlib.attention import softmax"}),
    Theft("the library's own, wrapped", _GIVEN_UP | {"blend": "from qkvlib import attention as lib\ndef blend(weights, V):\n    return lib.blend(weights, V)"}),
    Theft("a larger function of the library", _GIVEN_UP | {"softmax": "import qkvlib.attention as lib\ndef softmax(z, axis=-1):\n    return lib.masked_attention(z, np.eye(z.shape[-1]), np.eye(z.shape[-1]), None)[1]"}),
    Theft("a forged question for the answer itself", _GIVEN_UP | {"blend": (
        "import gc\ndef blend(weights, V):\n    outside = next(o for o in gc.get_objects() if type(o).__name__ == 'Outside')\n"
        "    return outside.function('answer', 'blend')(weights, V)")}),
    Theft("a forged question for the library", _GIVEN_UP | {"blend": (
        "import gc\ndef blend(weights, V):\n    outside = next(o for o in gc.get_objects() if type(o).__name__ == 'Outside')\n"
        "    return outside.function('library', 'blend')(weights, V)")}),
    Theft("kept from one process for the next", _GIVEN_UP | {"blend": (
        "import pickle\ndef blend(weights, V):\n    return pickle.load(open('/tmp/kept', 'rb'))"), "attention": (
        "import pickle\ndef attention(Q, K, V):\n    pickle.dump(softmax(Q), open('/tmp/kept', 'wb'))\n    return 1")}),
    Theft("the source of the answer by a patched compile", _GIVEN_UP | {"softmax": (
        "import builtins\nseen = []\nold = builtins.compile\nbuiltins.compile = lambda *a, **k: (seen.append(a[0]), old(*a, **k))[1]\n"
        "def softmax(z, axis=-1):\n    return type(str(seen)[:70], (), {})()")}),
    Theft("a right answer that stands on a lost one is earned", {"scores": _GIVEN_UP["scores"]}, ("softmax", "blend", "attention")),
    Theft("a wrong one that stands on a lost one is not", {"scores": _GIVEN_UP["scores"], "attention": "def attention(Q, K, V):\n    return scores(Q, K), 1"}, ("softmax", "blend")),
]  # fmt: skip
