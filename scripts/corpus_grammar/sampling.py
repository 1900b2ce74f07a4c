"""Random sentences: which tree to build. The grammar of both languages is in `clauses` and `phrases`."""

from __future__ import annotations

import random

from corpus_grammar import modifiers
from corpus_grammar.clause_sampling import ClauseSampler
from corpus_grammar.clauses import Clause, Sentence, Subordinate, second_conjunct
from corpus_grammar.phrases import FixedPhrase, Interrogative, NounPhrase
from corpus_grammar.selection import nouns_of, verbs_with_object
from corpus_grammar.tokens import Pair

TENSES = ["present"] * 5 + ["past"] * 4 + ["future"]


class SentenceSampler:
    """Draws sentence pairs; the same random generator state gives the same sequence."""

    def __init__(self, rng: random.Random) -> None:
        self.clauses = ClauseSampler(rng)
        self.decks = self.clauses.decks
        self.kinds = (
            [self.statement] * 8
            + [self.with_adverbial_clause] * 3
            + [self.report] * 2
            + [self.coordination] * 2
            + [self.shared_subject]
            + [self.polar_question] * 4
            + [self.constituent_question] * 2
        )

    def pair(self) -> Pair:
        """The next sentence pair of ordinary length (mostly 5 to 20 tokens)."""
        return self.decks.draw("kind", self.kinds)().pair()

    def long_pair(self) -> Pair:
        """A sentence pair of several clauses, each of a kind that ordinary sentences have."""
        clauses = [self._opening_clause() for _ in range(self.decks.draw("conjuncts", (1, 1, 2, 3)))]
        last = self._chain(self.decks.draw("chain", (1, 2, 2, 3)))
        conjunctions = [self.decks.draw("conjunction", ("and", "but")) for _ in clauses]
        return Sentence((*clauses, last), tuple(conjunctions)).pair()

    def statement(self) -> Sentence:
        clause = self.clauses.clause(self._tense(), depth=self._depth())
        self.clauses.front(clause)
        return Sentence((clause,))

    def with_adverbial_clause(self) -> Sentence:
        """A main clause with a subordinate clause before or after it."""
        clause = self.clauses.clause(self._tense(), closed=True, adverbials=0.1)
        self._attach(clause, self.clauses.adverbial_clause(clause, self._depth()), initial=self.decks.chance(0.4))
        return Sentence((clause,))

    def report(self) -> Sentence:
        return Sentence((self._chain(1),))

    def coordination(self) -> Sentence:
        """Two main clauses with `and` or `but`."""
        tense = self._tense()
        first = self.clauses.clause(tense, closed=True, adverbials=0.3)
        second = self.clauses.clause(tense, depth=self._depth() and self.decks.chance(0.5), adverbials=0.3)
        self.clauses.front(first)
        return Sentence((first, second), (self.decks.draw("conjunction", ("and", "but")),))

    def shared_subject(self) -> Sentence:
        """Two verb phrases of one subject, both in the present without a modal."""
        first = self.clauses.clause("present", closed=True, personal=True, adverbials=0.2, plain=True)
        second = self.clauses.clause(
            "present", depth=self._depth(), personal=True, adverbials=0.2, plain=True, fixed={"subject": first.subject}
        )
        second_conjunct(second)
        return Sentence((first, second), ("and",))

    def polar_question(self) -> Sentence:
        tense = self.decks.draw("question tense", ("present", "present", "present", "past", "future"))
        clause = self.clauses.clause(tense, question=True, depth=self._depth() and self.decks.chance(0.5))
        clause.fronted = None
        return Sentence((clause,), mark="?")

    def constituent_question(self) -> Sentence:
        """A question for the subject, an object, a place, a time or a reason."""
        kind = self.decks.draw("question", ("subject", "object", "which", "where", "when", "why"))
        if kind == "subject":
            clause = self.clauses.clause(
                self._tense(), depth=self._depth(), personal=True, fixed={"subject": Interrogative(person=True)}
            )
        elif kind in ("object", "which"):
            clause = self._object_question(kind)
        else:
            clause = self._adverbial_question(kind)
        return Sentence((clause,), mark="?")

    def _object_question(self, kind: str) -> Clause:
        noun = self.decks.draw("questioned", nouns_of(("person", "thing", "topic", "animal", "text", "food", "inside")))
        verb = self.decks.draw(
            ("questioning", noun), [v for v in verbs_with_object(noun) if v.frame != "prepositional"]
        )
        slot = "dative" if verb.frame == "dative" else "accusative"
        if kind == "which":
            plural = not noun.mass and self.decks.chance(0.4)
            questioned = NounPhrase(modifiers.WHICH, noun, plural=plural)
        else:
            questioned = Interrogative(person="person" in noun.classes or slot == "dative")
        clause = self.clauses.clause(
            self._tense(), verb=verb, question=True, adverbials=0.2, fixed={slot: questioned}, closed=True
        )
        clause.fronted = questioned
        return clause

    def _adverbial_question(self, kind: str) -> Clause:
        slot = "time" if kind == "when" else "place"
        german = {"where": "wo", "when": "wann", "why": "warum"}[kind]
        word = FixedPhrase(kind, german, "0-0")
        clause = self.clauses.clause(
            self._tense(), question=True, adverbials=0.0, fixed={slot: word}, closed=True, stationary=kind == "where"
        )
        clause.fronted = word
        return clause

    def _chain(self, length: int) -> Clause:
        """A report of a report ..., ended by a clause that may have an adverbial clause."""
        outer, conjunction = self.clauses.reporting_clause(self._tense())
        tense = "past" if outer.tense == "past" else self.decks.draw("reported", TENSES)
        if length > 1:
            inner = self._chain(length - 1)
        else:
            inner = self.clauses.clause(tense, depth=self._depth())
        self._attach(outer, Subordinate(conjunction[0], conjunction[1], inner))
        return outer

    def _opening_clause(self) -> Clause:
        """A clause that another main clause can follow, often with an initial adverbial clause."""
        clause = self.clauses.clause(self._tense(), depth=1, closed=True, adverbials=0.5)
        if self.decks.chance(0.6):
            self._attach(clause, self.clauses.adverbial_clause(clause, 1), initial=True)
        else:
            self.clauses.front(clause)
        return clause

    def _attach(self, clause: Clause, subordinate: Subordinate, initial: bool = False) -> None:
        if initial:
            subordinate.initial = True
            clause.fronted = subordinate
        else:
            clause.following = (subordinate,)

    def _tense(self) -> str:
        return self.decks.draw("tense", TENSES)

    def _depth(self) -> int:
        return self.decks.draw("depth", (0, 0, 1))
