"""Names in documents: split into words, compare ignoring spelling, snake case, singular and plural.

`inflection` forms singulars and plurals. Its rules are meant for class names and make mistakes in the words
of APIs (`caches` becomes `cach`, `quota` becomes `quotum`); the tables below correct them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from typing import TypeVar

import inflection

_ACRONYMS = re.compile(r"([A-Z]{2,})s(?![a-z])")
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_ID = re.compile(r"(?:(?:uu|gu)?ids?|keys?)$")
_LAST_WORD = re.compile(r"[A-Z]{2,}s?$|[A-Z]?[^\W\d_A-Z]+$")


_READABLE = 200
_Value = TypeVar("_Value")


def _remembered(function: Callable[[str], _Value]) -> Callable[[str], _Value]:
    """Cache the results of a function of names; of a very long name only the end is used.

    Names in requests can be as long as the server accepts.
    """
    known = lru_cache(maxsize=32768)(function)

    @wraps(function)
    def of_name(name: str) -> _Value:
        return known(name if len(name) <= _READABLE else name[-_READABLE:])

    return of_name


@_remembered
def snake_case(name: str) -> str:
    """A name in snake case, without accents: `customerID`, `Customer-Id` and `customer id` are `customer_id`.

    The plural of an acronym is one word: `userIDs` is `user_ids`.
    """
    plain = name if name.isascii() else _without_accents(name)
    return "_".join(part for part in _BOUNDARY.split(_ACRONYMS.sub(r"\1S", plain)) if part).lower()


@_remembered
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case; digits are a word: `address2Line` is address, 2, line."""
    return tuple(_WORD.findall(snake_case(name)))


@_remembered
def normalised(name: str) -> str:
    """A name for comparison regardless of spelling: `customer_id` and `customerId` are both `customerid`."""
    return "".join(words(name))


def find_name(name: str, known: Iterable[str]) -> str | None:
    """The known name equal to a name, else the first that differs only in spelling, else None."""
    known = tuple(known)
    if name in known:
        return name
    wanted = normalised(name)
    return next((other for other in known if normalised(other) == wanted), None)


@_remembered
def singular(name: str) -> str:
    """A name with its last word in the singular: `statusCodes` is `statusCode`, `people` is `person`."""
    return _with_last_word(name, _singular)


@_remembered
def plural(name: str) -> str:
    """A name with its last word in the plural: `statusCode` is `statusCodes`, `person` is `people`."""
    return _with_last_word(name, _plural)


def is_same_noun(one: str, other: str) -> bool:
    """Whether two names are the same but for their spelling and number: `orderLines` and `order_line`."""
    return normalised(singular(one)) == normalised(singular(other))


def reference_stem(name: str) -> str:
    """What a name such as `customer_ids` or `customerKey` refers to, normalised: `customer`."""
    return _ID.sub("", normalised(name))


def _without_accents(text: str) -> str:
    """Replace accented letters by plain ones: `médicos` is `medicos`; other scripts stay."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("ß", "ss")


def _with_last_word(name: str, form: Callable[[str], str]) -> str:
    match = _LAST_WORD.search(name)
    if match is None:
        return name
    written = match[0]
    formed = form(written.lower())
    kept = 0
    while kept < min(len(written), len(formed)) and written[kept].lower() == formed[kept]:
        kept += 1
    ending = formed[kept:].upper() if written.isupper() and len(written) > 1 else formed[kept:]
    return name[: match.start()] + written[:kept] + ending


def _singular(word: str) -> str:
    found = _SINGULARS.get(word)
    if found is not None:
        return found
    if word in _UNCHANGED:
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            return word[: -len(ending)] + instead
    if word.endswith(_UNCHANGED_ENDINGS):
        return word
    is_plural = word.endswith(("s", "people", "children", "men"))
    return str(inflection.singularize(word)) if is_plural and len(word) > 2 else word


def _plural(word: str) -> str:
    found = _PLURALS.get(word)
    if found is not None:
        return found
    if word in _UNCOUNTABLE or _singular(word) != word:
        return word
    return str(inflection.pluralize(word))


def _table(text: str) -> Mapping[str, str]:
    return dict(pair.split(":") for pair in text.split())


def _words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The plural and singular of words for which inflection or the endings below have another form.
_SINGULARS = _table(
    """
    alumni:alumnus appendices:appendix bacteria:bacterium buzzes:buzz cacti:cactus
    codices:codex criteria:criterion feet:foot foci:focus fungi:fungus geese:goose lice:louse mice:mouse
    nuclei:nucleus phenomena:phenomenon radii:radius stimuli:stimulus teeth:tooth vortices:vortex
    canvases:canvas atlases:atlas biases:bias gases:gas lenses:lens quizzes:quiz viruses:virus

    aches:ache apaches:apache avalanches:avalanche caches:cache caliches:caliche creches:creche
    headaches:headache moustaches:moustache niches:niche quiches:quiche

    brownies:brownie calories:calorie collies:collie cookies:cookie genies:genie hoodies:hoodie
    lies:lie newbies:newbie pies:pie prairies:prairie rookies:rookie selfies:selfie smoothies:smoothie
    sorties:sortie ties:tie zombies:zombie dies:die hippies:hippie movies:movie

    canoes:canoe foes:foe hoes:hoe oboes:oboe shoes:shoe toes:toe

    calves:calf elves:elf halves:half hooves:hoof knives:knife leaves:leaf lives:life loaves:loaf
    scarves:scarf selves:self shelves:shelf thieves:thief wives:wife wolves:wolf

    abuses:abuse excuses:excuse fuses:fuse misuses:misuse muses:muse recluses:recluse reuses:reuse
    ruses:ruse uses:use

    cpus:cpu emus:emu gpus:gpu gurus:guru menus:menu mtus:mtu npus:npu pdus:pdu skus:sku
    submenus:submenu tpus:tpu vcpus:vcpu

    alibis:alibi apis:api clis:cli emojis:emoji guis:gui kiwis:kiwi kpis:kpi pois:poi safaris:safari
    skis:ski taxis:taxi tsunamis:tsunami uis:ui uris:uri wikis:wiki cows:cow
    """
)
_PLURALS = {
    **{one: several for several, one in _SINGULARS.items()},
    **_table("axis:axes basis:bases bus:buses"),
}

_UNCOUNTABLE = _words_in(
    """
    analytics data equipment feedback firmware fish hardware information jeans kudos logistics media
    metadata money mathematics news physics police rice series sheep software species statistics traffic
    """
)

# Words in -s that are singular; those in -us, -ss, -sis and -itis need not be listed.
_UNCHANGED = _UNCOUNTABLE | _words_in(
    """
    alias always as atlas axis bias canvas chaos chassis christmas cosmos debris ethos gas gratis has
    ibis iris lens mantis metropolis pancreas pelvis perhaps praxis redis tennis texas this trellis was
    whereas yes

    aws cms css dds dhs dns dos ebs ecs eks gis gps hdfs hls https iaas ios kms kvs lms macos mms mqs
    nas nfs os paas pos qos rds rss saas sis sms sns sqs sts tls tos ups vps wms xss

    abdomen acumen albumen amen bitumen cyclamen dolmen foramen lumen omen ramen regimen semen specimen
    stamen
    """
)
_UNCHANGED_ENDINGS = ("us", "ss", "sis", "itis")

# The ending of a plural and of its singular, first match first. English `-ves` is `-ve` unless listed
# above; `-ciones`, `-siones` and `-dades` are Spanish.
_ENDINGS = (
    ("eaus", "eau"),
    ("ciones", "cion"),
    ("siones", "sion"),
    ("dades", "dad"),
    ("ves", "ve"),
    ("bases", "base"),
    ("ouses", "ouse"),
    ("auses", "ause"),
    ("buses", "bus"),
    ("uses", "us"),
    ("tzes", "tz"),
    ("zzes", "zz"),
)
