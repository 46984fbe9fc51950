"""The little languages the tiny models speak: their words, their sentences, and which noun "it" means.

    then? the big? NOUN suddenly? VERB the old? NOUN because it was ADJECTIVE
    then? the big? NOUN suddenly? VERB-ALONE because it was ADJECTIVE

Every adjective fits one class of nouns, and exactly one noun of a sentence belongs to that class: that noun is the
referent. The models translate "it" into French, where a pronoun takes the gender of its noun ("le chien" -> "il",
"la balle" -> "elle"), so they have to fetch something from the noun, not just tell the classes apart.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TypeVar

_T = TypeVar("_T")

ANSWERS = ("il", "elle")
_OPTIONAL_SHARE = 0.4  # how often an optional word is there, so that positions vary
_ALONE_SHARE = 0.04  # how often a sentence has a single noun: enough to learn it
_STEMS = (
    "then? the big? NOUN suddenly? VERB the old? NOUN because it was ADJECTIVE",
    "then? the big? NOUN suddenly? ALONE because it was ADJECTIVE",
)
_KINDS = {"NOUN": "a noun", "VERB": "a verb", "ALONE": "a verb", "ADJECTIVE": "an adjective"}


class SentenceError(ValueError):
    """A sentence the tiny models were not made for; the message says what to change."""


@dataclass(frozen=True)
class Parse:
    """Where things stand in a sentence. Indices are positions among `tokens`."""

    tokens: tuple[str, ...]
    nouns: tuple[int, ...]
    adjective: int
    it: int  # the first "it", the pronoun to be translated
    read_at: int  # where the answer is read: `it`, or the second "it" of "... so it"
    referent: int
    answer: str

    @property
    def other(self) -> int | None:
        """The noun that is not meant, or None in a sentence with a single noun."""
        rest = [i for i in self.nouns if i != self.referent]
        return rest[0] if rest else None


@dataclass(frozen=True)
class NounClass:
    """Nouns of one kind (English -> French with its article), with what only this kind can be or do."""

    name: str
    nouns: dict[str, str]
    adjectives: tuple[str, ...]
    verbs_alone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grammar:
    name: str
    classes: tuple[NounClass, ...]
    verbs: tuple[str, ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words in a fixed order: a word's place in this list is its row in the embedding matrix."""
        small = ("the", "because", "it", "was", "so", "then", "big", "suddenly", "old")
        alone = tuple(v for c in self.classes for v in c.verbs_alone)
        nouns = tuple(n for c in self.classes for n in c.nouns)
        adjectives = tuple(a for c in self.classes for a in c.adjectives)
        return small + self.verbs + alone + nouns + adjectives

    @cached_property
    def ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def class_of(self) -> dict[str, str]:
        """Class of every noun, every adjective and every verb that stands alone."""
        return {w: c.name for c in self.classes for w in (*c.nouns, *c.adjectives, *c.verbs_alone)}

    @cached_property
    def french(self) -> dict[str, str]:
        return {n: f for c in self.classes for n, f in c.nouns.items()}

    def pronoun(self, noun: str) -> str:
        """ "il" for a noun that is masculine in French, "elle" for a feminine one."""
        return "il" if self.french[noun].startswith("le ") else "elle"

    def tokenize(self, sentence: str) -> list[str]:
        """Lower-cased words without punctuation. Unknown words: SentenceError with the closest known."""
        tokens = [word for word in (raw.strip(".,;:!?\"'") for raw in sentence.lower().split()) if word]
        for word in dict.fromkeys(tokens):
            if word not in self.ids:
                close = difflib.get_close_matches(word, self.words, n=3, cutoff=0.6)
                hint = f"did you mean {', '.join(map(repr, close))}?" if close else self._examples()
                raise SentenceError(f"the model does not know the word {word!r}: {hint}")
        return tokens

    def _examples(self) -> str:
        nouns = ", ".join(n for c in self.classes for n in list(c.nouns)[:3])
        adjectives = ", ".join(a for c in self.classes for a in c.adjectives[:3])
        return f"its nouns are such as {nouns}; its adjectives such as {adjectives}"

    @cached_property
    def _fillers(self) -> dict[str, tuple[str, ...]]:
        """The words that may fill each slot of a stem that is not a word itself."""
        return {
            "NOUN": tuple(self.french),
            "VERB": self.verbs,
            "ALONE": tuple(v for c in self.classes for v in c.verbs_alone),
            "ADJECTIVE": tuple(a for c in self.classes for a in c.adjectives),
        }

    def _fits(self, word: str, slot: str) -> bool:
        fillers = self._fillers.get(slot)
        return word == slot.rstrip("?") if fillers is None else word in fillers

    def parse(self, tokens: list[str], ending: tuple[str, ...] = ()) -> Parse:
        """Read a sentence (with its ending) or say, in one SentenceError, where it leaves the grammar."""
        stem = _STEMS[any(self._fits(word, "ALONE") for word in tokens)]
        place: dict[str, list[int]] = {}
        at = 0
        for slot in (*stem.split(), *ending):
            if at < len(tokens) and self._fits(tokens[at], slot):
                place.setdefault(slot, []).append(at)
                at += 1
            elif not slot.endswith("?"):
                seen = f"has {tokens[at]!r}" if at < len(tokens) else "ends"
                before = f"after {tokens[at - 1]!r}" if at else "at the start"
                want = _KINDS.get(slot, repr(slot))
                raise SentenceError(
                    f"this sentence {seen} {before}, where the grammar needs {want}; {self._shape(ending)}"
                )
        if at < len(tokens):
            raise SentenceError(f"this sentence goes on after {tokens[at - 1]!r}; {self._shape(ending)}")
        return self._resolve(tokens, place)

    def _shape(self, ending: tuple[str, ...]) -> str:
        return f"a sentence looks like '{' '.join(['the dog chased the ball because it was excited', *ending])}'"

    def _resolve(self, tokens: list[str], place: dict[str, list[int]]) -> Parse:
        nouns, (adjective,), pronouns = place["NOUN"], place["ADJECTIVE"], place["it"]
        wanted = self.class_of[tokens[adjective]]
        fitting = [i for i in nouns if self.class_of[tokens[i]] == wanted]
        if len(fitting) != 1:
            found = f"both {' and '.join(repr(tokens[i]) for i in fitting)} are" if fitting else "no noun here is"
            raise SentenceError(
                f"{tokens[adjective]!r} fits {wanted}s, and {found} of that kind: "
                f"the grammar needs exactly one noun that fits the adjective"
            )
        for i in place.get("ALONE", []):
            if self.class_of[tokens[i]] != self.class_of[tokens[nouns[0]]]:
                doers = ", ".join(
                    v for c in self.classes if c.name == self.class_of[tokens[nouns[0]]] for v in c.verbs_alone
                )
                raise SentenceError(
                    f"{tokens[nouns[0]]!r} cannot have {tokens[i]!r} as its verb here: choose among {doers}"
                )
        return Parse(
            tokens=tuple(tokens),
            nouns=tuple(nouns),
            adjective=adjective,
            it=pronouns[0],
            read_at=pronouns[-1],
            referent=fitting[0],
            answer=self.pronoun(tokens[fitting[0]]),
        )

    def sample(self, random: Random, ending: tuple[str, ...] = (), alone: bool | None = None) -> Parse:
        """A random sentence, with a single noun or two if `alone` says so.

        Only `random.random()` is drawn on: its sequence is the same in every Python.
        """

        def pick(items: Sequence[_T]) -> _T:
            return items[int(random.random() * len(items))]

        wanted = pick(self.classes)
        words = {"ADJECTIVE": [pick(wanted.adjectives)], "NOUN": [pick(list(wanted.nouns))]}
        if alone is None:
            alone = bool(wanted.verbs_alone) and random.random() < _ALONE_SHARE
        if alone:
            stem = _STEMS[1]
            words["ALONE"] = [pick(wanted.verbs_alone)]
        else:
            stem = _STEMS[0]
            words["VERB"] = [pick(self.verbs)]
            other = pick([c for c in self.classes if c is not wanted])
            words["NOUN"].insert(pick((0, 1)), pick(list(other.nouns)))
        tokens = []
        for slot in (*stem.split(), *ending):
            if slot in words:
                tokens.append(words[slot].pop(0))
            elif not slot.endswith("?"):
                tokens.append(slot)
            elif random.random() < _OPTIONAL_SHARE:
                tokens.append(slot[:-1])
        return self.parse(tokens, ending)


TWO_CLASSES = Grammar(
    name="two_classes",
    classes=(
        NounClass(
            "animal",
            {
                "dog": "le chien", "cat": "le chat", "horse": "le cheval",
                "rabbit": "le lapin", "wolf": "le loup", "duck": "le canard",
                "cow": "la vache", "mouse": "la souris", "frog": "la grenouille",
                "goat": "la chèvre", "hen": "la poule", "turtle": "la tortue",
            },
            ("excited", "hungry", "thirsty", "tired", "scared", "angry", "curious", "sleepy", "happy", "lonely"),
            ("drank", "slept", "ran", "waited"),
        ),
        NounClass(
            "thing",
            {
                "balloon": "le ballon", "drum": "le tambour", "bucket": "le seau",
                "boat": "le bateau", "cushion": "le coussin", "basket": "le panier",
                "ball": "la balle", "wheel": "la roue", "bottle": "la bouteille",
                "box": "la boîte", "car": "la voiture", "tent": "la tente",
            },
            ("deflated", "round", "broken", "empty", "rusty", "wooden", "plastic", "hollow", "leaky", "cheap"),
            ("rolled", "sank", "fell", "creaked"),
        ),
    ),
    verbs=("chased", "followed", "pushed", "passed", "hit", "touched", "missed", "blocked"),
)  # fmt: skip

FOUR_CLASSES = Grammar(
    name="four_classes",
    classes=(
        NounClass(
            "animal",
            {
                "dog": "le chien", "cat": "le chat", "horse": "le cheval", "wolf": "le loup",
                "cow": "la vache", "mouse": "la souris", "frog": "la grenouille", "goat": "la chèvre",
            },
            ("excited", "hungry", "thirsty", "tired", "scared", "angry", "curious", "sleepy"),
        ),
        NounClass(
            "vehicle",
            {
                "train": "le train", "boat": "le bateau", "truck": "le camion", "bus": "le bus",
                "car": "la voiture", "bicycle": "la bicyclette", "rocket": "la fusée", "cart": "la charrette",
            },
            ("parked", "late", "crowded", "speeding", "stalled", "refuelled", "anchored", "towed"),
        ),
        NounClass(
            "food",
            {
                "bread": "le pain", "cake": "le gâteau", "cheese": "le fromage", "melon": "le melon",
                "soup": "la soupe", "apple": "la pomme", "pear": "la poire", "pizza": "la pizza",
            },
            ("ripe", "salty", "sweet", "spicy", "sour", "baked", "delicious", "mouldy"),
        ),
        NounClass(
            "tool",
            {
                "hammer": "le marteau", "knife": "le couteau", "pencil": "le crayon", "broom": "le balai",
                "saw": "la scie", "shovel": "la pelle", "drill": "la perceuse", "file": "la lime",
            },
            ("blunt", "sharpened", "bent", "magnetic", "cordless", "unplugged", "oiled", "borrowed"),
        ),
    ),
    verbs=("hit", "touched", "missed", "blocked", "passed", "followed"),
)  # fmt: skip

GRAMMARS = {g.name: g for g in (TWO_CLASSES, FOUR_CLASSES)}
