"""Random clauses: verb, tense, negation, objects, adverbials and relative clauses."""

from __future__ import annotations

import random

from corpus_grammar import modifiers
from corpus_grammar.clauses import Clause, Subordinate
from corpus_grammar.nouns import CITIES, NOUN, Noun
from corpus_grammar.phrase_sampling import PhraseSampler, negates
from corpus_grammar.phrases import (
    Constituent,
    Demonstrative,
    Expletive,
    FixedPhrase,
    Name,
    NounPhrase,
    PrepositionalPhrase,
    Pronoun,
    RelativePronoun,
)
from corpus_grammar.predicates import AdjectivePredicate, Comparison, Profession
from corpus_grammar.selection import (
    REPORTING_VERBS,
    VERB_DECK,
    adjectives_of,
    comparable_adjectives_of,
    matches,
    nouns_of,
    verbs_with_object,
    verbs_with_subject,
)
from corpus_grammar.verbs import BE, EXIST, MODALS, Modal, Verb

STATIVE = ("know", "like", "belong", "have", "need", "love")
PERSONAL_VERBS = [verb for verb in VERB_DECK if "person" in verb.subjects]
STATIONARY_VERBS = [verb for verb in PERSONAL_VERBS if verb.frame != "direction"]
LOCATED_FRAMES = {False: ("intransitive", "accusative"), True: ("intransitive",)}
# The pronouns that `_subject` spreads over the verbs, in statements and in questions; None is any subject.
PERSONS = {False: ("I", "I", "you", "you", None, None, None, None, None), True: ("you", "you", "we", None, None, None)}
COMPARED_CLASSES = ("person", "animal", "thing", "inside", "text", "topic", "transport")
COPULAR_KINDS = ("exist", "job", "comparison", "comparison", *["this"] * 3, *["adjective"] * 5)
REASONS = ("because", "although")
COMPANIONABLE = ("dance", "sing", "cook", "bake", "write", "paint", "draw", "build", "buy", "clean", "prepare", "wash")


class ClauseSampler:
    """Draws clauses, with a deck for every choice of words."""

    def __init__(self, rng: random.Random) -> None:
        self.phrases = PhraseSampler(rng)
        self.decks = self.phrases.decks
        self.phrases.relative_clause = self.relative_clause

    def clause(
        self,
        tense: str,
        *,
        verb: Verb | None = None,
        fixed: dict[str, Constituent] | None = None,
        depth: int = 0,
        closed: bool = False,
        personal: bool = False,
        stationary: bool = False,
        plain: bool = False,
        question: bool = False,
        adverbials: float = 0.4,
    ) -> Clause:
        """A clause in that tense around the `fixed` constituents, by slot.

        `depth` bounds the nesting of relative clauses; a `closed` clause does
        not end in one. `personal` wants a verb that persons can be subject of,
        `stationary` one without a direction; a `plain` clause has no modal,
        no negation and no adverb of frequency.
        `adverbials` is the probability of a time and of a place.
        """
        slots = dict(fixed or {})
        if verb is None and not slots and not personal and not stationary and self.decks.chance(0.2):
            return self._copular(tense, question or plain, depth, adverbials, question)
        verbs = STATIONARY_VERBS if stationary else PERSONAL_VERBS if personal else VERB_DECK
        verb = verb or self.decks.draw(("verb", len(verbs)), verbs)
        negated = not question and not plain and self.decks.chance(0.14)
        if "subject" not in slots:
            slots["subject"] = self._subject(verb, question, negated, depth)
        modal = None if plain else self._modal(verb, tense)
        ambiguous = verb.past == verb.english and slots["subject"].form != 2 and not (question or negated)
        if tense == "past" and (not modal.past if modal else ambiguous):
            tense = "present"
        self._add_objects(slots, verb, negated, 0 if closed else depth)
        self._add_adverbials(slots, verb, tense, negated, 0 if question or plain else adverbials / 3, adverbials)
        to_recipient = bool(slots.pop("to_recipient", False))
        return Clause(
            verb=verb, tense=tense, modal=modal, negated=negated, question=question, to_recipient=to_recipient, **slots
        )

    def front(self, clause: Clause) -> None:
        """Move the time or the place of a statement to its beginning, for about half of them."""
        movable = [clause.time, clause.place if clause.verb.frame not in ("direction", "location") else None]
        movable = [item for item in movable if item is not None]
        if movable and not clause.question and self.decks.chance(0.6):
            if clause.negated and movable[0] is clause.place:
                return
            clause.fronted = movable[0]

    def adverbial_clause(self, main: Clause, depth: int) -> Subordinate:
        """A subordinate clause whose tense suits the main clause."""
        tense = "present" if main.modal and main.tense != "past" else main.tense
        conjunction, german = self.decks.draw(("conjunction", tense), modifiers.CONJUNCTIONS[tense])
        inner = "present" if tense == "future" else tense
        clause = self.clause(inner, depth=depth, adverbials=0.15, plain=conjunction not in REASONS)
        if clause.tense != inner:
            conjunction, german = "because", "weil"
        return Subordinate(conjunction, german, clause)

    def reporting_clause(self, tense: str) -> tuple[Clause, tuple[str, str]]:
        """A clause that wants a that- or whether-clause, and the conjunction."""
        verb = self.decks.draw("reporting", REPORTING_VERBS)
        if tense == "future" and verb.english not in ("say", "ask"):
            tense = "present"
        subject = self.phrases.subject(("person",), False, 0)
        negated = verb.english == "know" and self.decks.chance(0.5) or self.decks.chance(0.05)
        clause = Clause(subject, verb, tense, negated=negated)
        whether = verb.frame == "whether" or (verb.english == "know" and negated)
        return clause, ("whether", "ob") if whether else ("that", "dass")

    def relative_clause(self, noun: Noun, plural: bool, depth: int) -> Clause:
        """A clause about the noun, with its relative pronoun as subject, object or place."""
        pronoun = RelativePronoun(noun, plural)
        tense = self.decks.draw("relative tense", ("present", "present", "past"))
        plain = self.decks.draw("relative plainness", (True, True, False))
        options = {"adverbials": 0.15, "depth": depth - 1, "plain": plain}
        kind = self.decks.draw("relative", ("subject", "subject", "object"))
        if "inside" in noun.classes and self.decks.chance(0.5):
            verb = self.decks.draw("relative verb", STATIONARY_VERBS)
            place = PrepositionalPhrase("in", "in", "dat", pronoun)
            clause = self.clause(tense, verb=verb, fixed={"place": place}, **options)
            clause.fronted = place
            return clause
        subject_verbs = verbs_with_subject(noun)
        if kind == "subject" and not subject_verbs:
            return Clause(pronoun, BE, tense, complement=AdjectivePredicate(self._adjective(noun)))
        if kind == "subject":
            verb = self.decks.draw(("subject of", noun), subject_verbs)
            return self.clause(tense, verb=verb, fixed={"subject": pronoun}, **options)
        verb = self.decks.draw(("object of", noun), verbs_with_object(noun))
        slot, gap = "accusative", pronoun
        if verb.frame == "prepositional":
            slot, gap = "complement", PrepositionalPhrase(*verb.preposition, pronoun)
        elif verb.frame == "dative":
            slot = "dative"
        clause = self.clause(tense, verb=verb, fixed={slot: gap}, **options)
        clause.fronted = gap
        return clause

    def _modal(self, verb: Verb, tense: str) -> Modal | None:
        if tense == "future" or verb.english in STATIVE or not self.decks.chance(0.2):
            return None
        return self.decks.draw("modal", MODALS)

    def _subject(self, verb: Verb, question: bool, negated: bool, depth: int) -> Constituent:
        """A subject of the verb, `I` and `you` often enough to meet every verb form."""
        person = self.decks.draw(("person", verb.english, verb.frame, question), PERSONS[question])
        if person and "person" in verb.subjects:
            return Pronoun(person)
        return self.phrases.subject(verb.subjects, negated, depth)

    def _add_objects(self, slots: dict, verb: Verb, negated: bool, depth: int) -> None:
        subject = slots["subject"]
        options = {"subject": subject, "negated": negated}
        if verb.frame in ("accusative", "dative") and verb.frame not in slots:
            slots[verb.frame] = self._relativized(self.phrases.object(verb.objects, **options), depth)
        elif verb.frame == "prepositional" and "complement" not in slots:
            nominal = self.phrases.object(verb.objects, pronouns="person" in verb.objects, **options)
            slots["complement"] = PrepositionalPhrase(*verb.preposition, self._relativized(nominal, depth))
        elif verb.frame == "ditransitive":
            slots["dative"] = self.phrases.recipient(subject)
            gap = "accusative" in slots
            slots["to_recipient"] = gap or self.decks.chance(0.3)
            if not gap:
                theme = self.phrases.object(verb.objects, subject=subject, negated=negated, pronouns=False)
                slots["accusative"] = self._relativized(theme, 0 if slots["to_recipient"] else depth)
        elif verb.frame == "direction" and "complement" not in slots:
            slots["complement"] = self._direction()
        elif verb.frame == "location" and "place" not in slots:
            slots["place"] = self.phrases.place(cities=verb.english != "sit")

    def _relativized(self, phrase: Constituent, depth: int) -> Constituent:
        """The phrase, given a relative clause if the depth and the phrase allow one."""
        if depth and isinstance(phrase, NounPhrase) and not phrase.noun.mass and self.decks.chance(0.6):
            if phrase.determiner is not modifiers.BARE:
                phrase.relative = self.relative_clause(phrase.noun, phrase.plural, depth)
                phrase.adjectives = ()
        return phrase

    def _add_adverbials(
        self, slots: dict, verb: Verb, tense: str, negated: bool, frequency: float, chance: float
    ) -> None:
        """Frequency, time, manner and place, unless a relative clause ends the objects."""
        ends = [slots.get("accusative"), slots.get("dative"), getattr(slots.get("complement"), "nominal", None)]
        related = any(isinstance(end, NounPhrase) and end.relative for end in ends)
        negative = negated or any(negates(slots.get(slot)) for slot in ("subject", "accusative", "dative"))
        frequency_fits = not negative and not getattr(slots["subject"], "relative", None)
        if frequency_fits and tense != "future" and self.decks.chance(frequency):
            slots["frequency"] = FixedPhrase(*self.decks.draw("frequency", modifiers.FREQUENCIES))
        if related:
            return
        if "time" not in slots and "frequency" not in slots and self.decks.chance(chance):
            slots["time"] = FixedPhrase(*self.decks.draw(("time", tense), modifiers.TIMES[tense]))
        if verb.frame == "intransitive" and self.decks.chance(0.3):
            slots["manner"] = self._manner(verb)
        elif "place" not in slots and verb.frame in LOCATED_FRAMES[negated] and self.decks.chance(chance / 2):
            slots["place"] = self._adjunct(verb)

    def _adjunct(self, verb: Verb) -> Constituent:
        """A place, or the person with, without or for whom something is done."""
        if verb.english in COMPANIONABLE and not verb.english_particle and self.decks.chance(0.5):
            preposition = self.decks.draw("company", modifiers.COMPANY)
            return PrepositionalPhrase(*preposition, self.phrases.plain_noun_phrase(("person",)))
        return self.phrases.place(cities=True)

    def _manner(self, verb: Verb) -> FixedPhrase | None:
        if verb.reflexive or verb.particle:
            return None
        return FixedPhrase(*self.decks.draw("manner", modifiers.MANNERS))

    def _direction(self) -> Constituent:
        kind = self.decks.draw("direction", ("home", "city", "city", "place", "place", "place", "place", "person"))
        if kind == "home":
            return FixedPhrase(*modifiers.HOME)
        if kind == "city":
            preposition = self.decks.draw("city direction", (("to", "nach"), ("from", "aus")))
            return PrepositionalPhrase(*preposition, "dat", Name(*self.decks.draw("city", CITIES)))
        if kind == "person":
            return PrepositionalPhrase("to", "zu", "dat", self.phrases.plain_noun_phrase(("person",)))
        english, german, case, noun_class = self.decks.draw("heading", modifiers.DIRECTIONS)
        return PrepositionalPhrase(english, german, case, self.phrases.plain_noun_phrase((noun_class,)))

    def _adjective(self, noun: Noun) -> modifiers.Adjective:
        return self.decks.draw(("predicative", noun), adjectives_of(noun))

    def _copular(self, tense: str, plain: bool, depth: int, adverbials: float, question: bool) -> Clause:
        """`there is`, `this is`, a profession, a comparison or an adjective."""
        kind = self.decks.draw("copular", COPULAR_KINDS)
        negated = not plain and self.decks.chance(0.15)
        if kind == "exist":
            existent = self.phrases.existent(("animal", "person", "thing", "inside", "food", "drink"))
            place = self.phrases.place(cities=True)
            return Clause(Expletive(existent), EXIST, tense, accusative=existent, place=place, question=question)
        if kind == "this":
            phrase = self._relativized(self.phrases.predicate(), depth)
            tense = "past" if tense == "past" else "present"
            return Clause(Demonstrative(phrase), BE, tense, negated=negated, complement=phrase, question=question)
        if kind == "job":
            return self._profession(tense, negated, question)
        clause = self._description(kind, tense, negated, depth)
        clause.question = question
        described = clause.subject
        if not plain and tense == "present" and isinstance(described, Pronoun) and self.decks.chance(0.5):
            clause.modal = self.decks.draw("copular modal", MODALS)
        personal = not isinstance(described, NounPhrase) or matches(described.noun, ("person",))
        if personal and kind == "adjective" and self.decks.chance(adverbials):
            clause.time = FixedPhrase(*self.decks.draw(("time", tense), modifiers.TIMES[tense]))
        return clause

    def _description(self, kind: str, tense: str, negated: bool, depth: int) -> Clause:
        """A comparison, or an adjective where nothing can be compared."""
        subject = self.phrases.subject(COMPARED_CLASSES, negated, depth)
        noun = subject.noun if isinstance(subject, NounPhrase) else NOUN["man"]
        complement: Constituent = AdjectivePredicate(self._adjective(noun))
        if kind == "comparison" and comparable_adjectives_of(noun):
            adjective = self.decks.draw(("comparative", noun), comparable_adjectives_of(noun))
            similar = tuple(name for name in COMPARED_CLASSES if name in noun.classes)
            complement = Comparison(adjective, self.phrases.plain_noun_phrase(similar))
        return Clause(subject, BE, tense, negated=negated, complement=complement)

    def _profession(self, tense: str, negated: bool, question: bool) -> Clause:
        female = self.decks.chance(0.4)
        subject = self.phrases.gendered_subject(female)
        noun = self.decks.draw(("job", female), nouns_of(("femalejob",) if female else ("job",)))
        adjectives = (self._adjective(noun),) if not negated and self.decks.chance(0.4) else ()
        return Clause(subject, BE, tense, negated=negated, complement=Profession(noun, adjectives), question=question)
