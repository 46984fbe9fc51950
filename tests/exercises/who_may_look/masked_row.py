"""Answers to `masked_row`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


row = np.exp([2, 3, 1, 5]) / np.exp([2, 3, 1, 5]).sum()


answers.right_value("list", [0.245, 0.665, 0.090, 0])
answers.wrong_value("another-count", "only what is seen", (0.2447, 0.6652, 0.09))
answers.right_value("array", np.append(np.exp([2, 3, 1]) / np.exp([2, 3, 1]).sum(), 0.0))
answers.wrong_value("mask-ignored", "all four", list(row))
answers.wrong_value("masked-after-softmax", "zeroed late", [*row[:3], 0])
answers.wrong_value("zeros-for-minus-infinity", "zero", [0.237, 0.644, 0.087, 0.032])
answers.wrong_value("gap-misjudged", "guess", [0.3, 0.6, 0.1, 0])
answers.wrong_value("not-shares", "exponentials", [7.39, 20.09, 2.72, 0])
answers.wrong_value("percent", "percentages", [24.5, 66.5, 9.0, 0])
answers.wrong_value("extra-axis", "a column", [[0.245], [0.665], [0.09], [0.0]])
answers.wrong_value("score-for-share", "minus infinity", [0.245, 0.665, 0.09, -np.inf])
answers.wrong_value("rounded", "two digits", [0.24, 0.67, 0.09, 0])
answers.wrong_value("another-count", "five", [0.245, 0.665, 0.09, 0, 0])
