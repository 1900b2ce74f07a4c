"""Random noun phrases, subjects, objects and places."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from corpus_grammar import modifiers
from corpus_grammar.nouns import CITIES, PEOPLE, Noun
from corpus_grammar.phrases import (
    Constituent,
    Coordination,
    FixedPhrase,
    Name,
    NounPhrase,
    PrepositionalPhrase,
    Pronoun,
)
from corpus_grammar.selection import Decks, adjectives_of, nouns_of

if TYPE_CHECKING:
    from corpus_grammar.clauses import Clause

DETERMINERS = [modifiers.THE] * 9 + [modifiers.A] * 6 + ["possessive"] * 5 + [modifiers.THIS] * 3 + ["quantifier"] * 6
QUANTIFIERS = [modifiers.EVERY, modifiers.ALL, modifiers.MANY, modifiers.SOME, modifiers.NO, *modifiers.NUMERALS]
DEFINITES = [modifiers.THE] * 4 + [modifiers.THIS] + ["possessive"] * 2
PREDICATIVES = (modifiers.THE, modifiers.A, *modifiers.POSSESSIVES)
# Pronouns that cannot be the object of a subject pronoun, because the object would be reflexive.
CLASHES = {"I": ("I", "we"), "we": ("I", "we"), "you": ("you",)}


def negates(constituent: Constituent | None) -> bool:
    """Whether it is a noun phrase with the determiner no."""
    return isinstance(constituent, NounPhrase) and constituent.determiner is modifiers.NO


class PhraseSampler:
    """Draws noun phrases and other phrases without clauses in them."""

    def __init__(self, rng: random.Random) -> None:
        self.decks = Decks(rng)
        self.relative_clause: Callable[[Noun, bool, int], Clause] | None = None

    def noun_phrase(
        self, classes: tuple[str, ...], definite: bool = False, bare: bool = False, adjective: float = 0.3
    ) -> NounPhrase:
        """A noun of those classes, with an adjective with that probability (twice that for mass nouns).

        `definite` leaves out a and the quantifiers, `bare` allows no determiner.
        """
        noun = self.decks.draw(("noun", classes), nouns_of(classes))
        determiner = self._determiner(noun, definite, bare)
        plural = determiner.singular is None or (
            determiner.plural is not None
            and not noun.mass
            and (determiner is modifiers.BARE or self.decks.chance(0.35))
        )
        described = self.decks.chance(2 * adjective if noun.mass else adjective)
        adjectives = (self.decks.draw(("adjective", noun), adjectives_of(noun)),) if described else ()
        return NounPhrase(determiner, noun, adjectives, plural)

    def plain_noun_phrase(self, classes: tuple[str, ...]) -> NounPhrase:
        """A definite phrase, mostly singular."""
        return self.noun_phrase(classes, definite=True)

    def existent(self, classes: tuple[str, ...]) -> NounPhrase:
        """A phrase that can follow `there is`."""
        while (phrase := self.noun_phrase(classes, bare=True)).determiner not in (
            modifiers.A,
            modifiers.NO,
            modifiers.MANY,
            modifiers.SOME,
            modifiers.BARE,
            *modifiers.NUMERALS,
        ):
            pass
        return phrase

    def predicate(self) -> NounPhrase:
        """A phrase that can follow `this is`, often with an adjective."""
        classes = self.decks.draw(
            "predicate",
            (("thing",), ("thing",), ("thing", "transport", "inside", "topic", "text"), ("person", "animal")),
        )
        while (phrase := self.noun_phrase(classes, adjective=0.75)).determiner not in PREDICATIVES:
            pass
        return phrase

    def subject(self, classes: tuple[str, ...], negated: bool, depth: int) -> Constituent:
        """A subject: a pronoun, a name, two joined phrases or a noun phrase."""
        personal = "person" in classes
        kind = self.decks.draw("subject", ("pronoun",) * 5 + ("name",) * 2 + ("pair",) + ("phrase",) * 13)
        if personal and kind == "pronoun":
            return Pronoun(self.decks.draw("pronoun", ("he", "she", "we", "they")))
        if personal and kind == "name":
            return self.name()
        if personal and kind == "pair":
            return Coordination(
                self.noun_phrase(("person",), definite=True), self.noun_phrase(("person",), definite=True)
            )
        phrase = self.noun_phrase(classes, definite=negated or "person" not in classes)
        if depth and self.relative_clause and self.decks.chance(0.5):
            phrase.adjectives = ()
            phrase.relative = self.relative_clause(phrase.noun, phrase.plural, depth)
        return phrase

    def gendered_subject(self, female: bool) -> Constituent:
        """A singular subject of known sex, for professions."""
        kind = self.decks.draw("gendered", ("pronoun", "name", "phrase", "phrase"))
        if kind == "pronoun":
            return Pronoun("she" if female else "he")
        if kind == "name":
            names = [name for name in PEOPLE if name[2] == ("f" if female else "m")]
            return Name(*self.decks.draw(("name", female), names))
        phrase = self.noun_phrase(("female" if female else "male",), definite=True)
        return NounPhrase(phrase.determiner, phrase.noun, phrase.adjectives)

    def object(
        self, classes: tuple[str, ...], subject: Constituent, negated: bool, pronouns: bool = True
    ) -> Constituent:
        """An object that differs in person from a first or second person subject."""
        personal = pronouns and "person" in classes
        kind = self.decks.draw(("object", personal), ("pronoun",) * 3 + ("name",) + ("phrase",) * 8)
        if personal and kind == "pronoun":
            return self._other_pronoun(subject)
        if personal and kind == "name":
            return self.name()
        phrase = self.noun_phrase(classes, bare=True)
        while negated and phrase.determiner in QUANTIFIERS or negates(phrase) and negates(subject):
            phrase = self.noun_phrase(classes, bare=True)
        return phrase

    def recipient(self, subject: Constituent) -> Constituent:
        """A definite person who is given something."""
        kind = self.decks.draw("recipient", ("pronoun", "pronoun", "name", "phrase", "phrase", "phrase"))
        if kind == "pronoun":
            return self._other_pronoun(subject)
        return self.name() if kind == "name" else self.plain_noun_phrase(("person",))

    def name(self) -> Name:
        return Name(*self.decks.draw("name", PEOPLE))

    def place(self, cities: bool) -> Constituent:
        """Where something is: in the garden, under a tree, in Berlin, here."""
        if cities and self.decks.chance(0.15):
            return PrepositionalPhrase("in", "in", "dat", Name(*self.decks.draw("city", CITIES)))
        if self.decks.chance(0.15):
            return FixedPhrase(*self.decks.draw("place", modifiers.PLACES))
        english, german, case, noun_class = self.decks.draw("location", modifiers.LOCATIONS)
        return PrepositionalPhrase(english, german, case, self.plain_noun_phrase((noun_class,)))

    def _other_pronoun(self, subject: Constituent) -> Pronoun:
        excluded = CLASHES.get(subject.name, ()) if isinstance(subject, Pronoun) else ()
        while (name := self.decks.draw("object pronoun", tuple(modifiers.PRONOUN_TABLE))) in excluded:
            pass
        return Pronoun(name)

    def _determiner(self, noun: Noun, definite: bool, bare: bool) -> modifiers.Determiner:
        if noun.mass:
            options = [modifiers.THE, modifiers.THE, "possessive"] + [modifiers.BARE] * 4 * bare
            kind = self.decks.draw(("mass determiner", bare), options)
        elif definite:
            kind = self.decks.draw("definite", DEFINITES)
        else:
            kind = self.decks.draw(("determiner", bare), DETERMINERS + [modifiers.BARE] * 2 * bare)
        if kind == "possessive":
            return self.decks.draw("possessive", modifiers.POSSESSIVES)
        return self.decks.draw("quantifier", QUANTIFIERS) if kind == "quantifier" else kind
