"""Adjectives, determiners, pronouns, adverbs, prepositions and conjunctions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Adjective:
    """An adjective: the German predicative form, the attributive stem, and the comparatives (or empty)."""

    english: str
    german: str
    stem: str
    classes: frozenset[str]
    english_comparative: str = ""
    german_comparative: str = ""


# english | German [attributive stem] | classes | comparatives
ADJECTIVE_TABLE = """
old | alt | person animal thing place transport | older älter
young | jung | person animal | younger jünger
big | groß | animal thing place transport | bigger größer
small | klein | person animal thing place transport | smaller kleiner
beautiful | schön | person animal thing place | more_beautiful schöner
friendly | freundlich | person animal | friendlier freundlicher
tired | müde müd | person animal
sick | krank | person animal
rich | reich | person | richer reicher
poor | arm | person animal | poorer ärmer
happy | glücklich | person | happier glücklicher
famous | berühmt | person place text | more_famous berühmter
strong | stark | person animal | stronger stärker
clever | klug | person animal | cleverer klüger
lazy | faul | person animal | lazier fauler
brave | mutig | person animal | braver mutiger
polite | höflich | person
hungry | hungrig | person animal
nice | nett | person
new | neu | thing place transport text | newer neuer
expensive | teuer teur | thing | more_expensive teurer
cheap | billig | thing | cheaper billiger
heavy | schwer | thing | heavier schwerer
broken | kaputt | thing
clean | sauber | thing place
dirty | schmutzig | thing place transport animal
red | rot | thing transport
blue | blau | thing transport
green | grün | thing transport
white | weiß | thing animal
black | schwarz | thing animal
modern | modern | place transport thing | more_modern moderner
quiet | ruhig | place person | quieter ruhiger
dark | dunkel dunkl | place
slow | langsam | transport animal | slower langsamer
fast | schnell | transport animal | faster schneller
long | lang | text lasting | longer länger
short | kurz | text lasting | shorter kürzer
interesting | interessant | text topic | more_interesting interessanter
boring | langweilig | text topic | more_boring langweiliger
important | wichtig | text topic | more_important wichtiger
good | gut | food drink text topic | better besser
fresh | frisch | food | fresher frischer
hot | heiß | food drink
cold | kalt | food drink
warm | warm | food drink
"""


def _adjective(line: str) -> Adjective:
    english, german, classes, *comparatives = (column.split() for column in line.split("|"))
    english_comparative, german_comparative = comparatives[0] if comparatives else ("", "")
    return Adjective(
        english[0], german[0], german[-1], frozenset(classes), english_comparative.replace("_", " "), german_comparative
    )


ADJECTIVES = [_adjective(line) for line in ADJECTIVE_TABLE.strip().splitlines()]
ADJECTIVE = {adjective.english: adjective for adjective in ADJECTIVES}


@dataclass(frozen=True)
class Determiner:
    """A determiner: English singular and plural (`None` where it has none) and German stem.

    `declension` is der, dieser, ein, viele or fixed: how the stem is
    inflected, and which adjective endings follow.
    """

    singular: str | None
    plural: str | None
    stem: str
    declension: str


THE = Determiner("the", "the", "der", "der")
THIS = Determiner("this", "these", "dies", "dieser")
EVERY = Determiner("every", None, "jed", "dieser")
ALL = Determiner(None, "all", "all", "dieser")
WHICH = Determiner("which", "which", "welch", "dieser")
A = Determiner("a", None, "ein", "ein")
NO = Determiner("no", "no", "kein", "ein")
MANY = Determiner(None, "many", "viel", "viele")
SOME = Determiner(None, "some", "einig", "viele")
BARE = Determiner("", "", "", "fixed")
POSSESSIVES = [
    Determiner(english, english, german, "ein")
    for english, german in (
        ("my", "mein"),
        ("your", "dein"),
        ("his", "sein"),
        ("her", "ihr"),
        ("our", "unser"),
        ("their", "ihr"),
    )
]
NUMERALS = [
    Determiner(None, english, german, "fixed")
    for english, german in (("two", "zwei"), ("three", "drei"), ("four", "vier"), ("five", "fünf"), ("ten", "zehn"))
]
DETERMINERS = [THE, THIS, EVERY, ALL, WHICH, A, BARE, NO, MANY, SOME, *POSSESSIVES, *NUMERALS]
DETERMINER = {determiner.singular or determiner.plural: determiner for determiner in DETERMINERS}

# English subject and object forms; German nominative, accusative, dative and reflexive;
# form: 0 first, 1 second, 2 third person singular, 3 plural.
PRONOUN_TABLE = {
    "I": ("I", "me", "ich", "mich", "mir", "mich", 0),
    "you": ("you", "you", "du", "dich", "dir", "dich", 1),
    "he": ("he", "him", "er", "ihn", "ihm", "sich", 2),
    "she": ("she", "her", "sie", "sie", "ihr", "sich", 2),
    "we": ("we", "us", "wir", "uns", "uns", "uns", 3),
    "they": ("they", "them", "sie", "sie", "ihnen", "sich", 3),
}

# Fixed phrases: English, German, links between their words.
TIMES = {
    "present": [
        ("now", "jetzt", "0-0"),
        ("every day", "jeden Tag", "0-0 1-1"),
        ("today", "heute", "0-0"),
        ("in the evening", "am Abend", "0-0 1-0 2-1"),
        ("in the morning", "am Morgen", "0-0 1-0 2-1"),
        ("in summer", "im Sommer", "0-0 1-1"),
        ("at night", "in der Nacht", "0-0 1-2"),
    ],
    "past": [
        ("yesterday", "gestern", "0-0"),
        ("last week", "letzte Woche", "0-0 1-1"),
        ("last year", "letztes Jahr", "0-0 1-1"),
        ("on Monday", "am Montag", "0-0 1-1"),
        ("on Sunday", "am Sonntag", "0-0 1-1"),
        ("yesterday evening", "gestern Abend", "0-0 1-1"),
    ],
    "future": [
        ("tomorrow", "morgen", "0-0"),
        ("next week", "nächste Woche", "0-0 1-1"),
        ("soon", "bald", "0-0"),
        ("next year", "nächstes Jahr", "0-0 1-1"),
        ("on Saturday", "am Samstag", "0-0 1-1"),
        ("tonight", "heute Abend", "0-0 0-1"),
    ],
}
FREQUENCIES = [
    ("often", "oft", "0-0"),
    ("always", "immer", "0-0"),
    ("never", "nie", "0-0"),
    ("sometimes", "manchmal", "0-0"),
    ("rarely", "selten", "0-0"),
    ("usually", "meistens", "0-0"),
]
MANNERS = [
    ("slowly", "langsam", "0-0"),
    ("quickly", "schnell", "0-0"),
    ("loudly", "laut", "0-0"),
    ("quietly", "leise", "0-0"),
    ("well", "gut", "0-0"),
    ("badly", "schlecht", "0-0"),
    ("alone", "allein", "0-0"),
]
PLACES = [
    ("here", "hier", "0-0"),
    ("there", "dort", "0-0"),
    ("outside", "draußen", "0-0"),
    ("at home", "zu Hause", "0-0 1-1"),
]
HOME = ("home", "nach Hause", "0-0 0-1")

# Prepositions of place and direction: English, German, case, noun classes.
LOCATIONS = [
    ("in", "in", "dat", "inside"),
    ("in", "in", "dat", "inside"),
    ("on", "auf", "dat", "surface"),
    ("at", "an", "dat", "spot"),
    ("behind", "hinter", "dat", "building"),
    ("in front of", "vor", "dat", "building"),
    ("under", "unter", "dat", "cover"),
    ("next to", "neben", "dat", "cover"),
]
DIRECTIONS = [
    ("into", "in", "acc", "inside"),
    ("to", "zu", "dat", "inside"),
    ("to", "zu", "dat", "spot"),
    ("from", "aus", "dat", "inside"),
]
COMPANY = [("with", "mit", "dat"), ("without", "ohne", "acc"), ("for", "für", "acc")]

# Subordinating conjunctions by the tense of the main clause; `when` is als in the past.
CONJUNCTIONS = {
    "present": [
        ("because", "weil"),
        ("although", "obwohl"),
        ("when", "wenn"),
        ("if", "wenn"),
        ("before", "bevor"),
        ("while", "während"),
        ("until", "bis"),
    ],
    "past": [
        ("because", "weil"),
        ("although", "obwohl"),
        ("when", "als"),
        ("before", "bevor"),
        ("while", "während"),
        ("until", "bis"),
    ],
    "future": [("because", "weil"), ("when", "wenn"), ("if", "wenn"), ("before", "bevor"), ("until", "bis")],
}
