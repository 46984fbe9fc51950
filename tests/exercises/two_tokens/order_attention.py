"""Answers to `order_attention`: right ones in several styles, wrong ones as a learner would type them."""

from exercises import Answers

answers = Answers()

answers.right_value("word", "BDCA")
answers.right_value("list", ["b", "d", "c", "a"])
answers.wrong_value("values-shared-out", "with E", "BDEA")
answers.wrong_value("softmax-before-scores", "C before D", "BCDA")
answers.wrong_value("line-missing", "three letters", ["B", "D", "A"])
answers.wrong_value("no-letters", "numbers", [2, 4, 3, 1])
