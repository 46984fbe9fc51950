"""Answers to `square_margins`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def written_out(dog, ball, cow, balloon, excited, deflated):
    return [
        dog + ball + excited,
        -(dog + ball + deflated),
        -(cow + balloon + excited),
        cow + balloon + deflated,
    ]


@answers.right
def array(dog, ball, cow, balloon, excited, deflated):
    nouns = np.array([dog + ball, dog + ball, cow + balloon, cow + balloon])
    sums = nouns + np.array([excited, deflated, excited, deflated])
    return sums * [1, -1, -1, 1]


@answers.right
def looped(dog, ball, cow, balloon, excited, deflated):
    found = []
    for nouns, right in ((dog + ball, 1), (cow + balloon, -1)):
        found += [right * (nouns + excited), -right * (nouns + deflated)]
    return tuple(found)


@answers.wrong("sums-alone")
def sums(dog, ball, cow, balloon, excited, deflated):
    return [dog + ball + excited, dog + ball + deflated, cow + balloon + excited, cow + balloon + deflated]


@answers.wrong("signs-by-ending")
def by_ending(dog, ball, cow, balloon, excited, deflated):
    return [dog + ball + excited, -(dog + ball + deflated), cow + balloon + excited, -(cow + balloon + deflated)]


@answers.wrong("only-the-noun-meant")
def meant(dog, ball, cow, balloon, excited, deflated):
    return [dog + excited, -ball - deflated, -cow - excited, balloon + deflated]


@answers.wrong("right-or-wrong")
def booleans(dog, ball, cow, balloon, excited, deflated):
    return [
        dog + ball + excited > 0,
        dog + ball + deflated < 0,
        cow + balloon + excited < 0,
        cow + balloon + deflated > 0,
    ]


@answers.wrong("added-up")
def total(dog, ball, cow, balloon, excited, deflated):
    first = dog + ball + excited - (dog + ball + deflated)
    return first - (cow + balloon + excited) + cow + balloon + deflated
