"""The known differences between stock Connexion and the mock, each with its reason.

What a difference is about is a matter of the document, the operation and what was changed in the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.corpus.requests import preferred
from connexion.validators.parameter import draft4_format_checker

from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation

from .comparison import Compared, Verdict
from .variations import Change, Variation

ANY = frozenset(Verdict)
_BEHIND = re.compile(r"[?#]")
_CHECKED_FORMATS = frozenset(draft4_format_checker.checkers)
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}
_VALUES = re.compile(r"\{[^{}]+\}")


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference that is meant to be.

    Attributes:
        connexion: Connexion's verdicts that it explains.
        mock: the mock's.
        where: whether it can be met in a variation.
        reason: why the two differ, and why the mock is as it is.
    """

    name: str
    connexion: frozenset[Verdict]
    mock: frozenset[Verdict]
    where: Callable[[Variation], bool]
    reason: str

    def covers(self, compared: Compared) -> bool:
        """Whether it explains what came of a variation."""
        verdicts = compared.connexion.verdict in self.connexion and compared.mock.verdict in self.mock
        return verdicts and self.where(compared.variation)


def _only(*verdicts: Verdict) -> frozenset[Verdict]:
    return frozenset(verdicts)


def _is_changed(*changes: Change) -> Callable[[Variation], bool]:
    return lambda variation: variation.change in changes


def _has_encoded_slash(variation: Variation) -> bool:
    return "%2F" in variation.request.path


def _shares_a_path(variation: Variation) -> bool:
    """Whether operations of its path are told apart behind a `?` or a `#`."""
    plain = _plain(variation.operation)
    alike = [key.path for key in variation.document.index.values() if _BEHIND.split(key.path)[0] == plain]
    return any(_BEHIND.search(path) for path in alike)


def _plain(operation: Operation) -> str:
    return _BEHIND.split(operation.path)[0]


def _has_text_for_a_number(variation: Variation) -> bool:
    """Whether a segment of its path is no number where a documented path has one."""
    path = variation.request.path.removeprefix(variation.document.base_path)
    return any(
        _is_text_for_a_number(variation, operation, path) for operation in variation.document.operations()
    )


def _is_text_for_a_number(variation: Variation, operation: Operation, path: str) -> bool:
    names = _VALUES.findall(_plain(operation))
    pattern = "([^/]+)".join(map(re.escape, _VALUES.split(_plain(operation))))
    match = re.fullmatch(pattern, path)
    numbers = {
        "{" + parameter.name + "}"
        for parameter in operation.parameters
        if parameter.location == "path"
        and variation.document.schemas.types(parameter.schema) & {"integer", "number"}
    }
    values = zip(names, match.groups(), strict=True) if match is not None else ()
    return any(name in numbers and not re.fullmatch(r"[+-]?[\d.]+", value) for name, value in values)


def _is_empty_where_it_may_be(variation: Variation) -> bool:
    body = variation.operation.request_body
    return body is not None and not body.required and not variation.request.body


def _is_multipart_without_a_boundary(variation: Variation) -> bool:
    body = variation.operation.request_body
    first = next(iter(body.content), "") if body is not None else ""
    return first == "multipart/form-data" and "content-type" not in variation.request.headers


def _is_null_for_no_type(variation: Variation) -> bool:
    return variation.change is Change.BODY_NULL and "type" not in _body_schema(variation)


def _body_schema(variation: Variation) -> Mapping[str, Any]:
    """The schema of the body that is sent, references followed; nothing where there is none."""
    body = variation.operation.request_body
    if body is None or not body.content:
        return {}
    return variation.document.schemas.target(preferred(body.content).schema)


def _is_form_of_a_property_without_type(variation: Variation) -> bool:
    body = variation.operation.request_body
    if body is None or not body.content or "form" not in preferred(body.content).name:
        return False
    properties = _body_schema(variation).get("properties", {})
    return any("type" not in entry for entry in properties.values())


def _has_unchecked_format(variation: Variation) -> bool:
    found = _parameter_schema(variation).get("format")
    return found is not None and found not in _CHECKED_FORMATS


def _has_a_word_pattern(variation: Variation) -> bool:
    is_letter = variation.change is Change.ENCODED_LETTER
    return is_letter and r"\w" in _parameter_schema(variation).get("pattern", "")


def _parameter_schema(variation: Variation) -> Mapping[str, Any]:
    """The schema of the parameter that was changed, references followed; nothing where there is none."""
    schema = None if variation.parameter is None else variation.parameter.schema
    return variation.document.schemas.target(schema)


def _has_a_pattern_of_another_dialect(variation: Variation) -> bool:
    """Whether a schema of its body has a pattern that Python's `re` cannot read."""
    schemas = _schemas(variation.document.root, _body_schema(variation), set())
    return any(not _is_readable(schema["pattern"]) for schema in schemas if "pattern" in schema)


def _is_readable(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _schemas(root: Mapping[str, Any], value: Any, seen: set[str]) -> Iterator[Mapping[str, Any]]:
    """A schema and all that it is made of."""
    target, place = pointers.follow(root, value)
    if place is not None:
        if place in seen:
            return
        seen.add(place)
    if isinstance(target, list):
        for entry in target:
            yield from _schemas(root, entry, seen)
    elif isinstance(target, Mapping):
        yield target
        for entry in target.values():
            yield from _schemas(root, entry, seen)


def _needs_an_ignored_header(variation: Variation) -> bool:
    root, place = variation.document.root, variation.operation.pointer
    item = pointers.resolve(root, place.rpartition("/")[0])
    listed = [*item.get("parameters", ()), *pointers.resolve(root, place).get("parameters", ())]
    parameters = [pointers.follow(root, entry)[0] for entry in listed]
    return any(
        entry["in"] == "header" and entry["name"].lower() in _IGNORED_HEADERS and entry.get("required")
        for entry in parameters
    )


def _wants_two_oauth_schemes(variation: Variation) -> bool:
    schemes = variation.document.security_schemes
    return bool(variation.operation.security) and all(
        sum(schemes.get(name, {}).get("type") == "oauth2" for name in names) > 1
        for names in variation.operation.security
    )


def _is_head_with_get(variation: Variation) -> bool:
    keys = variation.document.index.values()
    methods = {key.method for key in keys if key.path == variation.operation.path}
    return variation.request.method == "HEAD" and methods >= {"head", "get"}


def _is_id_of_citas(variation: Variation) -> bool:
    path = variation.parameter is not None and variation.parameter.location == "path"
    return path and variation.document.name == "citas"


DIFFERENCES = (
    Difference(
        "OPTIONS",
        _only(Verdict.REFUSED),
        _only(Verdict.ANSWERED),
        _is_changed(Change.OPTIONS),
        "Connexion answers 405, or 404 where it finds no path. The mock says which methods there are "
        "(RFC 9110 section 9.3.7), as browsers ask before they send.",
    ),
    Difference(
        "trailing slash",
        _only(Verdict.ANSWERED),
        _only(Verdict.REFUSED),
        _is_changed(Change.TRAILING_SLASH),
        "Starlette redirects to the path with the slash removed or added. To OpenAPI it is another path, and "
        "a client that relies on a redirect would fail at most servers.",
    ),
    Difference(
        "encoded slash",
        ANY,
        ANY,
        _has_encoded_slash,
        "Starlette routes by the decoded path, so that a value with a slash becomes two segments. The mock "
        "decodes after it has split (RFC 3986 section 2.2).",
    ),
    Difference(
        "no number in the path",
        _only(Verdict.REFUSED),
        _only(Verdict.REFUSED, Verdict.UNAUTHORIZED),
        _has_text_for_a_number,
        "Connexion makes numbers a matter of routing and answers 404. To the mock the operation is meant, "
        "and the parameter is invalid: 400, or 401 before that.",
    ),
    Difference(
        "malformed id at citas",
        _only(Verdict.REFUSED),
        _only(Verdict.FAILED),
        _is_id_of_citas,
        "The page that citas is made from has one answer for a cancellation that fails, 500, and none of 4xx "
        "for an id.",
    ),
    Difference(
        "optional body left out",
        _only(Verdict.REFUSED, Verdict.FAILED),
        _only(Verdict.ACCEPTED),
        _is_empty_where_it_may_be,
        "Connexion validates a body that is not required and not there, as null or as a form without fields.",
    ),
    Difference(
        "multipart without a boundary",
        _only(Verdict.FAILED),
        _only(Verdict.REFUSED),
        _is_multipart_without_a_boundary,
        "Without Content-Type Connexion takes the first documented media type and looks for its boundary: "
        "KeyError, 500. The mock says that the body cannot be read.",
    ),
    Difference(
        "null without a type",
        _only(Verdict.REFUSED),
        _only(Verdict.ACCEPTED),
        _is_null_for_no_type,
        "A schema that names no type allows null (JSON Schema). Connexion refuses null before it asks the "
        "schema.",
    ),
    Difference(
        "form with a property without type",
        _only(Verdict.FAILED),
        _only(Verdict.ACCEPTED, Verdict.REFUSED),
        _is_form_of_a_property_without_type,
        "Connexion reads the type of each field that is sent: KeyError, 500.",
    ),
    Difference(
        "format that Draft 4 does not have",
        _only(Verdict.ACCEPTED),
        _only(Verdict.REFUSED),
        _has_unchecked_format,
        "Connexion checks the formats of Draft 4. The mock checks those of later drafts too: uuid, date and "
        "others.",
    ),
    Difference(
        r"\w in a pattern",
        _only(Verdict.ACCEPTED),
        _only(Verdict.REFUSED),
        _has_a_word_pattern,
        r"Patterns are ECMA 262's, whose \w is ASCII. Connexion matches with Python's re: é is \w too.",
    ),
    Difference(
        "pattern that Python cannot read",
        _only(Verdict.FAILED),
        _only(Verdict.ACCEPTED, Verdict.REFUSED),
        _has_a_pattern_of_another_dialect,
        r"Connexion matches with Python's re, which has no \p{…}: 500. The mock reads ECMA 262.",
    ),
    Difference(
        "operations that share a path",
        ANY,
        ANY,
        _shares_a_path,
        "Some documents tell operations of one path apart behind ? or #. Connexion takes that for a part of "
        "the path, which no request can have; the mock looks at the query and the header fields.",
    ),
    Difference(
        "required Accept, Content-Type or Authorization",
        _only(Verdict.REFUSED),
        _only(Verdict.ACCEPTED),
        _needs_an_ignored_header,
        "Parameters of these names are ignored (OpenAPI 3.0.3 section 4.7.12.1): responses, bodies and "
        "security schemes say what they are. Connexion takes them for parameters.",
    ),
    Difference(
        "two OAuth 2.0 schemes at once",
        _only(Verdict.UNAUTHORIZED),
        _only(Verdict.ACCEPTED, Verdict.REFUSED),
        _wants_two_oauth_schemes,
        "Connexion leaves out an alternative of two OAuth 2.0 schemes, and nothing can be authorized. To the "
        "mock one token may be of both.",
    ),
    Difference(
        "HEAD and GET at one path",
        ANY,
        ANY,
        _is_head_with_get,
        "Starlette answers HEAD with the GET operation even where HEAD is documented, when GET comes first.",
    ),
)
