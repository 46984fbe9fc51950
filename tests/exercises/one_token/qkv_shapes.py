"""Answers to `qkv_shapes`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


right_shapes = {"X": (2, 5, 7), "W_Q": (7, 3), "W_K": (7, 3), "W_V": (7, 3), "Q": (2, 5, 3)}


answers.right_value("tuples", {"X": (2, 5, 7), "W_Q": (7, 3), "W_K": (7, 3), "W_V": (7, 3), "Q": (2, 5, 3)})
answers.right_value("lists", {"X": [2, 5, 7], "W_Q": [7, 3], "W_K": [7, 3], "W_V": [7, 3], "Q": [2, 5, 3]})
answers.right_value("in_order", ((2, 5, 7), (7, 3), (7, 3), (7, 3), (2, 5, 3)))
answers.right_value(
    "from_arrays",
    {
        "X": np.zeros((2, 5, 7)).shape,
        **{name: np.zeros((7, 3)).shape for name in ("W_Q", "W_K", "W_V")},
        "Q": (np.zeros((2, 5, 7)) @ np.zeros((7, 3))).shape,
    },
)
answers.wrong_value("width-kept", "Q as wide as X", {**right_shapes, "Q": (2, 5, 7)})
answers.wrong_value("batch-lost", "Q without batch", {**right_shapes, "Q": (5, 3)})
answers.wrong_value("matrices-transposed", "turned", {**right_shapes, "W_Q": (3, 7), "W_K": (3, 7), "W_V": (3, 7)})
answers.wrong_value("part-wrong", "one slip", {**right_shapes, "W_K": (7, 5)})
answers.wrong_value("batch-and-tokens-swapped", "tokens first", {**right_shapes, "X": (5, 2, 7), "Q": (5, 2, 3)})
answers.wrong_value("text-for-numbers", "in quotes", {name: str(shape) for name, shape in right_shapes.items()})
answers.wrong_value("text-for-numbers", "in words", {**right_shapes, "X": "B T d_model", "Q": "B T d_head"})
answers.wrong_value("text-for-numbers", "one text", "X (2, 5, 7), W_Q (7, 3)")
answers.wrong_value("axes-multiplied", "sizes", {name: int(np.prod(s)) for name, s in right_shapes.items()})
answers.wrong_value("flattened", "all tokens in one", {**right_shapes, "X": (10, 7), "Q": (10, 3)})
answers.wrong_value("flattened", "Q in one", {**right_shapes, "Q": (10, 3)})
answers.wrong_value("flattened", "one long row", {**right_shapes, "X": (70,), "Q": (30,)})
answers.wrong_value("arrays-for-shapes", "arrays", {name: np.zeros(s) for name, s in right_shapes.items()})
answers.wrong_value("meeting-size-kept", "all sizes", {**right_shapes, "Q": (2, 5, 7, 3)})
answers.wrong_value("meeting-size-kept", "tokens lost", {**right_shapes, "Q": (2, 7, 3)})
answers.wrong_value("scores-for-queries", "a grid", {**right_shapes, "Q": (2, 5, 5)})
