"""Answers to `order_by_hand`: right ones in several styles, wrong ones as a learner would type them."""

from exercises import Answers

answers = Answers()

answers.right_value("word", "BDCA")
answers.right_value("spaces", "b d c a")
answers.right_value("list", ["B", "D", "C", "A"])
answers.right_value("commas", "B, D, C, A")
answers.wrong_value("shapes-not-first", "D first", "DBCA")
answers.wrong_value("added-too-early", "A before C", "BDAC")
answers.wrong_value("step-missing", "three letters", "BDC")
answers.wrong_value("no-letters", "numbers", [2, 4, 3, 1])
