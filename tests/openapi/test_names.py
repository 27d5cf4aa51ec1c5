"""Names of real APIs are split, compared, and put into the singular and the plural."""

import pytest

from mockserver.openapi.names import find_name, is_same_noun, normalised, plural, singular, snake_case, words

_PAIRS = """
accounts:account activities:activity addresses:address agencies:agency aliases:alias albums:album
analyses:analysis apis:api appendices:appendix archives:archive articles:article axes:axis bases:base
batches:batch benches:bench biases:bias bonuses:bonus boxes:box branches:branch buses:bus businesses:business
caches:cache calories:calorie campuses:campus canvases:canvas cases:case categories:category causes:cause
censuses:census changes:change children:child choices:choice cities:city clauses:clause classes:class
codebases:codebase companies:company cookies:cookie countries:country courses:course cpus:cpu crises:crisis
criteria:criterion currencies:currency curves:curve databases:database deliveries:delivery devices:device
dishes:dish diagnoses:diagnosis drives:drive emojis:emoji employees:employee entries:entry expenses:expense
faxes:fax feet:foot files:file fixes:fix gases:gas glasses:glass halves:half hashes:hash heroes:hero
houses:house hypotheses:hypothesis images:image indexes:index indices:index inboxes:inbox invoices:invoice
keys:key knives:knife leaves:leaf lenses:lens licenses:license lives:life losses:loss matches:match
matrices:matrix men:man menus:menu mice:mouse movies:movie moves:move news:news niches:niche nodes:node
nurses:nurse objectives:objective offices:office olives:olive orders:order passes:pass patches:patch
pauses:pause payees:payee people:person photos:photo policies:policy potatoes:potato prefixes:prefix
prices:price processes:process properties:property purchases:purchase queries:query quizzes:quiz
quotas:quota radii:radius releases:release replies:reply reserves:reserve responses:response roles:role
routes:route sales:sale schemas:schema searches:search selfies:selfie series:series services:service
sizes:size shelves:shelf shoes:shoe skus:sku slices:slice species:species spouses:spouse statuses:status
stories:story studios:studio suffixes:suffix surveys:survey switches:switch taxes:tax taxis:taxi teeth:tooth
tests:test theses:thesis ties:tie tomatoes:tomato universes:universe uris:uri urls:url users:user uses:use
valves:valve values:value vertices:vertex videos:video viruses:virus warehouses:warehouse waves:wave
wishes:wish wives:wife wolves:wolf women:woman zombies:zombie
"""
_UNCHANGED = """
data media metadata information equipment software money police news series status address process virus
bonus campus analysis basis axis lens gas canvas atlas alias bias sms gps dns https quota cita schema delta
beta pizza media slice police notice specimen regimen payment bus cookie movie case database house
hero cache size price business class tennis redis chassis chaos os this is has a id
"""
_SPANISH = """
citas:cita médicos:médico usuarios:usuario reservaciones:reservacion pacientes:paciente clientes:cliente
productos:producto categorías:categoría facturas:factura pedidos:pedido especialidades:especialidad
"""


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(several, one) for several, _, one in (pair.partition(":") for pair in text.split())]


@pytest.mark.parametrize(("several", "one"), [*_pairs(_PAIRS), *_pairs(_SPANISH)])
def test_the_singular_of_a_plural_is_found_and_is_a_singular(several: str, one: str) -> None:
    """For a collection's name in the path of a real API, and again for what comes out of that."""
    assert singular(several) == one
    assert singular(one) == one


@pytest.mark.parametrize("word", _UNCHANGED.split())
def test_a_singular_stays_as_it_is(word: str) -> None:
    """Whatever ending it has."""
    assert singular(word) == word


@pytest.mark.parametrize(("several", "one"), _pairs(_PAIRS))
def test_the_plural_leads_back_to_the_singular(several: str, one: str) -> None:
    """The plural may be another one (`indexes`), never one of another word."""
    assert singular(plural(one)) == one
    assert plural(several) == several


def test_only_the_last_word_of_a_name_has_a_number() -> None:
    """Its spelling stays."""
    written = ("statusCodes", "news_items", "Order-Lines", "USERS", "customerIDs", "People", "taxes2")
    formed = ("statusCode", "news_item", "Order-Line", "USER", "customerID", "Person", "taxes2")
    assert tuple(map(singular, written)) == formed


def test_a_name_is_split_into_words_however_it_is_spelled() -> None:
    """Camel case, snake case, dashes, acronyms, digits, accents."""
    assert {words(name) for name in ("customerID", "customer_id", "Customer-Id", "customer id")} == {
        ("customer", "id")
    }
    assert words("HTTPServerURL") == ("http", "server", "url")
    assert words("userIDs") == ("user", "ids")
    assert words("address2Line") == ("address", "2", "line")
    assert words("fechaCitaMédica") == ("fecha", "cita", "medica")
    assert words("") == ()


def test_names_of_other_scripts_are_told_apart() -> None:
    """They are compared as they are written."""
    assert normalised("名前") != normalised("住所") != ""
    assert normalised("Имя") == normalised("имя")


def test_snake_case_keeps_digits_with_their_word() -> None:
    """As Python's own names have it."""
    written = ("customerID", "md5Hash", "line2Text", "X-Request-ID", "filter[name]", "größe", "e-mail")
    formed = ("customer_id", "md5_hash", "line2_text", "x_request_id", "filter_name", "grosse", "e_mail")
    assert tuple(map(snake_case, written)) == formed


def test_an_equal_name_is_found_before_one_that_is_spelled_otherwise() -> None:
    """And none where no name is the same."""
    assert find_name("userId", ["user_id", "userId"]) == "userId"
    assert find_name("userId", ["USER-ID"]) == "USER-ID"
    assert find_name("userId", ["user"]) is None


def test_the_same_noun_is_recognised_in_the_singular_and_the_plural() -> None:
    """Whatever the spelling."""
    assert is_same_noun("order_lines", "orderLine")
    assert is_same_noun("movies", "movie")
    assert is_same_noun("médicos", "medico")
    assert not is_same_noun("news", "new")
