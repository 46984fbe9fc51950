"""Text to token ids and back, by the byte-pair merges that lie in a GGUF file (Sennrich et al. 2016).

The package `tokenizers` does the work; the course itself does not need it.
"""

from typing import Any

from .errors import CheckpointError


class Words:
    """The tokenizer of one model."""

    def __init__(self, metadata: dict[str, Any], where: str) -> None:
        tokens, merges = (metadata.get(f"tokenizer.ggml.{name}") for name in ("tokens", "merges"))
        kind, splitting = (metadata.get(f"tokenizer.ggml.{name}") for name in ("model", "pre"))
        if kind != "gpt2" or splitting != "smollm" or not isinstance(tokens, list) or not isinstance(merges, list):
            raise CheckpointError(
                f"{where} splits its text by {str(kind)[:30]!r} with {str(splitting)[:30]!r}; only byte pairs as "
                "SmolLM2 has them ('gpt2' with 'smollm') are known here."
            )
        try:
            import tokenizers
        except ImportError as error:
            raise CheckpointError(
                f"To split text as {where} does, the package tokenizers is needed: pip install 'qkvlib[real]'"
            ) from error
        pairs = [tuple(merge.split(" ", 1)) for merge in merges]
        vocabulary = {token: number for number, token in enumerate(tokens)}
        try:
            self._tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=pairs))
        except Exception as error:  # the package raises a bare Exception of its own
            raise CheckpointError(f"{where}: its words and merges do not fit together ({error}).") from error
        parts = tokenizers.pre_tokenizers
        self._tokenizer.pre_tokenizer = parts.Sequence(
            [parts.Digits(individual_digits=True), parts.ByteLevel(add_prefix_space=False)]
        )
        self._tokenizer.decoder = tokenizers.decoders.ByteLevel()

    def ids(self, text: str) -> list[int]:
        """The token ids of a text; nothing is added in front."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def texts(self, ids: list[int]) -> tuple[str, ...]:
        """Each token as it stands in the text, its leading space included."""
        return tuple(self._tokenizer.decode([number], skip_special_tokens=False) for number in ids)
