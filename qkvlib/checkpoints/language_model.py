"""A whole LLaMA-layout model in plain numpy: a sentence in, the row of every layer and the next word's logits out.

Around the attention of forward.py stand two RMSNorms (Zhang and Sennrich 2019) and a gated MLP with SiLU
(Shazeer 2020, "GLU Variants"), as in LLaMA (Touvron et al. 2023). All arithmetic is float32, as the model was trained.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .errors import CheckpointError
from .forward import AttentionLayer, attend_in_steps
from .words import Words

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

# edit(layer, name, array) -> array: called as "X", "Q", "K", "V", "weights" and "heads" of each layer come up.
Edit = Callable[[int, str, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class LayerRun:
    """What one layer's attention computed for T tokens."""

    X: np.ndarray  # [T, d_model] what enters the attention: after the norm
    weights: np.ndarray  # [n_heads, T, T] rows sum to 1
    heads: np.ndarray  # [n_heads, T, d_head] each head's blend, before W_O


@dataclass(frozen=True)
class Run:
    """Everything kept of one forward pass. `logits` [vocabulary] are those of the word after the last token."""

    tokens: tuple[str, ...]
    layers: tuple[LayerRun, ...]
    last: np.ndarray  # [d_model] the last token's row after the final norm: logits = last @ W_U
    logits: np.ndarray
    loss: float  # mean -log p of each token after the first, in nats

    def __repr__(self) -> str:
        return f"Run({len(self.tokens)} tokens, {len(self.layers)} layers, next word {int(self.logits.argmax())})"


@dataclass(frozen=True)
class _Block:
    """One layer's weights, as [d_in, d_out]."""

    attention: AttentionLayer
    norm: np.ndarray  # [d_model]
    mlp_norm: np.ndarray  # [d_model]
    W_gate: np.ndarray  # [d_model, d_hidden]
    W_up: np.ndarray  # [d_model, d_hidden]
    W_down: np.ndarray  # [d_hidden, d_model]


class LanguageModel:
    """A checkpoint of the LLaMA layout made ready to read sentences. Loading takes seconds, so it shows a bar."""

    def __init__(self, checkpoint: "Checkpoint", words: Words, progress: bool = True) -> None:
        if checkpoint.architecture != "llama":
            raise CheckpointError(f"{checkpoint.name}: whole sentences are run in the llama layout only.")
        self.checkpoint, self.words = checkpoint, words
        self.max_tokens = int(checkpoint.config.get("max_position_embeddings", 2048))
        self._eps = float(checkpoint.config.get("rms_norm_eps", 1e-6))
        with _bar("Loading", checkpoint.n_layers, progress) as advance:
            self._E = checkpoint.tensor("model.embed_tokens.weight")
            self._final_norm = checkpoint.tensor("model.norm.weight")
            self._blocks = []
            for layer in range(checkpoint.n_layers):
                self._blocks.append(self._block(layer))
                advance()

    @cached_property
    def W_U(self) -> np.ndarray:
        """The read-out [d_model, vocabulary]: E turned where the two are tied (no lm_head in the file)."""
        tied = "lm_head.weight" not in self.checkpoint.names
        return self._E.T if tied else self.checkpoint.tensor("lm_head.weight").T

    def run(self, text: str, edits: Iterable[Edit] = ()) -> Run:
        """Read `text`. Raises CheckpointError for an empty text or one longer than the model's context."""
        return self.run_ids(self.words.ids(text), edits)

    def run_ids(self, ids: list[int], edits: Iterable[Edit] = ()) -> Run:
        """As `run`, for token ids."""
        if not ids:
            raise CheckpointError("There is no word in this text.")
        if len(ids) > self.max_tokens:
            raise CheckpointError(
                f"This text has {len(ids):,} tokens; the context of {self.checkpoint.name} holds {self.max_tokens:,}: "
                "give a shorter one."
            )
        edits = tuple(edits)
        X, layers = self._E[ids], []
        for number, block in enumerate(self._blocks):
            added, run = self._attend(number, block, X, edits)
            layers.append(run)
            X = X + added
            hidden = self._norm(X, block.mlp_norm)
            X = X + (_silu(hidden @ block.W_gate) * (hidden @ block.W_up)) @ block.W_down
        X = self._norm(X, self._final_norm)
        logits = X @ self.W_U
        return Run(self.words.texts(ids), tuple(layers), X[-1], logits[-1], _loss(logits, ids))

    def _attend(
        self, number: int, block: _Block, X: np.ndarray, edits: tuple[Edit, ...]
    ) -> tuple[np.ndarray, LayerRun]:
        """What the layer's attention adds to X [T, d_model], and what it computed on the way."""

        def edited(name: str, array: np.ndarray) -> np.ndarray:
            for edit in edits:
                array = edit(number, name, array)
            return array

        X = edited("X", self._norm(X, block.norm))
        added, weights, heads = attend_in_steps(block.attention, X, edited)
        return added, LayerRun(X, weights, heads)

    def _norm(self, X: np.ndarray, gain: np.ndarray) -> np.ndarray:
        return X / np.sqrt((X * X).mean(-1, keepdims=True) + np.float32(self._eps)) * gain

    def _block(self, layer: int) -> _Block:
        def weight(name: str) -> np.ndarray:
            return self.checkpoint.tensor(f"model.layers.{layer}.{name}.weight")

        matrices = self.checkpoint.attention(layer)
        if matrices.obstacle:
            raise CheckpointError(matrices.obstacle)
        # Turned once and kept contiguous: a turned view would be copied again in every product.
        gate, up, down = (np.ascontiguousarray(weight(f"mlp.{name}_proj").T) for name in ("gate", "up", "down"))
        return _Block(matrices, weight("input_layernorm"), weight("post_attention_layernorm"), gate, up, down)


def _silu(Z: np.ndarray) -> np.ndarray:
    # exp overflows to inf for very negative Z, and Z / inf is the 0 it should be.
    with np.errstate(over="ignore"):
        return Z / (1 + np.exp(-Z))


def _loss(logits: np.ndarray, ids: list[int]) -> float:
    """Mean of -log softmax(logits)[next] over the tokens that have a next one, in nats; nan for a lone token."""
    if len(ids) < 2:
        return float("nan")
    rows = logits[:-1].astype(np.float64)
    top = rows.max(-1)
    log_total = top + np.log(np.exp(rows - top[:, None]).sum(-1))
    return float((log_total - rows[np.arange(len(rows)), ids[1:]]).mean())


@contextmanager
def _bar(what: str, total: int, shown: bool) -> Iterator[Callable[[], None]]:
    """A progress bar that is gone when the work is done: yields what advances it by one."""
    if not shown:
        yield lambda: None
        return
    from rich.progress import Progress

    with Progress(transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
