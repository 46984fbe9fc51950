"""Answers to `weights_of_two`: right ones in several styles, wrong ones as a learner would type them."""

import math

import numpy as np

from exercises import Answers

answers = Answers()

answers.right_value("list", [0.953, 0.047])
answers.right_value("array", np.array([0.9526, 0.0474]))
answers.right_value("tuple", (1 / (1 + math.exp(-3)), 1 / (1 + math.exp(3))))
answers.wrong_value("ratio-of-scores", "ratio", [15 / 27, 12 / 27])
answers.wrong_value("scaled-first", "scaled", [0.893, 0.107])
answers.wrong_value("places-swapped", "swapped", [0.047, 0.953])
answers.wrong_value("gap-misjudged", "guess", [0.7, 0.3])
answers.wrong_value("percent", "percentages", [95.3, 4.7])
answers.wrong_value("not-shares", "exponentials", list(np.exp([3, 0])))
answers.wrong_value("extra-axis", "a column", [[0.953], [0.047]])
answers.wrong_value("extra-axis", "a row in a list", [[0.953, 0.047]])
answers.wrong_value("another-count", "the larger alone", 0.953)
answers.wrong_value("another-count", "three", [0.953, 0.047, 0])
answers.wrong_value("another-count", "a dict", {"first": 0.953, "second": 0.047})
