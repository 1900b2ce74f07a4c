"""The embedded corpus: regenerated, checked for its promises, and its German against pairs typed by hand."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
sys.path.insert(0, str(ROOT / "scripts"))

from corpus_grammar import modifiers  # noqa: E402
from corpus_grammar.clauses import Clause, Sentence, Subordinate, second_conjunct  # noqa: E402
from corpus_grammar.examples import adverb, examples, name, phrase, place, related, say, verb  # noqa: E402
from corpus_grammar.nouns import NOUN  # noqa: E402
from corpus_grammar.phrases import (  # noqa: E402
    Coordination,
    Demonstrative,
    Expletive,
    FixedPhrase,
    Interrogative,
    PrepositionalPhrase,
    Pronoun,
)
from corpus_grammar.predicates import AdjectivePredicate, Comparison, Profession  # noqa: E402
from corpus_grammar.tokens import Pair  # noqa: E402
from corpus_grammar.verbs import BE, CAN, EXIST, HAVE, MUST, WANT  # noqa: E402
from make_corpus import make_corpus  # noqa: E402

SIZES = {"train": 20_000, "dev": 500, "test": 1_000, "test_long": 500}


def _lines(split: str, suffix: str) -> list[str]:
    path = DATA / f"{split}.{suffix}"
    text = gzip.decompress(Path(f"{path}.gz").read_bytes()) if split == "train" else path.read_bytes()
    assert text.endswith(b"\n") and b"\r" not in text
    return text.decode().split("\n")[:-1]


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[Pair]]:
    return {
        split: [Pair(*pair) for pair in zip(*(_lines(split, suffix) for suffix in ("en", "de", "align")), strict=True)]
        for split in SIZES
    }


def test_regenerates_byte_for_byte(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in DATA.iterdir())
    for path in tmp_path.iterdir():
        read = gzip.decompress if path.suffix == ".gz" else bytes
        assert read(path.read_bytes()) == read((DATA / path.name).read_bytes()), path.name


def test_size_and_counts(corpus: dict[str, list[Pair]]) -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 2_000_000
    assert {split: len(pairs) for split, pairs in corpus.items()} == SIZES


def test_no_english_sentence_occurs_twice(corpus: dict[str, list[Pair]]) -> None:
    english = [pair.english for pairs in corpus.values() for pair in pairs]
    assert len(set(english)) == len(english)


def test_long_sentences_are_longer_than_any_in_training(corpus: dict[str, list[Pair]]) -> None:
    for side in ("english", "german"):
        longest = max(len(getattr(pair, side).split()) for split in ("train", "dev", "test") for pair in corpus[split])
        assert min(len(getattr(pair, side).split()) for pair in corpus["test_long"]) > longest


def test_training_covers_the_vocabulary(corpus: dict[str, list[Pair]]) -> None:
    for side in ("english", "german"):
        known = {word for pair in corpus["train"] for word in getattr(pair, side).split()}
        for split in ("dev", "test", "test_long"):
            assert {word for pair in corpus[split] for word in getattr(pair, side).split()} <= known


def test_links_are_in_range_and_sorted(corpus: dict[str, list[Pair]]) -> None:
    for pairs in corpus.values():
        for english, german, alignment in pairs:
            links = [tuple(map(int, link.split("-"))) for link in alignment.split()]
            assert links == sorted(set(links))
            assert max(i for i, _ in links) == len(english.split()) - 1
            assert max(j for _, j in links) == len(german.split()) - 1


def test_examples_are_in_the_readme() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for pair in examples():
        assert f"| {pair.english} | {pair.german} |" in readme


def _fronted(clause: Clause, slot: str) -> Clause:
    clause.fronted = getattr(clause, slot)
    return clause


def _with(preposition: tuple[str, str, str], words: str) -> PrepositionalPhrase:
    return PrepositionalPhrase(*preposition, phrase(words))


def _is(subject: object, adjective: str, **options: object) -> Clause:
    return Clause(subject, BE, complement=AdjectivePredicate(modifiers.ADJECTIVE[adjective]), **options)


SEE = verb("see", "accusative")
READ = verb("read", "accusative")
SLEEP = verb("sleep", "intransitive")
GIVE = verb("give", "ditransitive")
PICK_UP = verb("pick up", "accusative")
DRINK = verb("drink", "accusative")
COME_BACK = verb("come back", "intransitive")
WAIT = verb("wait for", "prepositional")


def _statements() -> list[tuple[Pair, str, str]]:
    """Single clauses from the grammar, with both sides typed by hand."""
    dogs = phrase("- dogs")
    return [
        (say(Clause(phrase("the old man"), SEE, negated=True, accusative=phrase("the dog"))),
         "The old man does not see the dog .", "Der alte Mann sieht den Hund nicht ."),
        (say(Clause(phrase("a small boy"), SEE, negated=True, accusative=phrase("a old horse"))),
         "A small boy does not see an old horse .", "Ein kleiner Junge sieht kein altes Pferd ."),
        (say(Clause(Pronoun("we"), SEE, "past", negated=True, accusative=dogs)),
         "We did not see dogs .", "Wir haben keine Hunde gesehen ."),
        (say(Clause(name("Anna"), verb("help", "dative"), dative=phrase("the student"))),
         "Anna helps the student .", "Anna hilft dem Studenten ."),
        (say(Clause(phrase("my sister"), GIVE, "past", dative=phrase("the children"), accusative=phrase("two apples"))),
         "My sister gave the children two apples .", "Meine Schwester hat den Kindern zwei Äpfel gegeben ."),
        (say(Clause(
            Pronoun("he"), GIVE, dative=phrase("his mother"), accusative=phrase("this flower"), to_recipient=True)),
         "He gives this flower to his mother .", "Er gibt seiner Mutter diese Blume ."),
        (say(Clause(Pronoun("I"), PICK_UP, accusative=Pronoun("they"))),
         "I pick them up .", "Ich hole sie ab ."),
        (say(Clause(phrase("the girl"), verb("get up", "intransitive"), "past")),
         "The girl got up .", "Das Mädchen ist aufgestanden ."),
        (say(Clause(phrase("the cat"), SLEEP, place=place("under", "the table"))),
         "The cat sleeps under the table .", "Die Katze schläft unter dem Tisch ."),
        (say(_fronted(Clause(
            Pronoun("you"), READ, time=adverb("in the evening"), accusative=phrase("a novel")), "time")),
         "In the evening you read a novel .", "Am Abend liest du einen Roman ."),
        (say(Clause(phrase("our neighbor"), READ, "future", accusative=phrase("many books"))),
         "Our neighbor will read many books .", "Unser Nachbar wird viele Bücher lesen ."),
        (say(Clause(Pronoun("you"), DRINK, modal=MUST, negated=True, accusative=phrase("the cold milk"))),
         "You must not drink the cold milk .", "Du darfst die kalte Milch nicht trinken ."),
    ]  # fmt: skip


def _more_statements() -> list[tuple[Pair, str, str]]:
    there = phrase("a bear")
    return [
        (say(Clause(Pronoun("she"), verb("go", "direction"), complement=_with(("to", "zu", "dat"), "the school"))),
         "She goes to the school .", "Sie geht zur Schule ."),
        (say(Clause(phrase("the farmers"), verb("remember", "prepositional"), complement=PrepositionalPhrase(
            "", "an", "acc", phrase("the bear")))),
         "The farmers remember the bear .", "Die Bauern erinnern sich an den Bären ."),
        (say(Clause(Expletive(there), EXIST, "past", accusative=there, place=place("in", "the forest"))),
         "There was a bear in the forest .", "Es gab einen Bären im Wald ."),
        (say(Clause(
            Coordination(phrase("the king"), phrase("the queen")), HAVE, "past", accusative=phrase("no glasses"))),
         "The king and the queen had no glasses .", "Der König und die Königin hatten keine Gläser ."),
        (say(Clause(name("Maria"), BE, complement=Profession(NOUN["nurse"], (modifiers.ADJECTIVE["friendly"],)))),
         "Maria is a friendly nurse .", "Maria ist eine freundliche Krankenschwester ."),
        (say(Clause(phrase("these expensive hats"), BE, complement=Comparison(
            modifiers.ADJECTIVE["beautiful"], phrase("your shoes")))),
         "These expensive hats are more beautiful than your shoes .",
         "Diese teuren Hüte sind schöner als deine Schuhe ."),
        (say(Clause(phrase("all guests"), DRINK, frequency=adverb("often"), accusative=phrase("- hot tea"))),
         "All guests often drink hot tea .", "Alle Gäste trinken oft heißen Tee ."),
    ]  # fmt: skip


def _questions() -> list[tuple[Pair, str, str]]:
    who, whom = Interrogative(person=True), Interrogative(person=True)
    why, film, predicate = FixedPhrase("why", "warum", "0-0"), phrase("which film"), phrase("a long letter")
    look_at, listen_to = verb("look at", "accusative"), verb("listen to", "dative")
    return [
        (say(Clause(phrase("the child"), SLEEP, question=True), "?"),
         "Does the child sleep ?", "Schläft das Kind ?"),
        (say(Clause(phrase("the women"), PICK_UP, "past", accusative=phrase("my suitcase"), question=True), "?"),
         "Did the women pick up my suitcase ?", "Haben die Frauen meinen Koffer abgeholt ?"),
        (say(Clause(who, look_at, accusative=Pronoun("she")), "?"),
         "Who looks at her ?", "Wer sieht sie an ?"),
        (say(_fronted(Clause(phrase("the soldier"), listen_to, dative=whom, question=True), "dative"), "?"),
         "Who does the soldier listen to ?", "Wem hört der Soldat zu ?"),
        (say(_fronted(Clause(Pronoun("they"), SEE, "past", accusative=film, question=True), "accusative"), "?"),
         "Which film did they see ?", "Welchen Film haben sie gesehen ?"),
        (say(_fronted(Clause(Pronoun("he"), SLEEP, modal=WANT, place=why, question=True), "place"), "?"),
         "Why does he want to sleep ?", "Warum will er schlafen ?"),
        (say(Clause(Demonstrative(predicate), BE, complement=predicate, negated=True)),
         "This is not a long letter .", "Das ist kein langer Brief ."),
    ]  # fmt: skip


def _sentences() -> list[tuple[Pair, str, str]]:
    fall_asleep, work = verb("fall asleep", "intransitive"), verb("work", "intransitive")
    tired = Subordinate("because", "weil", _is(phrase("the doctor"), "tired"))
    asleep = Subordinate("when", "als", Clause(Pronoun("we"), fall_asleep, "past"), initial=True)
    call = Subordinate("whether", "ob", Clause(Pronoun("she"), verb("call", "accusative"), accusative=Pronoun("I")))
    waiting = related(phrase("the men"), WAIT, "complement", subject=name("Paul"))
    thrown = related(phrase("the lamp"), verb("throw away", "accusative"), "accusative", subject=Pronoun("you"))
    helped = related(phrase("a woman"), verb("help", "dative"), "dative", subject=phrase("no man"))
    aunt = phrase("the aunt")
    return [
        (say(Clause(Pronoun("he"), work, modal=CAN, negated=True, following=(tired,))),
         "He cannot work because the doctor is tired .", "Er kann nicht arbeiten , weil der Arzt müde ist ."),
        (say(Clause(phrase("the dog"), SLEEP, "past", fronted=asleep)),
         "When we fell asleep , the dog slept .", "Als wir eingeschlafen sind , hat der Hund geschlafen ."),
        (say(Clause(Pronoun("I"), verb("ask", "whether"), "past", following=(call,))),
         "I asked whether she calls me .", "Ich habe gefragt , ob sie mich anruft ."),
        (say(Clause(waiting, SLEEP)),
         "The men for whom Paul waits sleep .", "Die Männer , auf die Paul wartet , schlafen ."),
        (say(Clause(phrase("my uncle"), verb("need", "accusative"), "past", accusative=thrown)),
         "My uncle needed the lamp that you throw away .", "Mein Onkel hat die Lampe gebraucht , die du wegwirfst ."),
        (say(Clause(Pronoun("they"), verb("thank", "dative"), "future", dative=helped)),
         "They will thank a woman whom no man helps .", "Sie werden einer Frau danken , der kein Mann hilft ."),
        (Sentence((Clause(aunt, SLEEP), Clause(phrase("her son"), work)), ("but",)).pair(),
         "The aunt sleeps , but her son works .", "Die Tante schläft , aber ihr Sohn arbeitet ."),
        (Sentence((Clause(aunt, COME_BACK), second_conjunct(Clause(aunt, SLEEP))), ("and",)).pair(),
         "The aunt comes back and sleeps .", "Die Tante kommt zurück und schläft ."),
    ]  # fmt: skip


def _typed_by_hand() -> list[tuple[Pair, str, str]]:
    return [*_statements(), *_more_statements(), *_questions(), *_sentences()]


@pytest.mark.parametrize(("pair", "english", "german"), _typed_by_hand())
def test_grammar_says(pair: Pair, english: str, german: str) -> None:
    assert (pair.english, pair.german) == (english, german)


LINKS = {
    "The old man does not see the dog .": "0-0 1-1 2-2 4-6 5-3 6-4 7-5 8-7",
    "A small boy does not see an old horse .": "0-0 1-1 2-2 4-4 5-3 6-4 7-5 8-6 9-7",
    "We did not see dogs .": "0-0 1-1 2-2 3-4 4-3 5-5",
    "He gives this flower to his mother .": "0-0 1-1 2-4 3-5 5-2 6-3 7-6",
    "I pick them up .": "0-0 1-1 1-3 2-2 3-1 3-3 4-4",
    "The girl got up .": "0-0 1-1 2-2 2-3 3-2 3-3 4-4",
    "She goes to the school .": "0-0 1-1 2-2 3-2 4-3 5-4",
    "The farmers remember the bear .": "0-0 1-1 2-2 3-5 4-6 5-7",
    "These expensive hats are more beautiful than your shoes .": "0-0 1-1 2-2 3-3 4-4 5-4 6-5 7-6 8-7 9-8",
    "Did the women pick up my suitcase ?": "0-0 1-1 2-2 3-5 4-5 5-3 6-4 7-6",
    "Why does he want to sleep ?": "0-0 2-2 3-1 5-3 6-4",
    "He cannot work because the doctor is tired .": "0-0 1-1 1-2 2-3 3-5 4-6 5-7 6-9 7-8 8-10",
    "When we fell asleep , the dog slept .": "0-0 1-1 2-2 2-3 3-2 3-3 4-4 5-6 6-7 7-5 7-8 8-9",
    "My uncle needed the lamp that you throw away .": "0-0 1-1 2-2 2-5 3-3 4-4 5-7 6-8 7-9 8-9 9-10",
}


def test_links_typed_by_hand() -> None:
    built = {pair.english: pair.alignment for pair, *_ in _typed_by_hand()}
    assert {english: built[english] for english in LINKS} == LINKS
