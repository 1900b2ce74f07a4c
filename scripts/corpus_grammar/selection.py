"""Random choice of words: even coverage by shuffled decks, and what goes with what."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from corpus_grammar.modifiers import ADJECTIVES, Adjective
from corpus_grammar.nouns import NOUNS, Noun
from corpus_grammar.verbs import HAVE, VERBS, Verb

Item = TypeVar("Item")
DESCRIBED_CLASSES = {"person", "animal", "thing", "text", "topic", "lasting", "food", "drink", "transport"}
CLAUSAL_FRAMES = ("that", "whether")
PHRASAL_VERBS = [*(verb for verb in VERBS if verb.frame not in CLAUSAL_FRAMES), HAVE]
REPORTING_VERBS = [verb for verb in VERBS if verb.frame in CLAUSAL_FRAMES]


# Separable verbs come up twice as often: they have twice the forms.
VERB_DECK = [verb for verb in PHRASAL_VERBS for _ in range(1 + bool(verb.particle))]


class Decks:
    """Draws from named lists so that every item of a list comes up once before any comes up again."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._decks: dict[object, list] = {}

    def draw(self, name: object, items: Sequence[Item]) -> Item:
        """The next item of the shuffled list known under that name."""
        deck = self._decks.setdefault(name, [])
        if not deck:
            deck.extend(items)
            self.rng.shuffle(deck)
        return deck.pop()

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability


def matches(noun: Noun, classes: Sequence[str]) -> bool:
    """Whether one of the classes holds for the noun or is the noun."""
    return noun.english in classes or not noun.classes.isdisjoint(classes)


@cache
def nouns_of(classes: tuple[str, ...]) -> list[Noun]:
    return [noun for noun in NOUNS if matches(noun, classes)]


@cache
def adjectives_of(noun: Noun) -> list[Adjective]:
    """The adjectives that can describe the noun; furniture is a thing rather than a place."""
    kinds = noun.classes & DESCRIBED_CLASSES or {"place"}
    return [adjective for adjective in ADJECTIVES if adjective.classes & kinds]


@cache
def comparable_adjectives_of(noun: Noun) -> list[Adjective]:
    return [adjective for adjective in adjectives_of(noun) if adjective.english_comparative]


@cache
def verbs_with_subject(noun: Noun) -> list[Verb]:
    return [verb for verb in PHRASAL_VERBS if matches(noun, verb.subjects)]


@cache
def verbs_with_object(noun: Noun) -> list[Verb]:
    """Verbs whose accusative, dative or prepositional object the noun can be."""
    verbs = [verb for verb in PHRASAL_VERBS if matches(noun, verb.objects)]
    return [verb for verb in verbs if verb.frame != "prepositional" or verb.preposition[0]]
