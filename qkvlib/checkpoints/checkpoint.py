"""A checkpoint: its layout, its numbers, and the matrices of any layer or head in the course's own picture."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import CheckpointError
from .forward import AttentionLayer, Rotary
from .gguf_file import GgufFile, GgufFolder
from .layouts import recognise, split_c_attn
from .local import LocalFolder
from .safetensors_file import SafetensorsFile, TensorInfo, WeightsFile, missing

if TYPE_CHECKING:
    from .hub import HubFolder
    from .language_model import LanguageModel

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"


@dataclass(frozen=True)
class Head:
    """One head's matrices: W_Q, W_K, W_V are [d_model, d_head]; biases are [d_head] or None."""

    W_Q: np.ndarray
    W_K: np.ndarray
    W_V: np.ndarray
    b_Q: np.ndarray | None
    b_K: np.ndarray | None
    b_V: np.ndarray | None


class Checkpoint:
    """Reads nothing but headers until a layer, a head or a tensor is asked for.

    `folder` is a `LocalFolder`, a `HubFolder` or a `GgufFolder`. `n_heads` and `n_kv_heads` stand in for a missing
    config.json.
    """

    def __init__(
        self,
        folder: "LocalFolder | HubFolder | GgufFolder",
        n_heads: int | None = None,
        n_kv_heads: int | None = None,
    ) -> None:
        self.name = folder.name
        self._folder = folder
        self.config = folder.json("config.json") or {}
        self._files: dict[str, WeightsFile] = {}
        self._file_of = self._find_weights()
        self.layout, self._stems = recognise(list(self._file_of), self.name)
        self.architecture = self.layout.architecture
        self.n_layers = max(self._stems) + 1
        self._read_numbers(n_heads, n_kv_heads)

    def __repr__(self) -> str:
        shared = "" if self.n_kv_heads == self.n_heads else f" sharing {self.n_kv_heads} K/V heads"
        return (
            f"Checkpoint({self.name!r}: {self.architecture} layout, {self.n_layers} layers, d_model {self.d_model}, "
            f"{self.n_heads} heads of {self.d_head}{shared})"
        )

    @property
    def names(self) -> list[str]:
        """The names of all tensors, sorted."""
        return sorted(self._file_of)

    def tensor(self, name: str, rows: tuple[int, int] | None = None) -> np.ndarray:
        """One tensor as it is stored (F16 and BF16 as float32); `rows` reads only a part of its first axis."""
        return self._file(name).tensor(name, rows)

    def info(self, name: str) -> TensorInfo:
        """dtype, shape and place of a tensor, without reading it."""
        file = self._file(name)
        if name not in file.tensors:
            raise CheckpointError(missing(name, file.tensors, file.source.name))
        return file.tensors[name]

    def stored(self, layer: int) -> dict[str, str]:
        """Where a layer's attention is kept: role (`W_Q`, `b_Q`, ...) -> tensor name. Fused roles share one name."""
        stem = self._stem(layer)
        found = {}
        for role in "QKVO":
            module = stem + getattr(self.layout, role)
            found[f"W_{role}"] = f"{module}.weight"
            if f"{module}.bias" in self._file_of or role in self._required_biases():
                found[f"b_{role}"] = f"{module}.bias"
        absent = [name for name in dict.fromkeys(found.values()) if name not in self._file_of]
        if absent:
            there = [name for name in self.names if name.startswith(stem)]
            raise CheckpointError(
                f"{self.name}: layer {layer} lacks {', '.join(absent)}; of that layer it has "
                f"{', '.join(name.removeprefix(stem) for name in there)}."
            )
        return found

    def blocks(self, layer: int) -> list[tuple[str, tuple[int, ...], bool]]:
        """A layer's query, key and value weights as they lie in the file: (roles, shape, whether there is a bias).

        One entry with the roles "QKV" where they are fused, else three.
        """
        stored = self.stored(layer)
        groups = ["QKV"] if self.layout.fused else ["Q", "K", "V"]
        return [(roles, self.info(stored[f"W_{roles[0]}"]).shape, f"b_{roles[0]}" in stored) for roles in groups]

    def attention(self, layer: int) -> AttentionLayer:
        """All matrices of a layer's attention, as [d_in, d_out]: tokens are rows."""
        stored = self.stored(layer)
        values = {name: self.tensor(name) for name in dict.fromkeys(stored.values())}
        picture: dict[str, Any] = {role: values[stored[role]] if role in stored else None for role in _ROLES}
        if self.layout.fused:
            self._expect(stored["W_Q"], (self.d_model, 3 * self._width("Q")))
            for role, (weight, bias) in zip("QKV", split_c_attn(picture["W_Q"], picture["b_Q"]), strict=True):
                picture.update({f"W_{role}": weight, f"b_{role}": bias})
        else:
            for role in "QKV":
                self._expect(stored[f"W_{role}"], (self._width(role), self.d_model))
        self._expect(stored["W_O"], (self._width("Q"), self.d_model), stored_as_linear=not self.layout.conv1d)
        if not self.layout.conv1d:
            # torch's Linear keeps [out, in]; the picture has tokens as rows, so X meets [in, out].
            picture.update({role: picture[role].T for role in ("W_Q", "W_K", "W_V", "W_O")})
        return AttentionLayer(
            architecture=self.architecture,
            layer=layer,
            n_heads=self.n_heads,
            n_kv_heads=self.n_kv_heads,
            causal=self.causal,
            scale=self._scale(layer),
            rotary=self.rotary,
            window=self.window,
            obstacle=self._obstacle(),
            **picture,
        )

    def head(self, layer: int, head: int) -> Head:
        """Query head `head` of a layer, with the key and value head its group shares.

        Where a head is a block of stored rows (all but GPT-2, whose heads are columns), only those rows are read.
        """
        if not 0 <= head < self.n_heads:
            raise CheckpointError(f"{self.name} has heads 0 to {self.n_heads - 1}: there is no head {head}.")
        stored = self.stored(layer)
        found: dict[str, Any] = {}
        for role in "QKV":
            number = head if role == "Q" else head * self.n_kv_heads // self.n_heads
            columns = slice(number * self.d_head, (number + 1) * self.d_head)
            if self.layout.fused:
                third = "QKV".index(role) * self.d_model
                columns = slice(third + columns.start, third + columns.stop)
                self._expect(stored["W_Q"], (self.d_model, 3 * self._width("Q")))
                found[f"W_{role}"] = self.tensor(stored["W_Q"])[:, columns]
            else:
                self._expect(stored[f"W_{role}"], (self._width(role), self.d_model))
                found[f"W_{role}"] = self.tensor(stored[f"W_{role}"], rows=(columns.start, columns.stop)).T
            bias = stored.get(f"b_{role}")
            found[f"b_{role}"] = None if bias is None else self.tensor(bias)[columns]
        return Head(**found)

    def language_model(self, progress: bool = True) -> "LanguageModel":
        """The whole model, ready to read sentences: for GGUF files of the llama layout, which bring their words along.

        Takes seconds and half a gigabyte for 135 million parameters; `progress` shows a bar. Raises CheckpointError.
        """
        words = getattr(self._folder, "words", None)
        if words is None:
            raise CheckpointError(f"{self.name} brings no words of its own; whole sentences are read from GGUF files.")
        from .language_model import LanguageModel  # what reads the matrices alone does not need it

        return LanguageModel(self, words(), progress)

    # -- what the weights and config.json say -----------------------------------------------------------------------

    def _find_weights(self) -> dict[str, str]:
        """Tensor name -> file name, from the index of a sharded checkpoint or the header of a single file."""
        lone = getattr(self._folder, "lone_file", None)
        index = None if lone else self._folder.json(INDEX)
        if index is None:
            filename = lone or SINGLE
            file = self._open(filename)
            if file is None:
                raise CheckpointError(
                    f"{self.name} has neither {SINGLE} nor {INDEX}: only safetensors weights are read "
                    "(pickled .bin and .pt files can run code, so they are not opened)."
                )
            self._files[filename] = file
            return dict.fromkeys(file.tensors, filename)
        file_of = index.get("weight_map")
        if not isinstance(file_of, dict) or not file_of:
            raise CheckpointError(f"{self.name}: {INDEX} has no weight_map; download it again.")
        for filename in file_of.values():
            # The index may come from anywhere: a name in it must stay inside the folder.
            if not isinstance(filename, str) or not re.fullmatch(r"[\w][\w.-]*\.safetensors", filename):
                raise CheckpointError(
                    f"{self.name}: {INDEX} names {filename!r}, which is not a safetensors file beside it."
                )
        return file_of

    def _open(self, filename: str) -> WeightsFile | None:
        source = self._folder.open(filename)
        return source if source is None or isinstance(source, GgufFile) else SafetensorsFile(source)

    def _file(self, name: str) -> WeightsFile:
        filename = self._file_of.get(name)
        if filename is None:
            raise CheckpointError(missing(name, self._file_of, self.name))
        if filename not in self._files:
            file = self._open(filename)
            if file is None:
                raise CheckpointError(f"{self.name}: {INDEX} names {filename}, which is not there; download it again.")
            self._files[filename] = file
        return self._files[filename]

    def _read_numbers(self, n_heads: int | None, n_kv_heads: int | None) -> None:
        config, layout = self.config, self.layout
        self.n_heads = n_heads or self._number(layout.n_heads_key)
        first = self.info(self.stored(min(self._stems))["W_Q"]).shape
        if len(first) != 2:
            raise CheckpointError(f"{self.name}: the query weight has shape {list(first)}; a matrix was expected.")
        self.d_model = first[0] if layout.conv1d else first[1]
        width = first[1] // 3 if layout.fused else first[0]
        if self.n_heads < 1 or width % self.n_heads:
            raise CheckpointError(
                f"{self.name}: {width} query columns do not divide into {self.n_heads} heads; check n_heads."
            )
        self.d_head = width // self.n_heads
        grouped = layout.architecture == "llama"
        self.n_kv_heads = (n_kv_heads or self._number("num_key_value_heads", self.n_heads)) if grouped else self.n_heads
        if self.n_kv_heads < 1 or self.n_heads % self.n_kv_heads:
            raise CheckpointError(
                f"{self.name}: {self.n_heads} query heads cannot share {self.n_kv_heads} K/V heads evenly; "
                "n_kv_heads must divide n_heads."
            )
        self.causal = layout.causal or config.get("is_decoder") is True
        self.rotary = self._read_rotary() if grouped else None
        self.window = self._number("sliding_window", None) if config.get("use_sliding_window", True) else None

    def _number(self, key: str, default: Any = ...) -> Any:
        value = self.config.get(key)
        if value is None and default is not ...:
            return default
        if value is None:
            raise CheckpointError(
                f"{self.name} has no config.json with {key!r} in it, and weights alone do not tell the number of "
                "heads: pass n_heads=..."
            )
        if type(value) is not int or value < 1:
            raise CheckpointError(
                f"{self.name}: config.json gives {key} as {value!r}; a whole number above 0 was expected."
            )
        return value

    def _read_rotary(self) -> Rotary:
        # Newer configs hold one `rope_parameters` entry, older ones `rope_theta` and `rope_scaling`.
        entry = self.config.get("rope_parameters") or self.config.get("rope_scaling") or {}
        if not isinstance(entry, dict):
            raise CheckpointError(
                f"{self.name}: config.json gives its rotary angles as {str(entry)[:60]!r}; an object was expected."
            )
        theta = entry.get("rope_theta", self.config.get("rope_theta", 10_000.0))
        if not isinstance(theta, int | float) or not 0 < theta < 1e300:
            raise CheckpointError(f"{self.name}: config.json gives rope_theta as {str(theta)[:60]!r}; not a base.")
        kind = entry.get("rope_type", entry.get("type", "default"))
        numbers = {key: float(v) for key, v in entry.items() if isinstance(v, int | float)}
        return Rotary(float(theta), str(kind), tuple(sorted(numbers.items())))

    def _scale(self, layer: int) -> float:
        if self.config.get("scale_attn_weights") is False:
            return 1.0
        by_layer = layer + 1 if self.config.get("scale_attn_by_inverse_layer_idx") else 1
        return 1 / (np.sqrt(self.d_head) * by_layer)

    def _obstacle(self) -> str:
        """Why `attend` would not give what the model computes, or "". The matrices can be read all the same."""
        kind = self.config.get("model_type")
        if kind is None and self.rotary:
            return (
                f"{self.name} has no config.json, so the base of its rotary angles is unknown: "
                "keep config.json beside it."
            )
        if kind is not None and kind not in self.layout.plain:
            return (
                f"{self.name} is a {kind!r}: its matrices are laid out as in {self.architecture}, but its attention "
                f"may do more with them; the forward pass here is known to be exact for {', '.join(self.layout.plain)}."
            )
        if self.rotary and self.rotary.kind not in ("default", "linear", "llama3"):
            return f"{self.name} turns queries and keys by {self.rotary.kind!r} angles, which are not computed here."
        if self.config.get("position_embedding_type", "absolute") != "absolute":
            return f"{self.name} adds relative positions to its scores, which is not computed here."
        return ""

    def _required_biases(self) -> str:
        if self.architecture == "vit" and self.config.get("qkv_bias", True):
            return "QKVO"
        if self.architecture == "llama" and self.config.get("attention_bias"):
            return "QKVO"
        return self.layout.biases

    def _stem(self, layer: int) -> str:
        if layer not in self._stems:
            raise CheckpointError(f"{self.name} has layers 0 to {self.n_layers - 1}: there is no layer {layer}.")
        return f"{self._stems[layer]}{layer}."

    def _width(self, role: str) -> int:
        return self.d_head * (self.n_heads if role in "QO" else self.n_kv_heads)

    def _expect(self, name: str, shape: tuple[int, int], stored_as_linear: bool = False) -> None:
        shape = shape[::-1] if stored_as_linear else shape
        if self.info(name).shape != shape:
            raise CheckpointError(
                f"{self.name}: {name} has shape {list(self.info(name).shape)}; {self.n_heads} heads of {self.d_head} "
                f"with {self.n_kv_heads} K/V heads and d_model {self.d_model} ask for {list(shape)}."
            )


_ROLES = tuple(f"{kind}_{role}" for kind in "Wb" for role in "QKVO")
