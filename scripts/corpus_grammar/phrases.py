"""Noun phrases, prepositional phrases, predicates and adverbials.

Every constituent gives its tokens in both languages through `english(case)`
and `german(case)`, with case `nom`, `acc` or `dat`. What can be a subject also
has `form` (the verb form, 0 to 3) and `plural_agreement` (English).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_grammar.modifiers import BARE, NO, PRONOUN_TABLE, THE, A, Adjective, Determiner
from corpus_grammar.morphology import (
    CONTRACTIONS,
    INTERROGATIVE,
    RELATIVE,
    german_adjective,
    german_determiner,
    german_noun,
)
from corpus_grammar.nouns import Noun
from corpus_grammar.tokens import COMMA, Token

if TYPE_CHECKING:
    from corpus_grammar.clauses import Clause

CASE_INDEX = {"nom": 2, "acc": 3, "dat": 4}


class Constituent(ABC):
    """A node of the tree; the defaults are those of a third person singular with nothing extraposed."""

    form = 2
    plural_agreement = False
    reflexive = "sich"
    pronominal = False

    @abstractmethod
    def english(self, case: str) -> list[Token]:
        """The English tokens."""

    @abstractmethod
    def german(self, case: str) -> list[Token]:
        """The German tokens without what stands behind the last verb."""

    def german_extraposed(self) -> list[Token]:
        """What follows the last verb of the clause: a relative clause between commas, or what is compared."""
        return []


@dataclass(eq=False)
class NounPhrase(Constituent):
    """Determiner, adjectives and noun, with an optional relative clause.

    `negation` is the concept of the clause's `not` where German says kein.
    """

    determiner: Determiner
    noun: Noun
    adjectives: tuple[Adjective, ...] = ()
    plural: bool = False
    relative: Clause | None = None
    negation: Hashable = None

    def __post_init__(self) -> None:
        self.form = 3 if self.plural else 2
        self.plural_agreement = self.plural
        self.gender = "p" if self.plural else self.noun.gender

    @property
    def indefinite(self) -> bool:
        """Whether a negated clause negates this phrase with kein."""
        return self.determiner in (A, BARE)

    def english(self, case: str) -> list[Token]:
        word = self.determiner.plural if self.plural else self.determiner.singular
        tokens = [Token(adjective.english, ((self, adjective),)) for adjective in self.adjectives]
        tokens.append(Token(self.noun.english_plural if self.plural else self.noun.english, ((self, "noun"),)))
        if word == "a" and tokens[0].text[0] in "aeiou":
            word = "an"
        if word:
            tokens.insert(0, Token(word, ((self, "determiner"),)))
        return tokens + (self.relative.english() if self.relative else [])

    def german(self, case: str) -> list[Token]:
        determiner = NO if self.negation else self.determiner
        concepts = ((self, "determiner"), self.negation) if self.negation else ((self, "determiner"),)
        tokens = [
            Token(german_adjective(adjective, determiner, case, self.gender), ((self, adjective),))
            for adjective in self.adjectives
        ]
        tokens.append(Token(german_noun(self.noun, case, self.plural), ((self, "noun"),)))
        word = german_determiner(determiner, case, self.gender)
        return [Token(word, concepts), *tokens] if word else tokens

    def german_extraposed(self) -> list[Token]:
        return [COMMA, *self.relative.german(final=True), COMMA] if self.relative else []


@dataclass(eq=False)
class Pronoun(Constituent):
    """A personal pronoun, named by its English subject form."""

    name: str
    pronominal = True

    def __post_init__(self) -> None:
        self.forms = PRONOUN_TABLE[self.name]
        self.form = self.forms[6]
        self.reflexive = self.forms[5]
        self.plural_agreement = self.name in ("you", "we", "they")

    def english(self, case: str) -> list[Token]:
        return [Token(self.forms[case != "nom"], (self,))]

    def german(self, case: str) -> list[Token]:
        return [Token(self.forms[CASE_INDEX[case]], (self,))]


@dataclass(eq=False)
class Name(Constituent):
    """A proper name in both languages."""

    english_name: str
    german_name: str
    gender: str = "n"

    def english(self, case: str) -> list[Token]:
        return [Token(self.english_name, (self,))]

    def german(self, case: str) -> list[Token]:
        return [Token(self.german_name, (self,))]


@dataclass(eq=False)
class Coordination(Constituent):
    """Two noun phrases joined by `and`."""

    first: Constituent
    second: Constituent
    form = 3
    plural_agreement = True

    def english(self, case: str) -> list[Token]:
        return [*self.first.english(case), Token("and", (self,)), *self.second.english(case)]

    def german(self, case: str) -> list[Token]:
        return [*self.first.german(case), Token("und", (self,)), *self.second.german(case)]


@dataclass(eq=False)
class RelativePronoun(Constituent):
    """The pronoun that stands for a noun in its relative clause."""

    noun: Noun
    plural: bool

    def __post_init__(self) -> None:
        self.form = 3 if self.plural else 2
        self.plural_agreement = self.plural
        self.gender = "p" if self.plural else self.noun.gender

    def english(self, case: str, after_preposition: bool = False) -> list[Token]:
        if "person" in self.noun.classes:
            word = "who" if case == "nom" else "whom"
        else:
            word = "which" if after_preposition else "that"
        return [Token(word, (self,))]

    def german(self, case: str) -> list[Token]:
        return [Token(RELATIVE[case, self.gender], (self,))]


@dataclass(eq=False)
class Interrogative(Constituent):
    """`who` or `what`."""

    person: bool

    def english(self, case: str) -> list[Token]:
        return [Token("who" if self.person else "what", (self,))]

    def german(self, case: str) -> list[Token]:
        return [Token(INTERROGATIVE[case] if self.person else "was", (self,))]


@dataclass(eq=False)
class Elided(Constituent):
    """The unspoken subject of a second conjunct."""

    antecedent: Constituent

    def __post_init__(self) -> None:
        self.form = self.antecedent.form
        self.plural_agreement = self.antecedent.plural_agreement
        self.reflexive = self.antecedent.reflexive

    def english(self, case: str) -> list[Token]:
        return []

    def german(self, case: str) -> list[Token]:
        return []


@dataclass(eq=False)
class Expletive(Constituent):
    """`there`, in German es, whose English verb agrees with what exists."""

    existent: Constituent

    def __post_init__(self) -> None:
        self.plural_agreement = self.existent.plural_agreement

    def english(self, case: str) -> list[Token]:
        return [Token("there", (self,))]

    def german(self, case: str) -> list[Token]:
        return [Token("es", (self,))]


@dataclass(eq=False)
class Demonstrative(Constituent):
    """`this` or `these`, in German das, whose verb agrees with what it is."""

    predicate: NounPhrase

    def __post_init__(self) -> None:
        self.form = self.predicate.form
        self.plural_agreement = self.predicate.plural

    def english(self, case: str) -> list[Token]:
        return [Token("these" if self.predicate.plural else "this", (self,))]

    def german(self, case: str) -> list[Token]:
        return [Token("das", (self,))]


@dataclass(eq=False)
class PrepositionalPhrase(Constituent):
    """A preposition (English may be empty or several words) with the case it governs in German."""

    preposition: str
    german_preposition: str
    governed: str
    nominal: Constituent

    def english(self, case: str) -> list[Token]:
        words = [Token(word, ((self, "preposition"),)) for word in self.preposition.split()]
        if isinstance(self.nominal, RelativePronoun):
            return words + self.nominal.english("acc", after_preposition=bool(words))
        return words + self.nominal.english("acc")

    def german(self, case: str) -> list[Token]:
        first, *rest = self.nominal.german(self.governed)
        preposition = Token(self.german_preposition, ((self, "preposition"),))
        contracted = CONTRACTIONS.get((preposition.text, first.text))
        definite = isinstance(self.nominal, NounPhrase) and self.nominal.determiner is THE
        if contracted and definite and not self.nominal.relative:
            return [Token(contracted, preposition.concepts + first.concepts), *rest]
        return [preposition, first, *rest]

    def german_extraposed(self) -> list[Token]:
        return self.nominal.german_extraposed()


@dataclass(eq=False)
class FixedPhrase(Constituent):
    """An adverbial listed with the links between its words, such as `0-0 1-1`."""

    english_words: str
    german_words: str
    links: str

    def _tokens(self, words: str, side: int) -> list[Token]:
        concepts: list[list[Hashable]] = [[] for _ in words.split()]
        for link in self.links.split():
            concepts[int(link.split("-")[side])].append((self, link))
        return [Token(word, tuple(expressed)) for word, expressed in zip(words.split(), concepts, strict=True)]

    def english(self, case: str) -> list[Token]:
        return self._tokens(self.english_words, 0)

    def german(self, case: str) -> list[Token]:
        return self._tokens(self.german_words, 1)
