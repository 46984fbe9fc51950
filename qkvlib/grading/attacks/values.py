"""Answers that hand back something that lies about itself, or tamper with what tries them; as data.

Each takes the place of `softmax` in a class's notebook. The three other answers are right and stay right: whatever a
lie does inside is gone with its process.
"""

# ruff: noqa: E501

from qkvlib.grading.attacks.attack import Theft

_OTHERS = ("scores", "blend", "attention")
_RIGHT_LATER = "    e = np.exp(z - z.max(axis=axis, keepdims=True))\n    return e / e.sum(axis=axis, keepdims=True)\n"


def _lie(name: str, before: str, body: str, earns: tuple = _OTHERS) -> Theft:
    code = f"{before}\ndef softmax(z, axis=-1):\n{body}"
    return Theft(name, {"softmax": code}, earns, "values that lie", "plain values, compared outside")


def _class(name: str, base: str, methods: list[str]) -> str:
    return f"class {name}({base}):\n" + "".join(f"    def {m}\n" for m in methods)


# A name of the runner's own, found in the frames above.
_ABOVE = """
import sys
def above(name):
    frame = sys._getframe()
    while frame:
        if name in frame.f_globals:
            return frame.f_globals[name]
        frame = frame.f_back
"""
_EQUAL = [f"{m}(self, other): return np.True_" for m in ("__eq__", "__ne__", "__le__", "__lt__", "__ge__", "__gt__")]
_YES = "    def __array_function__(self, f, types, args, kwargs): return True\n"
LIES = [
    _lie("an array equal to everything", _class("A", "np.ndarray", _EQUAL), "    return z.view(A)"),
    _lie("an array whose ufuncs say yes", _class("A", "np.ndarray", ["__array_ufunc__(self, *a, **k): return np.True_"]), "    return z.view(A)"),
    _lie("an array whose functions say yes", _class("A", "np.ndarray", []) + _YES, "    return z.view(A)"),
    _lie("an array with a difference of nothing", _class("A", "np.ndarray", ["__sub__(self, o): return np.zeros(self.shape)", "__rsub__(self, o): return np.zeros(self.shape)"]), "    return z.view(A)"),
    _lie("an array that is finalised into another", _class("A", "np.ndarray", ["__array_finalize__(self, o): self.__class__ = np.ndarray"]), "    return z.view(A)"),
    _lie("an array that pickles into another", _class("A", "np.ndarray", ["__reduce__(self): return (np.ones, (3,))"]), "    return z.view(A)"),
    _lie("an array that copies itself right", _class("A", "np.ndarray", ["copy(self, *a): return self", "tobytes(self, *a): return bytes(self.nbytes)", "astype(self, *a, **k): return self"]), "    return z.view(A)"),
    _lie("an array with another shape to tell", _class("A", "np.ndarray", ["__len__(self): return 10**9"]) + "    shape = property(lambda self: (0,))\n    size = 0\n    dtype = 'float64'\n", "    return z.view(A)"),
    _lie("a masked array that hides what is wrong", "", "    return np.ma.masked_all_like(z)"),
    _lie("a matrix", "", "    return np.asmatrix(z.reshape(-1, z.shape[-1]))"),
    _lie("a record array", "", "    return np.rec.fromarrays([z, z])"),
    _lie("objects that are equal to everything", _class("E", "", _EQUAL), "    out = np.empty(z.shape, object)\n    out[...] = E()\n    return out"),
    _lie("objects that are numbers of every size", _class("E", "float", [*_EQUAL, "__float__(self): return 1.0", "__sub__(self, o): return 0.0"]), "    return [E() for _ in z]"),
    _lie("a list that iterates into something else", _class("L", "list", ["__iter__(self): return iter([1.0])", "__len__(self): return 1"]), "    return L(z)"),
    _lie("a tuple that compares equal", _class("T", "tuple", _EQUAL), "    return T(z)"),
    _lie("a dictionary that answers every key", _class("D", "dict", ["__missing__(self, k): return 1.0", "keys(self): return ['weights']", "__getitem__(self, k): return 1.0"]), "    return D(weights=z)"),
    _lie("a number of another class", _class("F", "np.float64", _EQUAL), "    return F(1.0)"),
    _lie("an int with a bit length of its own", _class("I", "int", ["bit_length(self): return 1", *_EQUAL]), "    return I(10**5000)"),
    _lie("text that strips itself into another", _class("S", "str", ["strip(self): return 'x'", "casefold(self): return 'x'", *_EQUAL]), "    return S('y')"),
    _lie("a thing with __array__", _class("Q", "", ["__array__(self, *a, **k): raise SystemExit"]), "    return Q()"),
    _lie("a thing with __array__ without end", _class("Q", "", ["__array__(self, *a, **k):\n        while True: pass"]), "    return Q()"),
    _lie("an array interface that points anywhere", "class Q:\n    __array_interface__ = {'shape': (4,), 'typestr': '<f8', 'data': (4096, True), 'version': 3}\n", "    return np.asarray(Q())"),
    _lie("strides that reach outside", "", "    return np.lib.stride_tricks.as_strided(z, z.shape, [1 << 40] * z.ndim)"),
    _lie("huge axes with nothing behind them", "", "    return np.broadcast_to(np.float64(0.5), (1 << 40,))"),
    _lie("a number type with notes", "", "    return z.astype(np.dtype('f8', metadata={'right': z}))"),
    _lie("times, text and voids", "", "    return [np.datetime64('now'), np.void(b'x'), np.str_('x'), np.bytes_(b'x')]"),
    _lie("a generator", "", "    yield 1.0"),
    _lie("a generator that sends its sender away", "", "    try:\n        yield z\n    finally:\n        raise SystemExit"),
    _lie("a coroutine", "async def later(z): return z", "    return later(z)"),
    _lie("a structure that holds itself", "", "    out = []\n    out.append(out)\n    return out"),
    _lie("a hundred thousand parts", "", "    return [[1.0]] * 100_000"),
    _lie("a name that is 100,000 letters", "class N: pass\nN.__name__ = 'x' * 100_000\n", "    return N()"),
    _lie("a name with markup and directions", "class N: pass\nN.__name__ = '<script>\u202e'\n", "    return N()"),
    _lie("a name that is half a character", "N = type('N', (), {})\nN.__qualname__ = N.__name__ = 'ab'\n", "    raise ValueError(chr(0xD800) * 50)"),
    _lie("an error that raises when it is shown", _class("E", "Exception", ["__str__(self): raise SystemExit", "__repr__(self): raise SystemExit"]), "    raise E"),
    _lie("an error that shows itself without end", _class("E", "Exception", ["__str__(self):\n        while True: pass"]), "    raise E"),
    _lie("an error with a metaclass of its own", "class M(type):\n    @property\n    def __name__(cls): raise SystemExit\n    def __instancecheck__(cls, o): return True\nclass E(Exception, metaclass=M): pass\n", "    raise E"),
    _lie("all errors at once", "", "    raise BaseExceptionGroup('many', [KeyboardInterrupt(), SystemExit()])"),
    _lie("a signature without end", _class("C", "", ["__call__(self, z): return z"]) + "    __signature__ = property(lambda self: self)\n", "    return C()"),
    _lie("another module in numpy's place", "import sys, types\nfake = types.ModuleType('numpy')\nfake.__getattr__ = lambda name: (lambda *a, **k: True)\nsys.modules['numpy'] = fake\n", "    return z"),
    _lie("numpy's comparison replaced", "np.array_equal = np.allclose = lambda *a, **k: True\n", "    return z"),
    _lie("the judge's helpers replaced", _ABOVE, "    names = above('_same_plain').__globals__\n    names.update(_same_plain=lambda *a: True, _identical=lambda *a: True, plain=lambda *a: True)\n    return z", ("scores",)),
    _lie("the packing of values replaced", _ABOVE + "wire = above('wire')\n", "    wire.Packer.pack = lambda self, value, depth=0: {'k': 'bool', 'v': True}\n    return z", ("scores",)),
    _lie("the frames' lengths replaced", _ABOVE + "wire = above('wire')\n", "    wire.read_frame = lambda receive: None\n    return z"),
    _lie("the outcome told by a frame above", "import sys\n", "    frame = sys._getframe()\n    while frame:\n        for name in ('outcomes', 'results', 'found'):\n            if name in frame.f_locals and isinstance(frame.f_locals[name], list): frame.f_locals[name].clear()\n        frame = frame.f_back\n    return z"),
    _lie("a trace that changes what is returned", "import sys\n", "    sys.settrace(lambda *a: (_ for _ in ()).throw(SystemExit))\n    return z"),
    _lie("warnings turned into errors for all that follow", "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')\n", "    return z"),
    _lie("the memory of questions filled with answers", _ABOVE + "submission = above('Submission')\nimport gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Outside': o._answered = type('D', (dict,), {'__contains__': lambda s, k: True, '__missing__': lambda s, k: (b'{\"value\":{\"k\":\"none\"}}', b'')})()\n", "    return z"),
    _lie("right from the second look on", "calls = []\n", "    calls.append(1)\n    if len(calls) < 3: return z\n" + _RIGHT_LATER),
    _lie("right once in two", "calls = []\n", "    calls.append(1)\n    if len(calls) % 2: return z\n" + _RIGHT_LATER),
    _lie("its inputs overwritten with what it hands back", "", "    z[...] = 0\n    return z"),
    _lie("a finaliser that writes later", _class("F", "", ["__del__(self):\n        import os\n        for fd in range(3, 40):\n            try: os.write(fd, bytes(64))\n            except OSError: pass"]), "    F()\n    return z"),
]  # fmt: skip
