"""Where five architectures keep W_Q, W_K, W_V and W_O, and how to turn each layout into the same picture.

The picture is the course's: tokens are rows, Q = X W_Q + b_Q, so W_Q is [d_model, n_heads·d_head]. What differs is
the names, whether the three matrices are fused into one, and which way round the matrix is stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import CheckpointError


@dataclass(frozen=True)
class Layout:
    """One architecture's way of storing attention. Module names follow the layer's stem, e.g. `transformer.h.0.`."""

    architecture: str
    stem: str  # pattern of what precedes a layer's number
    Q: str
    K: str
    V: str
    O: str  # noqa: E741  - the output projection's name everywhere in the course
    causal: bool
    biases: str  # roles that always have a bias; others may
    n_heads_key: str = "num_attention_heads"
    d_model_key: str = "hidden_size"
    conv1d: bool = False  # stored [in, out] as OpenAI's Conv1D does, not [out, in] as torch's Linear does
    plain: tuple[str, ...] = ()  # model_type values whose attention is this picture and nothing more

    @property
    def fused(self) -> bool:
        """Q, K and V are thirds of one matrix."""
        return self.Q == self.K == self.V

    def layer_of(self, name: str) -> tuple[str, int] | None:
        """(stem, layer number) if `name` is the query weight of a layer, else None."""
        match = re.fullmatch(rf"({self.stem})(\d+)\.{re.escape(self.Q)}\.weight", name)
        return (match[1], int(match[2])) if match else None


LAYOUTS = (
    Layout(
        "gpt2",
        stem=r"(?:transformer\.)?h\.",
        Q="attn.c_attn",
        K="attn.c_attn",
        V="attn.c_attn",
        O="attn.c_proj",
        causal=True,
        biases="QKVO",
        n_heads_key="n_head",
        d_model_key="n_embd",
        conv1d=True,
        plain=("gpt2",),
    ),
    Layout(
        "llama",
        stem=r"(?:model\.)?layers\.",
        Q="self_attn.q_proj",
        K="self_attn.k_proj",
        V="self_attn.v_proj",
        O="self_attn.o_proj",
        causal=True,
        biases="",
        plain=("llama", "mistral", "qwen2", "gemma"),
    ),
    Layout(
        "bert",
        stem=r"(?:\w+\.)?encoder\.layer\.",
        Q="attention.self.query",
        K="attention.self.key",
        V="attention.self.value",
        O="attention.output.dense",
        causal=False,
        biases="QKVO",
        plain=("bert", "roberta"),
    ),
    Layout(
        "vit",
        stem=r"(?:\w+\.)?encoder\.layer\.",
        Q="attention.attention.query",
        K="attention.attention.key",
        V="attention.attention.value",
        O="attention.output.dense",
        causal=False,
        biases="O",  # `qkv_bias` in its config may switch the other three off
        plain=("vit", "deit"),
    ),
    Layout(
        "whisper",
        stem=r"(?:model\.)?encoder\.layers\.",
        Q="self_attn.q_proj",
        K="self_attn.k_proj",
        V="self_attn.v_proj",
        O="self_attn.out_proj",
        causal=False,
        biases="QVO",
        n_heads_key="encoder_attention_heads",
        d_model_key="d_model",
        plain=("whisper",),
    ),
)


def recognise(names: Sequence[str], where: str) -> tuple[Layout, dict[int, str]]:
    """The layout whose query weights are among `names`, and its layers: (layout, {layer: stem})."""
    for layout in LAYOUTS:
        layers = {found[1]: found[0] for found in map(layout.layer_of, names) if found}
        if layers:
            return layout, layers
    attention = [name for name in names if re.search(r"att|query|q_proj|qkv", name)]
    shown = sorted(attention or names)[:6]
    raise CheckpointError(
        f"{where} has none of the layouts known here ({', '.join(layout.architecture for layout in LAYOUTS)}). "
        f"Among its {len(names)} tensors: {', '.join(shown) or 'nothing'}."
    )


def split_c_attn(weight: np.ndarray, bias: np.ndarray | None) -> tuple[tuple[np.ndarray, np.ndarray | None], ...]:
    """GPT-2's fused matrix into its thirds: three pairs, (W_Q, b_Q), (W_K, b_K), (W_V, b_V).

    `weight` is [d_model, 3·d_model], stored Conv1D-wise: input down, output across, so the cut goes through the columns
    and nothing is transposed. `bias` is [3·d_model]; without one (None) every pair's second is None.
    """
    width = weight.shape[-1]
    if width % 3:
        raise CheckpointError(
            f"c_attn.weight is {list(weight.shape)}: its columns do not divide into three equal parts."
        )
    third = width // 3
    cuts = [slice(0, third), slice(third, 2 * third), slice(2 * third, None)]
    return tuple((weight[:, cut], None if bias is None else bias[cut]) for cut in cuts)
