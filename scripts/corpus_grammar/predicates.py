"""Predicates of `be`: adjectives, comparisons and professions."""

from __future__ import annotations

from dataclasses import dataclass

from corpus_grammar.modifiers import A, Adjective
from corpus_grammar.nouns import Noun
from corpus_grammar.phrases import Constituent, NounPhrase
from corpus_grammar.tokens import Token


@dataclass(eq=False)
class AdjectivePredicate(Constituent):
    """`is old`: the uninflected German adjective."""

    adjective: Adjective

    def english(self, case: str) -> list[Token]:
        return [Token(self.adjective.english, (self,))]

    def german(self, case: str) -> list[Token]:
        return [Token(self.adjective.german, (self,))]


@dataclass(eq=False)
class Comparison(Constituent):
    """`is older than the house`, with the compared phrase in the nominative, in German behind the last verb."""

    adjective: Adjective
    standard: Constituent

    def english(self, case: str) -> list[Token]:
        words = [Token(word, ((self, "adjective"),)) for word in self.adjective.english_comparative.split()]
        return [*words, Token("than", ((self, "than"),)), *self.standard.english("nom")]

    def german(self, case: str) -> list[Token]:
        return [Token(self.adjective.german_comparative, ((self, "adjective"),))]

    def german_extraposed(self) -> list[Token]:
        return [Token("als", ((self, "than"),)), *self.standard.german("nom")]


@dataclass(eq=False)
class Profession(Constituent):
    """`is a teacher`: German has no article, unless an adjective describes the noun."""

    noun: Noun
    adjectives: tuple[Adjective, ...] = ()

    def __post_init__(self) -> None:
        self.phrase = NounPhrase(A, self.noun, self.adjectives)

    def english(self, case: str) -> list[Token]:
        return self.phrase.english(case)

    def german(self, case: str) -> list[Token]:
        article, *rest = self.phrase.german(case)
        return [article, *rest] if self.adjectives else rest
