"""Answers to `whisper_key_bias`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


after = {"score_change": [12, 9], "weight_change": [0.953, 0.047]}


answers.right_value("row", {"score_change": [-3, -3], "weight_change": [0, 0]})
answers.wrong_value("one-for-several", "numbers", {"score_change": -3, "weight_change": 0})
answers.wrong_value("one-for-several", "mixed", {"score_change": np.array([-3.0, -3.0]), "weight_change": 0.0})
answers.right_value("pair", ([-3, -3], [0, 0]))
answers.wrong_value("weights-move", "weights", {"score_change": [-3, -3], "weight_change": [-0.1, 0.1]})
answers.wrong_value("bias-summed", "sum", {"score_change": [-1, -1], "weight_change": [0, 0]})
answers.wrong_value("sign", "sign", {"score_change": 3, "weight_change": 0})
answers.wrong_value("no-change-at-all", "zero", {"score_change": 0, "weight_change": 0})
answers.wrong_value("after-not-change", "after", after)
answers.wrong_value("scaled-change", "scaled", {"score_change": [-2.121] * 2, "weight_change": [0, 0]})
answers.wrong_value("text-for-numbers", "words", {"score_change": "the same", "weight_change": "none"})
