"""Answers to `figure_error`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()

answers.right_value("solved", {"printed": 8.1, "should_be": 3.0 + np.log(0.82 / 0.12)})
answers.right_value("rounded", {"printed": 8.1, "should_be": 4.9})
answers.right_value("other_neighbour", {"printed": 8.1, "should_be": 2.3 + np.log(0.82 / 0.06)})
answers.right_value("pair", (8.1, 4.92))
answers.wrong_value("type", "number", 4.92)
answers.wrong_value("difference-only", "the gap", {"printed": 8.1, "should_be": 1.92})
answers.wrong_value("another-score", "the second", {"printed": 2.3, "should_be": 5.48})
answers.wrong_value("temperature", "cooler", {"printed": 8.1, "should_be": 3.05})
answers.wrong_value("token-for-score", "dog", {"printed": "dog", "should_be": 4.92})
answers.wrong_value("another-logarithm", "log10", {"printed": 8.1, "should_be": 3.83})
answers.wrong_value("text-for-numbers", "in quotes", {"printed": "8.1", "should_be": "4.92"})
answers.wrong_value("entries-swapped", "swapped", {"printed": 4.92, "should_be": 8.1})
