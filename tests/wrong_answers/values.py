"""Answers that are values."""

import numpy as np

from wrong_answers import wrong_value

wrong_value("hand_projection", "queries-and-keys-swapped", "q for k", {"q": [3, 2], "k": [2, 3], "v": [3, 2]})
wrong_value("hand_projection", "another-token", "x1", {"q": [2, 1], "k": [3, 2], "v": [1, 2]})
wrong_value("hand_projection", "part-wrong", "a slip in v", {"q": [2, 3], "k": [3, 2], "v": [2, 2]})
wrong_value("hand_projection", "missing-part", "v forgotten", {"q": [2, 3], "k": [3, 2]})
wrong_value("hand_projection", "x-ignored", "rows added", {"q": [2, 3], "k": [3, 1], "v": [3, 2]})
wrong_value("hand_projection", "extra-axis", "columns", {"q": [[2], [3]], "k": [[3], [2]], "v": [[3], [2]]})
wrong_value("hand_projection", "text-for-numbers", "in quotes", {"q": "2 3", "k": "3 2", "v": "3 2"})

right_shapes = {"X": (2, 5, 7), "W_Q": (7, 3), "W_K": (7, 3), "W_V": (7, 3), "Q": (2, 5, 3)}
wrong_value("qkv_shapes", "width-kept", "Q as wide as X", {**right_shapes, "Q": (2, 5, 7)})
wrong_value("qkv_shapes", "batch-lost", "Q without batch", {**right_shapes, "Q": (5, 3)})
wrong_value(
    "qkv_shapes", "matrices-transposed", "turned", {**right_shapes, "W_Q": (3, 7), "W_K": (3, 7), "W_V": (3, 7)}
)
wrong_value("qkv_shapes", "part-wrong", "one slip", {**right_shapes, "W_K": (7, 5)})
wrong_value("qkv_shapes", "batch-and-tokens-swapped", "tokens first", {**right_shapes, "X": (5, 2, 7), "Q": (5, 2, 3)})
wrong_value("qkv_shapes", "text-for-numbers", "in quotes", {name: str(shape) for name, shape in right_shapes.items()})
wrong_value("qkv_shapes", "text-for-numbers", "in words", {**right_shapes, "X": "B T d_model", "Q": "B T d_head"})
wrong_value("qkv_shapes", "text-for-numbers", "one text", "X (2, 5, 7), W_Q (7, 3)")
wrong_value("qkv_shapes", "axes-multiplied", "sizes", {name: int(np.prod(s)) for name, s in right_shapes.items()})
wrong_value("qkv_shapes", "flattened", "all tokens in one", {**right_shapes, "X": (10, 7), "Q": (10, 3)})
wrong_value("qkv_shapes", "flattened", "Q in one", {**right_shapes, "Q": (10, 3)})
wrong_value("qkv_shapes", "flattened", "one long row", {**right_shapes, "X": (70,), "Q": (30,)})
wrong_value("qkv_shapes", "arrays-for-shapes", "arrays", {name: np.zeros(s) for name, s in right_shapes.items()})

wrong_value("order_by_hand", "shapes-not-first", "D first", "DBCA")
wrong_value("order_by_hand", "added-too-early", "A before C", "BDAC")
wrong_value("order_by_hand", "step-missing", "three letters", "BDC")
wrong_value("order_by_hand", "no-letters", "numbers", [2, 4, 3, 1])
wrong_value("order_attention", "values-shared-out", "with E", "BDEA")
wrong_value("order_attention", "softmax-before-scores", "C before D", "BCDA")
wrong_value("order_attention", "line-missing", "three letters", ["B", "D", "A"])
wrong_value("order_attention", "no-letters", "numbers", [2, 4, 3, 1])

wrong_value("weights_of_two", "ratio-of-scores", "ratio", [15 / 27, 12 / 27])
wrong_value("weights_of_two", "scaled-first", "scaled", [0.893, 0.107])
wrong_value("weights_of_two", "places-swapped", "swapped", [0.047, 0.953])
wrong_value("weights_of_two", "gap-misjudged", "guess", [0.7, 0.3])
wrong_value("weights_of_two", "percent", "percentages", [95.3, 4.7])
wrong_value("weights_of_two", "not-shares", "exponentials", list(np.exp([3, 0])))
wrong_value("weights_of_two", "extra-axis", "a column", [[0.953], [0.047]])
wrong_value("weights_of_two", "extra-axis", "a row in a list", [[0.953, 0.047]])
wrong_value("weights_of_two", "one-number", "the larger alone", 0.953)

row = np.exp([2, 3, 1, 5]) / np.exp([2, 3, 1, 5]).sum()
wrong_value("masked_row", "mask-ignored", "all four", list(row))
wrong_value("masked_row", "masked-after-softmax", "zeroed late", [*row[:3], 0])
wrong_value("masked_row", "zeros-for-minus-infinity", "zero", [0.237, 0.644, 0.087, 0.032])
wrong_value("masked_row", "gaps-misjudged", "guess", [0.3, 0.6, 0.1, 0])
wrong_value("masked_row", "not-shares", "exponentials", [7.39, 20.09, 2.72, 0])
wrong_value("masked_row", "percent", "percentages", [24.5, 66.5, 9.0, 0])
wrong_value("masked_row", "extra-axis", "a column", [[0.245], [0.665], [0.09], [0.0]])

wrong_value("figure_error", "difference-only", "the gap", {"printed": 8.1, "should_be": 1.92})
wrong_value("figure_error", "another-score", "the second", {"printed": 2.3, "should_be": 5.48})
wrong_value("figure_error", "temperature", "cooler", {"printed": 8.1, "should_be": 3.05})
wrong_value("figure_error", "token-for-score", "dog", {"printed": "dog", "should_be": 4.92})
wrong_value("figure_error", "another-logarithm", "log10", {"printed": 8.1, "should_be": 3.83})
wrong_value("figure_error", "text-for-numbers", "in quotes", {"printed": "8.1", "should_be": "4.92"})

wrong_value("whisper_key_bias", "weights-move", "weights", {"score_change": [-3, -3], "weight_change": [-0.1, 0.1]})
wrong_value("whisper_key_bias", "bias-summed", "sum", {"score_change": [-1, -1], "weight_change": [0, 0]})
wrong_value("whisper_key_bias", "sign", "sign", {"score_change": 3, "weight_change": 0})
wrong_value("whisper_key_bias", "no-change-at-all", "zero", {"score_change": 0, "weight_change": 0})
after = {"score_change": [12, 9], "weight_change": [0.953, 0.047]}
wrong_value("whisper_key_bias", "after-not-change", "after", after)
wrong_value("whisper_key_bias", "scaled-change", "scaled", {"score_change": [-2.121] * 2, "weight_change": [0, 0]})
wrong_value("whisper_key_bias", "text-for-numbers", "words", {"score_change": "the same", "weight_change": "none"})
