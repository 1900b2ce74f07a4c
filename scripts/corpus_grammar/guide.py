"""The corpus's README: contents, link conventions, examples and vocabulary."""

from __future__ import annotations

from collections.abc import Iterable

from corpus_grammar import modifiers
from corpus_grammar.examples import examples
from corpus_grammar.nouns import CITIES, NOUNS, PEOPLE
from corpus_grammar.splits import LONG_LENGTHS, MAX_LENGTH, lengths
from corpus_grammar.tokens import Pair
from corpus_grammar.verbs import BE, HAVE, MODALS, VERBS

HEADER = """# An English-German corpus with gold word alignments

Written by `python scripts/make_corpus.py` from the grammar in `scripts/corpus_grammar`; do not edit by hand.
Each data set is three files of one line a pair: `NAME.en` and `NAME.de` are tokens separated by single spaces,
`NAME.align` the sure links as `i-j`, English token i to German token j, counted from 0. The files of `train` are
compressed with gzip. No English sentence occurs twice, within a data set or across them, and an English sentence
has one German translation.

| data set | pairs | English tokens a sentence: mean, most | German: mean, most |
|---|---|---|---|
"""

CONVENTIONS = f"""
Sentences of `train`, `dev` and `test` have at most {MAX_LENGTH} tokens on either side, those of `test_long`
{LONG_LENGTHS.start} to {LONG_LENGTHS.stop - 1} on both.

## What the grammar covers

Declension of articles, possessives, dieser, jeder, welcher, kein, viele and numbers with weak, mixed and strong
adjectives in three cases, three genders and the plural; weak nouns; pronouns; verbs with accusative, dative, both, or a
preposition; separable and reflexive verbs; modal verbs; present, past (perfect, but Präteritum for sein, haben, es
gibt, wissen, mögen and the modal verbs) and future; nicht and kein; verb-second order with a fronted time, place or
clause; verb-final order after weil, obwohl, wenn, als, bevor, während, bis, dass, ob;
relative clauses, moved behind the last verb where they belong to an object; yes/no and wh-questions; comparisons; und
and aber.

`you` and `your` are du and dein. There is no `it`. `when` is wann in a question, als in the past, else wenn.
`must not` and `may not` are darf nicht.

## What is linked

| case | English | German | links |
|---|---|---|---|
| word for word | `the dog` | `den Hund` | 0-0 1-1 |
| perfect | `saw` | `hat ... gesehen` | the verb to both |
| Präteritum with did | `did not have` | `hatte ... nicht` | have-hatte; did has none |
| perfect with did | `did not see` | `hat ... nicht gesehen` | did-hat, not-nicht, see-gesehen |
| do-support otherwise | `does not see` | `sieht ... nicht` | see-sieht, not-nicht; does has none |
| negated article | `does not see a dog` | `sieht keinen Hund` | not and a to keinen |
| negation without article | `does not see dogs` | `sieht keine Hunde` | not-keine |
| cannot | `cannot sleep` | `kann nicht schlafen` | cannot to kann and nicht |
| future, modal verbs | `wants to sleep` | `will schlafen` | wants-will, sleep-schlafen; to has none |
| separable verb | `calls him` | `ruft ihn an` | the verb to ruft and an |
| verb of several words | `gets up` | `steht ... auf` | each English to each German word |
| the same | `looks for` | `sucht` | both to sucht |
| verb with preposition | `waits for him` | `wartet auf ihn` | waits-wartet, for-auf, him-ihn |
| reflexive verb | `remembers him` | `erinnert sich an ihn` | remembers-erinnert, him-ihn; sich and an have none |
| recipient with to | `gives the book to him` | `gibt ihm das Buch` | to has none |
| contraction | `in the house` | `im Haus` | in and the to im |
| preposition of several words | `in front of` | `vor` | each to vor |
| profession | `is a teacher` | `ist Lehrer` | a has none |
| comparison | `more expensive than` | `teurer als` | more and expensive to teurer, than-als |
| fixed phrases | `home`, `tonight` | `nach Hause`, `heute Abend` | the word to both |
| the same | `at night` | `in der Nacht` | at-in, night-Nacht; der has none |
| commas | none, or that of an initial clause or before but | always | comma to comma where both have one |

## Sentences to try

| English | German |
|---|---|
"""


def _size_table(splits: dict[str, list[Pair]]) -> str:
    rows = []
    for name, pairs in splits.items():
        english, german = zip(*(lengths(pair) for pair in pairs), strict=True)
        sides = " | ".join(f"{sum(side) / len(side):.1f}, {max(side)}" for side in (english, german))
        rows.append(f"| {name} | {len(pairs)} | {sides} |\n")
    return "".join(rows)


def _vocabulary() -> str:
    verbs = [*VERBS, BE, HAVE]
    times = [time for entries in modifiers.TIMES.values() for time, _, _ in entries]
    prepositions = [entry[0] for entry in (*modifiers.LOCATIONS, *modifiers.DIRECTIONS, *modifiers.COMPANY)]
    conjunctions = [english for entries in modifiers.CONJUNCTIONS.values() for english, _ in entries]
    determiners = [d.singular for d in modifiers.DETERMINERS] + [d.plural for d in modifiers.DETERMINERS]
    lists = {
        "Nouns": sorted(noun.english for noun in NOUNS),
        "Names": [name for name, *_ in (*PEOPLE, *CITIES)],
        "Verbs": sorted(verb.citation for verb in verbs),
        "Modal verbs": [modal.english for modal in MODALS] + ["will"],
        "Adjectives": [adjective.english for adjective in modifiers.ADJECTIVES],
        "Determiners": [determiner for determiner in determiners if determiner],
        "Pronouns": modifiers.PRONOUN_TABLE,
        "Times": times,
        "Frequencies": [english for english, _, _ in modifiers.FREQUENCIES],
        "Manners and places": [english for english, _, _ in (*modifiers.MANNERS, *modifiers.PLACES, modifiers.HOME)],
        "Prepositions": prepositions,
        "Conjunctions": [*conjunctions, "that", "whether", "and", "but"],
        "Question words": ["who", "what", "which", "where", "when", "why"],
    }
    return "".join(f"- {kind}: {_listing(words)}.\n" for kind, words in lists.items())


def _listing(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def guide(splits: dict[str, list[Pair]]) -> str:
    """The Markdown text for these data sets."""
    table = "".join(f"| {pair.english} | {pair.german} |\n" for pair in examples())
    vocabulary = (
        "\n## Vocabulary\n\nA sentence made of these words, in the constructions above, is one the corpus covers.\n\n"
    )
    return HEADER + _size_table(splits) + CONVENTIONS + table + vocabulary + _vocabulary()
