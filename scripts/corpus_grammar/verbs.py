"""Verbs with their frames, and the modal verbs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verb:
    """A verb sense: what it is in both languages and which constituents it takes.

    `english` and `past` are the base and past of the first English word,
    `english_particle` the second word (`up`, `for`) or empty. `infinitive` and
    `third` are German forms without the separable `particle`. `preterite`
    (third person singular) is set for the verbs whose past is not the perfect.
    `frame` is one of intransitive, accusative, dative, ditransitive,
    prepositional, direction, location, that, whether; a prepositional frame has
    `preposition` = (English, German, German case).
    """

    english: str
    english_particle: str
    past: str
    infinitive: str
    third: str
    participle: str
    auxiliary: str
    frame: str
    subjects: tuple[str, ...] = ("person",)
    objects: tuple[str, ...] = ()
    particle: str = ""
    reflexive: bool = False
    preterite: str = ""
    preposition: tuple[str, str, str] = ("", "", "")

    @property
    def citation(self) -> str:
        """The English words: `pick up`, `look forward to`."""
        return " ".join(word for word in (self.english, self.english_particle, self.preposition[0]) if word)


# english | past | German infinitive third participle auxiliary | frame | subject classes | object classes
# + divides a separable particle from its verb, `sich` marks a reflexive verb.
TABLE = """
sleep | slept | schlafen schläft geschlafen haben | intransitive | person animal
work | worked | arbeiten arbeitet gearbeitet haben | intransitive | person
laugh | laughed | lachen lacht gelacht haben | intransitive | person
cry | cried | weinen weint geweint haben | intransitive | person
dance | danced | tanzen tanzt getanzt haben | intransitive | person
sing | sang | singen singt gesungen haben | intransitive | person
swim | swam | schwimmen schwimmt geschwommen sein | intransitive | person animal
play | played | spielen spielt gespielt haben | intransitive | person animal
arrive | arrived | an+kommen kommt gekommen sein | intransitive | person transport
get up | got | auf+stehen steht gestanden sein | intransitive | person
wake up | woke | auf+wachen wacht gewacht sein | intransitive | person animal
fall asleep | fell | ein+schlafen schläft geschlafen sein | intransitive | person animal
come back | came | zurück+kommen kommt gekommen sein | intransitive | person animal
shop | shopped | ein+kaufen kauft gekauft haben | intransitive | person
rest | rested | sich aus+ruhen ruht geruht haben | intransitive | person animal
hurry | hurried | sich beeilen beeilt beeilt haben | intransitive | person
live | lived | wohnen wohnt gewohnt haben | location | person
sit | sat | sitzen sitzt gesessen haben | location | person animal
stay | stayed | bleiben bleibt geblieben sein | location | person animal
go | went | gehen geht gegangen sein | direction | person
drive | drove | fahren fährt gefahren sein | direction | person
run | ran | laufen läuft gelaufen sein | direction | person animal
travel | traveled | reisen reist gereist sein | direction | person
come | came | kommen kommt gekommen sein | direction | person animal
see | saw | sehen sieht gesehen haben | accusative | person animal | person animal thing inside surface transport spot
hear | heard | hören hört gehört haben | accusative | person animal | person animal song transport
know | knew | kennen kennt gekannt haben | accusative | person | person inside topic text spot surface
love | loved | lieben liebt geliebt haben | accusative | person | person animal inside topic
like | liked | mögen mag gemocht haben mochte | accusative | person | person animal food drink topic inside clothes
find | found | finden findet gefunden haben | accusative | person animal | animal thing building spot
look for | looked | suchen sucht gesucht haben | accusative | person animal | person animal thing building
visit | visited | besuchen besucht besucht haben | accusative | person | person inside
meet | met | treffen trifft getroffen haben | accusative | person | person
understand | understood | verstehen versteht verstanden haben | accusative | person | person topic text
ask | asked | fragen fragt gefragt haben | accusative | person | person
need | needed | brauchen braucht gebraucht haben | accusative | person animal | person thing food drink
buy | bought | kaufen kauft gekauft haben | accusative | person | thing food drink
sell | sold | verkaufen verkauft verkauft haben | accusative | person | thing food drink building
eat | ate | essen isst gegessen haben | accusative | person animal | food
drink | drank | trinken trinkt getrunken haben | accusative | person animal | drink
read | read | lesen liest gelesen haben | accusative | person | text
write | wrote | schreiben schreibt geschrieben haben | accusative | person | written
open | opened | öffnen öffnet geöffnet haben | accusative | person | openable
close | closed | zu+machen macht gemacht haben | accusative | person | openable
paint | painted | malen malt gemalt haben | accusative | person | drawn person animal building
draw | drew | zeichnen zeichnet gezeichnet haben | accusative | person | drawn animal building
carry | carried | tragen trägt getragen haben | accusative | person animal | thing baby
forget | forgot | vergessen vergisst vergessen haben | accusative | person | thing topic text
lose | lost | verlieren verliert verloren haben | accusative | person animal | thing
repair | repaired | reparieren repariert repariert haben | accusative | person | machine device roof
wash | washed | waschen wäscht gewaschen haben | accusative | person | clothes dish machine baby
build | built | bauen baut gebaut haben | accusative | person | building surface
cook | cooked | kochen kocht gekocht haben | accusative | person | soup meat potato egg
bake | baked | backen backt gebacken haben | accusative | person | baked
clean | cleaned | putzen putzt geputzt haben | accusative | person | room machine dish window
use | used | benutzen benutzt benutzt haben | accusative | person | device machine dish
hide | hid | verstecken versteckt versteckt haben | accusative | person | thing animal food
steal | stole | stehlen stiehlt gestohlen haben | accusative | person animal | thing food
greet | greeted | grüßen grüßt gegrüßt haben | accusative | person | person
catch | caught | fangen fängt gefangen haben | accusative | person animal | animal
call | called | an+rufen ruft gerufen haben | accusative | person | person
invite | invited | ein+laden lädt geladen haben | accusative | person | person
pick up | picked | ab+holen holt geholt haben | accusative | person | person thing
turn on | turned | ein+schalten schaltet geschaltet haben | accusative | person | device
turn off | turned | aus+schalten schaltet geschaltet haben | accusative | person | device
bring along | brought | mit+bringen bringt gebracht haben | accusative | person | thing food drink animal
take along | took | mit+nehmen nimmt genommen haben | accusative | person | thing person
throw away | threw | weg+werfen wirft geworfen haben | accusative | person | thing food text
clean up | cleaned | auf+räumen räumt geräumt haben | accusative | person | room
try on | tried | an+probieren probiert probiert haben | accusative | person | clothes
look at | looked | an+sehen sieht gesehen haben | accusative | person animal | person animal thing drawn building
prepare | prepared | vor+bereiten bereitet bereitet haben | accusative | person | topic
help | helped | helfen hilft geholfen haben | dative | person animal | person animal
thank | thanked | danken dankt gedankt haben | dative | person | person
follow | followed | folgen folgt gefolgt sein | dative | person animal | person animal
answer | answered | antworten antwortet geantwortet haben | dative | person | person
trust | trusted | vertrauen vertraut vertraut haben | dative | person | person
congratulate | congratulated | gratulieren gratuliert gratuliert haben | dative | person | person
listen to | listened | zu+hören hört gehört haben | dative | person | person
watch | watched | zu+sehen sieht gesehen haben | dative | person animal | person animal
belong to | belonged | gehören gehört gehört haben | dative | thing animal building | person
give | gave | geben gibt gegeben haben | ditransitive | person | thing food
show | showed | zeigen zeigt gezeigt haben | ditransitive | person | thing inside text
send | sent | schicken schickt geschickt haben | ditransitive | person | text thing
bring | brought | bringen bringt gebracht haben | ditransitive | person | thing food drink
lend | lent | leihen leiht geliehen haben | ditransitive | person | thing
offer | offered | an+bieten bietet geboten haben | ditransitive | person | food drink thing
wait for:auf:acc | waited | warten wartet gewartet haben | prepositional | person animal | person transport
think of:an:acc | thought | denken denkt gedacht haben | prepositional | person | person topic inside
speak with:mit:dat | spoke | sprechen spricht gesprochen haben | prepositional | person | person
talk about:über:acc | talked | reden redet geredet haben | prepositional | person | topic text person
dream of:von:dat | dreamed | träumen träumt geträumt haben | prepositional | person animal | person animal food topic
laugh about:über:acc | laughed | lachen lacht gelacht haben | prepositional | person | topic text
play with:mit:dat | played | spielen spielt gespielt haben | prepositional | person animal | person animal
work for:für:acc | worked | arbeiten arbeitet gearbeitet haben | prepositional | person | person
ask for:um:acc | asked | bitten bittet gebeten haben | prepositional | person | food drink thing
remember :an:acc | remembered | sich erinnern erinnert erinnert haben | prepositional | person | person topic text
look+forward to:auf:acc | looked | sich freuen freut gefreut haben | prepositional | person | topic
start with:mit:dat | started | an+fangen fängt gefangen haben | prepositional | person | topic text food
say | said | sagen sagt gesagt haben | that | person
think | thought | denken denkt gedacht haben | that | person
believe | believed | glauben glaubt geglaubt haben | that | person
know | knew | wissen weiß gewusst haben wusste | that | person
hope | hoped | hoffen hofft gehofft haben | that | person
hear | heard | hören hört gehört haben | that | person
ask | asked | fragen fragt gefragt haben | whether | person
"""


def _english(column: str) -> tuple[str, str, tuple[str, str, str]]:
    """The verb, its particle and its preposition: `look+forward to:auf:acc` or `pick up`."""
    if ":" not in column:
        verb, _, particle = column.strip().partition(" ")
        return verb, particle, ("", "", "")
    verb, _, preposition = column.strip().partition(" ")
    verb, _, particle = verb.partition("+")
    english, german, case = preposition.split(":")
    return verb, particle, (english, german, case)


def _verb(line: str) -> Verb:
    columns = line.split("|") + [""]
    english, english_particle, preposition = _english(columns[0])
    forms = columns[2].split()
    reflexive = forms[0] == "sich"
    infinitive, third, participle, auxiliary, *preterite = forms[reflexive:]
    particle, _, stem = infinitive.rpartition("+")
    return Verb(
        english=english,
        english_particle=english_particle,
        past=columns[1].strip(),
        infinitive=stem,
        third=third,
        participle=participle,
        auxiliary=auxiliary,
        frame=columns[3].strip(),
        subjects=tuple(columns[4].split()),
        objects=tuple(columns[5].split()),
        particle=particle,
        reflexive=reflexive,
        preterite=preterite[0] if preterite else "",
        preposition=preposition,
    )


VERBS = [_verb(line) for line in TABLE.strip().splitlines()]
BE = Verb("be", "", "was", "sein", "ist", "gewesen", "sein", "copula", preterite="war")
HAVE = Verb(
    "have",
    "",
    "had",
    "haben",
    "hat",
    "gehabt",
    "haben",
    "accusative",
    ("person",),
    ("thing", "animal", "food", "drink", "plan", "problem", "idea"),
    preterite="hatte",
)
EXIST = Verb("be", "", "was", "geben", "gibt", "gegeben", "haben", "existential", preterite="gab")


@dataclass(frozen=True)
class Modal:
    """A modal verb: English present and past (empty where the corpus has none) and German forms.

    German forms are a (first, second, third person singular, plural) tuple
    for each tense. `lexical` modals inflect like full verbs and take `to`.
    """

    english: str
    past: str
    present_forms: tuple[str, str, str, str]
    past_forms: tuple[str, ...] = ()
    lexical: bool = False


CAN = Modal("can", "could", ("kann", "kannst", "kann", "können"), ("konnte", "konntest", "konnte", "konnten"))
MUST = Modal("must", "", ("muss", "musst", "muss", "müssen"))
MAY = Modal("may", "", ("darf", "darfst", "darf", "dürfen"))
SHOULD = Modal("should", "", ("sollte", "solltest", "sollte", "sollten"))
WANT = Modal("want", "wanted", ("will", "willst", "will", "wollen"), ("wollte", "wolltest", "wollte", "wollten"), True)
MODALS = [CAN, MUST, MAY, SHOULD, WANT]
