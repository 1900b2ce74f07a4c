"""Nouns and proper names, each with the semantic classes that verbs and adjectives select."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A noun: English and German singular and plural, German gender `m`, `f` or `n`, semantic classes.

    A `weak` noun takes its plural form in the accusative and dative singular;
    a `mass` noun has no plural and no indefinite article.
    """

    english: str
    english_plural: str
    german: str
    german_plural: str
    gender: str
    weak: bool
    classes: frozenset[str]

    @property
    def mass(self) -> bool:
        return not self.german_plural


# english [plural] | German singular [plural] | gender, + for weak | classes
TABLE = """
man men | Mann Männer | m | person male
woman women | Frau Frauen | f | person female
child children | Kind Kinder | n | person
boy | Junge Jungen | m+ | person male
girl | Mädchen Mädchen | n | person
baby babies | Baby Babys | n | person
mother | Mutter Mütter | f | person female
father | Vater Väter | m | person male
brother | Bruder Brüder | m | person male
sister | Schwester Schwestern | f | person female
son | Sohn Söhne | m | person male
daughter | Tochter Töchter | f | person female
uncle | Onkel Onkel | m | person male
aunt | Tante Tanten | f | person female
grandmother | Großmutter Großmütter | f | person female
grandfather | Großvater Großväter | m | person male
friend | Freund Freunde | m | person male
neighbor | Nachbar Nachbarn | m+ | person male
guest | Gast Gäste | m | person
teacher | Lehrer Lehrer | m | person job
doctor | Arzt Ärzte | m | person job
student | Student Studenten | m+ | person job
farmer | Bauer Bauern | m+ | person job
policeman policemen | Polizist Polizisten | m+ | person job
painter | Maler Maler | m | person job
singer | Sänger Sänger | m | person job
baker | Bäcker Bäcker | m | person job
soldier | Soldat Soldaten | m+ | person job
lawyer | Anwalt Anwälte | m | person job
colleague | Kollege Kollegen | m+ | person male
king | König Könige | m | person male
queen | Königin Königinnen | f | person female
nurse | Krankenschwester Krankenschwestern | f | person femalejob
waitress waitresses | Kellnerin Kellnerinnen | f | person femalejob
actress actresses | Schauspielerin Schauspielerinnen | f | person femalejob
dog | Hund Hunde | m | animal
cat | Katze Katzen | f | animal
horse | Pferd Pferde | n | animal
bird | Vogel Vögel | m | animal
cow | Kuh Kühe | f | animal
mouse mice | Maus Mäuse | f | animal
pig | Schwein Schweine | n | animal
bear | Bär Bären | m+ | animal
lion | Löwe Löwen | m+ | animal
duck | Ente Enten | f | animal
elephant | Elefant Elefanten | m+ | animal
rabbit | Kaninchen Kaninchen | n | animal
book | Buch Bücher | n | thing text
newspaper | Zeitung Zeitungen | f | thing text
letter | Brief Briefe | m | thing text written
story stories | Geschichte Geschichten | f | text written
poem | Gedicht Gedichte | n | text written
novel | Roman Romane | m | text written
report | Bericht Berichte | m | text written
film | Film Filme | m | topic lasting
song | Lied Lieder | n | topic lasting
plan | Plan Pläne | m | topic written
problem | Problem Probleme | n | topic
idea | Idee Ideen | f | topic
trip | Reise Reisen | f | topic lasting
party parties | Feier Feiern | f | topic lasting
picture | Bild Bilder | n | thing drawn
map | Karte Karten | f | thing drawn
bag | Tasche Taschen | f | thing
key | Schlüssel Schlüssel | m | thing
cup | Tasse Tassen | f | thing dish
glass glasses | Glas Gläser | n | thing dish
plate | Teller Teller | m | thing dish
knife knives | Messer Messer | n | thing dish
chair | Stuhl Stühle | m | thing surface
table | Tisch Tische | m | thing surface cover
bed | Bett Betten | n | thing surface cover
clock | Uhr Uhren | f | thing
bicycle | Fahrrad Fahrräder | n | thing machine
car | Auto Autos | n | thing machine
bus buses | Bus Busse | m | transport
train | Zug Züge | m | transport
ship | Schiff Schiffe | n | transport
hat | Hut Hüte | m | thing clothes
coat | Mantel Mäntel | m | thing clothes
shirt | Hemd Hemden | n | thing clothes
dress dresses | Kleid Kleider | n | thing clothes
jacket | Jacke Jacken | f | thing clothes
shoe | Schuh Schuhe | m | thing clothes
gift | Geschenk Geschenke | n | thing
phone | Telefon Telefone | n | thing device
computer | Computer Computer | m | thing device
radio | Radio Radios | n | thing device
lamp | Lampe Lampen | f | thing device
camera | Kamera Kameras | f | thing device
flower | Blume Blumen | f | thing drawn
suitcase | Koffer Koffer | m | thing openable
box boxes | Kiste Kisten | f | thing openable
door | Tür Türen | f | openable spot
window | Fenster Fenster | n | openable spot
apple | Apfel Äpfel | m | food
egg | Ei Eier | n | food
cake | Kuchen Kuchen | m | food baked
potato potatoes | Kartoffel Kartoffeln | f | food
banana | Banane Bananen | f | food
bread | Brot | n | food baked
cheese | Käse | m | food
meat | Fleisch | n | food
soup | Suppe | f | food
chocolate | Schokolade | f | food
milk | Milch | f | drink
coffee | Kaffee | m | drink
tea | Tee | m | drink
water | Wasser | n | drink
wine | Wein | m | drink
beer | Bier | n | drink
garden | Garten Gärten | m | inside
city cities | Stadt Städte | f | inside
village | Dorf Dörfer | n | inside
park | Park Parks | m | inside
forest | Wald Wälder | m | inside
kitchen | Küche Küchen | f | inside room
room | Zimmer Zimmer | n | inside room
office | Büro Büros | n | inside room
house | Haus Häuser | n | inside building
school | Schule Schulen | f | inside building
church churches | Kirche Kirchen | f | inside building
hotel | Hotel Hotels | n | inside building
museum | Museum Museen | n | inside building
restaurant | Restaurant Restaurants | n | inside building
hospital | Krankenhaus Krankenhäuser | n | inside building
library libraries | Bibliothek Bibliotheken | f | inside building
castle | Schloss Schlösser | n | inside building
station | Bahnhof Bahnhöfe | m | spot building
lake | See Seen | m | spot drawn
river | Fluss Flüsse | m | spot drawn
street | Straße Straßen | f | surface
mountain | Berg Berge | m | surface drawn
roof | Dach Dächer | n | surface
bridge | Brücke Brücken | f | surface cover
tree | Baum Bäume | m | cover drawn
"""


def _plural(english: str) -> str:
    return english + "s"


def _noun(line: str) -> Noun:
    english, german, gender, classes = (column.split() for column in line.split("|"))
    return Noun(
        english=english[0],
        english_plural=english[1] if len(english) > 1 else _plural(english[0]),
        german=german[0],
        german_plural=german[1] if len(german) > 1 else "",
        gender=gender[0][0],
        weak=gender[0].endswith("+"),
        classes=frozenset(classes),
    )


NOUNS = [_noun(line) for line in TABLE.strip().splitlines()]
NOUN = {noun.english: noun for noun in NOUNS}

# Proper names: English, German, gender.
PEOPLE = [
    ("Anna", "Anna", "f"),
    ("Maria", "Maria", "f"),
    ("Julia", "Julia", "f"),
    ("Peter", "Peter", "m"),
    ("Thomas", "Thomas", "m"),
    ("Paul", "Paul", "m"),
]
CITIES = [
    ("Berlin", "Berlin"),
    ("Hamburg", "Hamburg"),
    ("Munich", "München"),
    ("Cologne", "Köln"),
    ("Vienna", "Wien"),
]
