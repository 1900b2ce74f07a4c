"""Inflection: German determiners, adjectives, nouns and verbs; English verbs.

German gender is `m`, `f`, `n`, or `p` for any plural; case is `nom`, `acc` or
`dat`; a verb's form is 0 to 3: first, second, third person singular, plural.
"""

from __future__ import annotations

from corpus_grammar.modifiers import Adjective, Determiner
from corpus_grammar.nouns import Noun
from corpus_grammar.verbs import Verb


def _paradigm(nominative: str, accusative: str, dative: str) -> dict[tuple[str, str], str]:
    """Forms by (case, gender) from rows in the order m f n p, where - is the empty form."""
    rows = {"nom": nominative, "acc": accusative, "dat": dative}
    return {
        (case, gender): form.replace("-", "")
        for case, row in rows.items()
        for gender, form in zip("mfnp", row.split(), strict=True)
    }


DEFINITE = _paradigm("der die das die", "den die das die", "dem der dem den")
RELATIVE = {**DEFINITE, ("dat", "p"): "denen"}
DIESER_ENDINGS = _paradigm("er e es e", "en e es e", "em er em en")
EIN_ENDINGS = _paradigm("- e - e", "en e - e", "em er em en")
STRONG_ENDINGS = DIESER_ENDINGS
WEAK_ENDINGS = _paradigm("e e e en", "en e e en", "en en en en")
MIXED_ENDINGS = _paradigm("er e es en", "en e es en", "en en en en")
ADJECTIVE_ENDINGS = {
    "der": WEAK_ENDINGS,
    "dieser": WEAK_ENDINGS,
    "ein": MIXED_ENDINGS,
    "viele": STRONG_ENDINGS,
    "fixed": STRONG_ENDINGS,
}
CONTRACTIONS = {
    ("in", "dem"): "im",
    ("in", "das"): "ins",
    ("an", "dem"): "am",
    ("zu", "dem"): "zum",
    ("zu", "der"): "zur",
    ("von", "dem"): "vom",
}
INTERROGATIVE = {"nom": "wer", "acc": "wen", "dat": "wem"}

HABEN = ("habe", "hast", "hat", "haben")
SEIN = ("bin", "bist", "ist", "sind")
WERDEN = ("werde", "wirst", "wird", "werden")
IRREGULAR_PRESENT = {
    "haben": HABEN,
    "sein": SEIN,
    "wissen": ("weiß", "weißt", "weiß", "wissen"),
    "mögen": ("mag", "magst", "mag", "mögen"),
}


def german_determiner(determiner: Determiner, case: str, gender: str) -> str:
    """The inflected determiner, empty for none."""
    if determiner.declension == "der":
        return DEFINITE[case, gender]
    if determiner.declension == "fixed":
        return determiner.stem
    endings = EIN_ENDINGS if determiner.declension == "ein" else DIESER_ENDINGS
    return determiner.stem + endings[case, gender]


def german_adjective(adjective: Adjective, determiner: Determiner, case: str, gender: str) -> str:
    """The attributive adjective after that determiner."""
    return adjective.stem + ADJECTIVE_ENDINGS[determiner.declension][case, gender]


def german_noun(noun: Noun, case: str, plural: bool) -> str:
    """The inflected noun: -n in the dative plural, the oblique form of weak nouns."""
    if plural:
        takes_n = case == "dat" and noun.german_plural[-1] not in "ns"
        return noun.german_plural + "n" * takes_n
    return noun.german_plural if noun.weak and case != "nom" else noun.german


def german_infinitive(verb: Verb) -> str:
    return verb.particle + verb.infinitive


def german_participle(verb: Verb) -> str:
    return verb.particle + verb.participle


def _second_person(third: str) -> str:
    """`siehst` from `sieht`: -st, only -t after a sibilant."""
    stem = third[:-1]
    return stem + ("t" if stem[-1] in "szß" else "st")


def german_present(verb: Verb, form: int) -> str:
    """The finite present without the separable particle."""
    if verb.infinitive in IRREGULAR_PRESENT:
        return IRREGULAR_PRESENT[verb.infinitive][form]
    stem = verb.infinitive.removesuffix("n").removesuffix("e")
    return (stem + "e", _second_person(verb.third), verb.third, verb.infinitive)[form]


def german_preterite(verb: Verb, form: int) -> str:
    """The finite preterite of a verb that has one, from its third person: war, warst, war, waren."""
    third = verb.preterite
    plural = third + ("n" if third.endswith("e") else "en")
    return (third, third + "st", third, plural)[form]


def english_third(base: str) -> str:
    """The third person singular present."""
    if base == "have":
        return "has"
    if base.endswith(("s", "x", "ch", "sh", "o")):
        return base + "es"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + "s"


def english_be(form: int, plural_agreement: bool, tense: str) -> str:
    """The finite form of `be`: `plural_agreement` holds for you, we, they and plural nouns."""
    if tense == "past":
        return "were" if plural_agreement else "was"
    return "are" if plural_agreement else ("am" if form == 0 else "is")
