"""Clauses: English and German word order, verb groups, subordination and coordination."""

from __future__ import annotations

from dataclasses import dataclass

from corpus_grammar.morphology import (
    HABEN,
    SEIN,
    WERDEN,
    english_be,
    english_third,
    german_infinitive,
    german_participle,
    german_present,
    german_preterite,
)
from corpus_grammar.phrases import Constituent, Elided, NounPhrase
from corpus_grammar.tokens import COMMA, Pair, Token, align, finish, merge_commas
from corpus_grammar.verbs import CAN, MAY, MUST, Modal, Verb

PREPOSITION_PARTICLES = ("for", "at", "to")
CASES = {"subject": "nom", "dative": "dat", "accusative": "acc"}


@dataclass(eq=False)
class Clause:
    """One verb with its constituents.

    `tense` is present, past or future. `fronted` is the constituent (also a
    `Subordinate`) that comes first; `None` is the subject, or the verb in a
    `question`. A question inverts the English verb. `to_recipient` chooses
    `gives the book to him` over `gives him the book`. `following` are the
    subordinate clauses at the end.
    """

    subject: Constituent
    verb: Verb
    tense: str = "present"
    modal: Modal | None = None
    negated: bool = False
    dative: Constituent | None = None
    accusative: Constituent | None = None
    complement: Constituent | None = None
    frequency: Constituent | None = None
    time: Constituent | None = None
    manner: Constituent | None = None
    place: Constituent | None = None
    fronted: Constituent | Subordinate | None = None
    question: bool = False
    to_recipient: bool = False
    following: tuple[Subordinate, ...] = ()

    def __post_init__(self) -> None:
        target = self.accusative or self.dative or self.complement
        self.uses_kein = self.negated and isinstance(target, NounPhrase) and target.indefinite
        if self.uses_kein:
            target.negation = (self, "not")

    @property
    def perfect(self) -> bool:
        """Whether the German past is haben or sein with a participle."""
        return self.tense == "past" and not self.modal and not self.verb.preterite

    def english(self) -> list[Token]:
        """The English tokens, in question order if it is a question."""
        front = self.fronted.english(self._case(self.fronted)) if self.fronted else []
        subject = self._english("subject")
        auxiliary, negation, verb = _english_verb_group(self)
        opening = [*auxiliary, *subject] if self.question else [*subject, *auxiliary]
        adverbials = [token for slot in ("complement", "manner", "place", "time") for token in self._english(slot)]
        following = [token for clause in self.following for token in clause.english("nom")]
        frequency = self._english("frequency")
        return [*front, *opening, *negation, *frequency, *verb, *self._english_objects(), *adverbials, *following]

    def _english_objects(self) -> list[Token]:
        dative, accusative = self._english("dative"), self._english("accusative")
        particle = [Token(word, ((self, "verb"),)) for word in self.verb.english_particle.split()]
        if self.verb.english_particle in PREPOSITION_PARTICLES or not getattr(self.accusative, "pronominal", False):
            accusative = particle + accusative
            particle = []
        if self.verb.frame == "dative":
            return [*accusative, *dative]
        if self.to_recipient:
            return [*accusative, Token("to"), *dative]
        return [*dative, *accusative, *particle]

    def _english(self, slot: str) -> list[Token]:
        constituent = getattr(self, slot)
        if constituent is None or constituent is self.fronted:
            return []
        return constituent.english(CASES.get(slot, "nom"))

    def _case(self, constituent: object) -> str:
        return next((case for slot, case in CASES.items() if getattr(self, slot) is constituent), "nom")

    def german(self, final: bool = False) -> list[Token]:
        """The German tokens: verb-final, or verb-second (verb-first without a forefield)."""
        finite, bracket = _german_verb_group(self)
        front = self.fronted or (None if self.question else self.subject)
        forefield = [*front.german(self._case(front)), *front.german_extraposed()] if front else []
        following = [token for clause in self.following for token in clause.german("nom")]
        postfield = [*self._extraposed(front), *following]
        if not final:
            return [*forefield, finite, *self._midfield(front), *bracket, *postfield]
        if bracket and self.verb.particle and bracket[-1].text == self.verb.particle:
            cluster = [finite._replace(text=self.verb.particle + finite.text)]
        else:
            cluster = [*bracket, finite]
        return [*forefield, *self._midfield(front), *cluster, *postfield]

    def _midfield(self, front: object) -> list[Token]:
        """Subject, pronouns, time, frequency, objects, nicht, manner, place, complement."""
        tokens: list[Token] = []
        if self.subject is not front:
            tokens += self.subject.german("nom") + self.subject.german_extraposed()
        if self.verb.reflexive:
            tokens.insert(len(tokens) if self.subject.pronominal else 0, Token(self.subject.reflexive))
        slots = [slot for slot in ("dative", "accusative") if getattr(self, slot) not in (None, front)]
        pronominal = [slot for slot in slots if getattr(self, slot).pronominal]
        order = [*pronominal, "time", "frequency", *(slot for slot in slots if slot not in pronominal)]
        tokens += self._german(order, front)
        if self.negated and not self.uses_kein:
            tokens.append(Token("nicht", ((self, "not"),)))
        return tokens + self._german(["manner", "place", "complement"], front)

    def _german(self, slots: list[str], front: object) -> list[Token]:
        constituents = ((slot, getattr(self, slot)) for slot in slots)
        return [
            token
            for slot, constituent in constituents
            if constituent is not None and constituent is not front
            for token in constituent.german(CASES.get(slot, "nom"))
        ]

    def _extraposed(self, front: object) -> list[Token]:
        """What objects and complements place behind the last verb."""
        constituents = (self.dative, self.accusative, self.complement)
        present = [item for item in constituents if item is not None and item is not front]
        return [token for constituent in present for token in constituent.german_extraposed()]


def _english_verb_group(clause: Clause) -> tuple[list[Token], list[Token], list[Token]]:
    """What inverts in questions, the negation, and the rest of the verb."""
    verb, modal = (clause, "verb"), (clause, "auxiliary")
    negation = [Token("not", ((clause, "not"),))] if clause.negated else []
    base = Token(clause.verb.english, (verb,))
    if clause.tense == "future":
        return [Token("will", (modal,))], negation, [base]
    if clause.modal and not clause.modal.lexical:
        if clause.modal is CAN and clause.tense == "present" and clause.negated and not clause.question:
            return [Token("cannot", (modal, (clause, "not")))], [], [base]
        return (
            [Token(clause.modal.past if clause.tense == "past" else clause.modal.english, (modal,))],
            negation,
            [base],
        )
    if clause.modal:
        supported, head = _english_finite(clause, clause.modal.english, clause.modal.past, modal)
        return supported, negation, [head, Token("to"), base]
    if clause.verb.english == "be":
        form = english_be(clause.subject.form, clause.subject.plural_agreement, clause.tense)
        return [Token(form, (verb,))], negation, []
    supported, head = _english_finite(clause, clause.verb.english, clause.verb.past, verb)
    return supported, negation, [head]


def _english_finite(clause: Clause, base: str, past: str, concept: object) -> tuple[list[Token], Token]:
    """The auxiliary do where it is needed, and the verb, inflected or not."""
    third = clause.subject.form == 2 and not clause.subject.plural_agreement
    if clause.negated or clause.question:
        if clause.tense == "past":
            return [Token("did", ((clause, "auxiliary"),) if clause.perfect else ())], Token(base, (concept,))
        return [Token("does" if third else "do")], Token(base, (concept,))
    if clause.tense == "past":
        return [], Token(past, (concept,))
    return [], Token(english_third(base) if third else base, (concept,))


def _german_verb_group(clause: Clause) -> tuple[Token, list[Token]]:
    """The finite verb, and the right bracket: particle, participle or infinitive."""
    verb, auxiliary, form = (clause, "verb"), (clause, "auxiliary"), clause.subject.form
    infinitive = [Token(german_infinitive(clause.verb), (verb,))]
    if clause.tense == "future":
        return Token(WERDEN[form], (auxiliary,)), infinitive
    if clause.modal:
        modal = MAY if clause.modal is MUST and clause.negated else clause.modal
        forms = modal.past_forms if clause.tense == "past" else modal.present_forms
        return Token(forms[form], (auxiliary,)), infinitive
    if clause.perfect:
        forms = SEIN if clause.verb.auxiliary == "sein" else HABEN
        supported = clause.negated or clause.question
        finite = Token(forms[form], (auxiliary if supported else verb,))
        return finite, [Token(german_participle(clause.verb), (verb,))]
    inflect = german_preterite if clause.tense == "past" else german_present
    particle = [Token(clause.verb.particle, (verb,))] if clause.verb.particle else []
    return Token(inflect(clause.verb, form), (verb,)), particle


@dataclass(eq=False)
class Subordinate:
    """A conjunction with a verb-final clause; `initial` when the main clause follows it."""

    conjunction: str
    german_conjunction: str
    clause: Clause
    initial: bool = False

    def english(self, case: str) -> list[Token]:
        comma = [Token(",", ((self, "comma"),))] if self.initial else []
        return [Token(self.conjunction, (self,)), *self.clause.english(), *comma]

    def german(self, case: str) -> list[Token]:
        closing = Token(",", ((self, "comma"),)) if self.initial else COMMA
        return [COMMA, Token(self.german_conjunction, (self,)), *self.clause.german(final=True), closing]

    def german_extraposed(self) -> list[Token]:
        return []


@dataclass(eq=False)
class Sentence:
    """Main clauses joined by `conjunction` (and or but), ended by `.` or `?`."""

    clauses: tuple[Clause, ...]
    conjunctions: tuple[str, ...] = ()
    mark: str = "."

    def pair(self) -> Pair:
        """Both sides as written, with their links."""
        english, german = self.clauses[0].english(), self.clauses[0].german()
        for conjunction, clause in zip(self.conjunctions, self.clauses[1:], strict=True):
            comma = [Token(",", ((clause, "comma"),))] if conjunction == "but" else []
            word = {"and": "und", "but": "aber"}[conjunction]
            english += [*comma, Token(conjunction, ((clause, "and"),)), *clause.english()]
            german += [*comma, Token(word, ((clause, "and"),)), *merge_commas(clause.german())]
        mark = Token(self.mark, (self,))
        english, german = finish(english, mark), finish(german, mark)
        alignment = " ".join(f"{i}-{j}" for i, j in align(english, german))
        return Pair(" ".join(token.text for token in english), " ".join(token.text for token in german), alignment)


def second_conjunct(clause: Clause) -> Clause:
    """A clause whose subject is left unspoken, to follow a clause with the same subject."""
    clause.subject = Elided(clause.subject)
    return clause
