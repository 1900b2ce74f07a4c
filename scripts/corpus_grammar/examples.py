"""Sentences built by hand from the grammar, for the corpus's README and for trying out."""

from __future__ import annotations

from corpus_grammar.clauses import Clause, Sentence, Subordinate
from corpus_grammar.modifiers import ADJECTIVE, DETERMINER, FREQUENCIES, LOCATIONS, PLACES, TIMES
from corpus_grammar.nouns import NOUN, PEOPLE
from corpus_grammar.phrases import (
    FixedPhrase,
    Interrogative,
    Name,
    NounPhrase,
    PrepositionalPhrase,
    Pronoun,
    RelativePronoun,
)
from corpus_grammar.predicates import AdjectivePredicate, Comparison, Profession
from corpus_grammar.tokens import Pair
from corpus_grammar.verbs import BE, CAN, VERBS, WANT, Verb


def phrase(words: str, **options: object) -> NounPhrase:
    """A noun phrase from English words: determiner (- for none), adjectives, noun in the singular or plural.

    Raises KeyError for a word that is not in the lexicon.
    """
    determiner, *adjectives, noun = words.split()
    plural = noun not in NOUN
    if plural:
        noun = next((known.english for known in NOUN.values() if known.english_plural == noun), noun)
    singular = {"these": "this", "-": ""}.get(determiner, determiner)
    return NounPhrase(
        DETERMINER[singular], NOUN[noun], tuple(ADJECTIVE[word] for word in adjectives), plural, **options
    )


def verb(english: str, frame: str) -> Verb:
    """The verb of that English base form, with particle and preposition, and that frame.

    Raises StopIteration if there is none.
    """
    return next(known for known in VERBS if known.citation == english and known.frame == frame)


def name(english: str) -> Name:
    return Name(*next(person for person in PEOPLE if person[0] == english))


def adverb(english: str) -> FixedPhrase:
    """The adverbial with that English text; raises StopIteration if there is none."""
    listed = [*FREQUENCIES, *PLACES, *(time for times in TIMES.values() for time in times)]
    return FixedPhrase(*next(entry for entry in listed if entry[0] == english))


def place(preposition: str, words: str) -> PrepositionalPhrase:
    """Where something is: the preposition of place with the noun phrase of those words."""
    english, german, case, _ = next(entry for entry in LOCATIONS if entry[0] == preposition)
    return PrepositionalPhrase(english, german, case, phrase(words))


def related(head: NounPhrase, verb: Verb, slot: str, **options: object) -> NounPhrase:
    """The noun phrase with a relative clause in which its pronoun fills that slot of the verb."""
    pronoun = RelativePronoun(head.noun, head.plural)
    filler = PrepositionalPhrase(*verb.preposition, pronoun) if slot == "complement" else pronoun
    slots = {slot: filler, **options}
    head.relative = Clause(verb=verb, fronted=None if slot == "subject" else filler, **slots)
    return head


def say(clause: Clause, mark: str = ".") -> Pair:
    """The sentence of one main clause."""
    return Sentence((clause,), mark=mark).pair()


def _clause_examples() -> list[Pair]:
    see, read, give = verb("see", "accusative"), verb("read", "accusative"), verb("give", "ditransitive")
    evening, what = adverb("in the evening"), Interrogative(person=False)
    return [
        say(Clause(phrase("the old man"), see, negated=True, accusative=phrase("the dog"))),
        say(Clause(phrase("the child"), see, negated=True, accusative=phrase("a bird"))),
        say(Clause(phrase("the woman"), verb("call", "accusative"), accusative=phrase("her brother"))),
        say(Clause(Pronoun("they"), see, "past", accusative=phrase("the big house"), time=adverb("yesterday"))),
        say(Clause(Pronoun("I"), verb("turn on", "accusative"), modal=WANT, accusative=phrase("the lamp"))),
        say(Clause(phrase("my friend"), read, accusative=phrase("a book"), time=evening, fronted=evening)),
        say(Clause(phrase("the boy"), give, dative=phrase("the girl"), accusative=phrase("a red flower"))),
        say(Clause(phrase("every student"), verb("help", "dative"), "future", dative=phrase("the teacher"))),
        say(Clause(Pronoun("you"), read, accusative=what, fronted=what, question=True), "?"),
        say(Clause(name("Peter"), BE, complement=Profession(NOUN["doctor"]))),
        say(Clause(phrase("this coat"), BE, complement=Comparison(ADJECTIVE["expensive"], phrase("your hat")))),
    ]


def _complex_examples() -> list[Pair]:
    tired = Clause(Pronoun("he"), BE, complement=AdjectivePredicate(ADJECTIVE["tired"]))
    sleep, work = verb("sleep", "intransitive"), verb("work", "intransitive")
    garden = Clause(phrase("the farmer"), work, modal=CAN, negated=True, place=place("in", "the garden"))
    garden.following = (Subordinate("because", "weil", tired),)
    reader = Clause(phrase("our mother"), verb("read", "accusative"), accusative=phrase("the newspaper"))
    before = Subordinate("before", "bevor", reader, initial=True)
    wrote = related(phrase("the letter"), verb("write", "accusative"), "accusative", subject=name("Anna"), tense="past")
    know = Clause(
        Pronoun("I"),
        verb("know", "that"),
        following=(
            Subordinate("that", "dass", Clause(Pronoun("she"), verb("forget", "accusative"), "past", accusative=wrote)),
        ),
    )
    singer = related(phrase("the singer"), verb("wait for", "prepositional"), "complement", subject=Pronoun("we"))
    singer_sleeps = Clause(singer, sleep, place=place("in", "the hotel"))
    return [
        say(garden),
        say(Clause(Pronoun("she"), verb("get up", "intransitive"), fronted=before)),
        say(know),
        say(singer_sleeps),
    ]


def examples() -> list[Pair]:
    """Pairs that show what the grammar covers; each call builds the same ones."""
    return [*_clause_examples(), *_complex_examples()]
