"""Answers to `hand_projection`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()

answers.right_value("lists", {"q": [1, 3], "k": [4, 0], "v": [3, 1]})
answers.right_value("arrays", {"q": np.array([1.0, 3]), "k": np.array([4, 0]), "v": np.array([3, 1])})
answers.right_value("tuple", ([1, 3], [4, 0], [3, 1]))
answers.right_value("matrix", np.array([[1, 3], [4, 0], [3, 1]]))
answers.right_value("capitals_in_order", {"v": (3, 1), "k": (4, 0), "q": (1, 3)})
answers.wrong_value("queries-and-keys-swapped", "q for k", {"q": [4, 0], "k": [1, 3], "v": [3, 1]})
answers.wrong_value("keys-and-values-swapped", "k for v", {"q": [1, 3], "k": [3, 1], "v": [4, 0]})
answers.wrong_value("another-token", "x1", {"q": [2, 1], "k": [3, 2], "v": [1, 2]})
answers.wrong_value("part-wrong", "a slip in v", {"q": [1, 3], "k": [4, 0], "v": [2, 1]})
answers.wrong_value("missing-part", "v forgotten", {"q": [1, 3], "k": [4, 0]})
answers.wrong_value("x-ignored", "rows added", {"q": [2, 3], "k": [3, 1], "v": [3, 2]})
answers.wrong_value("extra-axis", "columns", {"q": [[1], [3]], "k": [[4], [0]], "v": [[3], [1]]})
answers.wrong_value("text-for-numbers", "in quotes", {"q": "1 3", "k": "4 0", "v": "3 1"})
answers.wrong_value("another-width", "a number for each of x", {name: [2, 3, 0, 0] for name in "qkv"})
answers.wrong_value("another-width", "one sum", {"q": 5, "k": 5, "v": 5})
