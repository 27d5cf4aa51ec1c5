"""Read the extensions of mockserver: `x-access` roles, `x-method-override`, and the settings of `x-mock`."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mockserver.openapi.versions.openapi_3 import mapping

ACCESS = "x-access"
OVERRIDE = "x-method-override"
MOCK = "x-mock"
_SWITCHES: Mapping[str, type] = {
    "stateless": bool,
    "resource": str,
    "id": str,
    "locale": str,
    "references": Mapping,
    "conventions": Mapping,
    "plan": Mapping,
    "limit": Mapping,
    "idempotency": bool,
    "rules": list,
    "operations": Mapping,
    "collections": Mapping,
    "access": Mapping,
}
# fmt: off
PLAN_FIELDS = (
    "kind", "status", "record", "responses", "entity_tags",
    "sent", "placed", "asked", "key_in", "location", "many", "uploads", "naming", "bare", "creates", "origin",
    "inherited", "restorable", "confirmed", "marks", "deleted", "moments", "revisions",
    "created", "updated", "reached", "states", "initial", "generated", "later", "empty",
    "action", "sets", "counts", "restores", "copies", "every", "newest_by", "singled_out", "flips",
    "filters", "search", "sort", "direction", "fields", "fields_in",
    "page", "size", "offset", "after", "before", "base", "default_size", "metadata", "headers",
    "numbers", "ids", "names", "all", "unknown", "flags", "shown", "echoed", "below", "part_of",
    "counted", "counted_by", "kept_by", "unique", "conflicts", "elements", "element_ids",
    "groups", "caller",
    "tokens", "credentials", "cookie",
    "progress", "state_seconds", "by_polls", "fresh", "starts", "watch",
)
# fmt: on
"""The fields of an inferred plan that `x-mock: {plan: …}` can override."""


OPERATION_SETTINGS = ("limit", "idempotency")
"""Settings of `x-mock` for operations; an operation's own override its path's and the document's."""

MOST_REQUESTS = 1_000_000
MOST_SECONDS = 31_536_000

_EXPECTED: Mapping[type, str] = {
    list: "a list",
    bool: "true or false",
    str: "a name",
    Mapping: "an object of fields",
}

# fmt: off
_USUAL = {
    "ar": "ar_SA", "cs": "cs_CZ", "da": "da_DK", "el": "el_GR", "en": "en_US", "et": "et_EE", "fa": "fa_IR",
    "he": "he_IL", "hi": "hi_IN", "hy": "hy_AM", "ja": "ja_JP", "ko": "ko_KR", "nb": "no_NO", "sl": "sl_SI",
    "sv": "sv_SE", "uk": "uk_UA", "vi": "vi_VN", "zh": "zh_CN",
}
# fmt: on
"""The usual locales of languages whose code differs from the country's."""


def read_roles(operation: Mapping[str, Any]) -> frozenset[str] | None:
    """The roles that may call an operation; None when the document names none.

    Raises:
        ValueError: `x-access` is invalid; it is not ignored, so that a typo cannot grant access.
    """
    if ACCESS not in operation:
        return None
    roles = mapping(operation[ACCESS]).get("roles")
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
        raise ValueError(f"{ACCESS} needs `roles`, a list of names")
    return frozenset(roles)


def misread_switches(holder: Mapping[str, Any]) -> str | None:
    """The error in the `x-mock` of a document, path or operation; None when it is valid."""
    switches = holder.get(MOCK, {})
    if not isinstance(switches, Mapping):
        return f"{MOCK} must be an object with {', '.join(_SWITCHES)}"
    for name, value in switches.items():
        if name not in _SWITCHES:
            return f"{MOCK} has no setting {name!r}; allowed are {', '.join(_SWITCHES)}"
        if not isinstance(value, _SWITCHES[name]):
            wanted = _EXPECTED[_SWITCHES[name]]
            return f"{name} of {MOCK} is {value!r}; {wanted} is expected"
    try:
        read_limit(switches["limit"]) if "limit" in switches else None
    except ValueError as error:
        return f"limit of {MOCK}: {error}"
    return None


FIXTURE_KEYS = ("operations", "collections", "access")
"""The keys of fixture files that the `x-mock` of a document may have too."""


def fixture_said(root: Mapping[str, Any], operations: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The rules and access in the `x-mock` of a document, in the form of a fixture file.

    Args:
        root: the document.
        operations: the ids of its operations, and the operations.
    """
    stated = mapping(root.get(MOCK))
    content = {key: dict(mapping(stated[key])) for key in FIXTURE_KEYS if key in stated}
    for name, operation in operations:
        if MOCK not in mapping(operation):
            continue
        switches = mapping(operation[MOCK])
        if "rules" in switches:
            holder = content.setdefault("operations", {})
            known = mapping(holder.get(name))
            holder[name] = {**known, "rules": [*switches["rules"], *known.get("rules", ())]}
        if "access" in switches:
            content.setdefault("access", {})[name] = switches["access"]
    return content


def read_settings(*holders: Mapping[str, Any]) -> Mapping[str, Any]:
    """Merge the `x-mock` settings for an operation from the document, its path and itself, innermost last."""
    found: dict[str, Any] = {}
    for holder in holders:
        switches = mapping(holder.get(MOCK))
        found |= {name: switches[name] for name in OPERATION_SETTINGS if name in switches}
    return found


def read_limit(value: Any) -> tuple[int, float]:
    """Read the requests and seconds of a limit, `{requests: 10, seconds: 60}`.

    Raises:
        ValueError: it is invalid; the text says what is expected.
    """
    if not isinstance(value, Mapping) or set(value) != {"requests", "seconds"}:
        raise ValueError("an object such as {requests: 10, seconds: 60} is expected")
    requests, seconds = value["requests"], value["seconds"]
    if type(requests) is not int or not 0 <= requests <= MOST_REQUESTS:
        raise ValueError(f"requests is {requests!r}; a whole number from 0 to {MOST_REQUESTS:,} is expected")
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 < seconds <= MOST_SECONDS:
        raise ValueError(f"seconds is {seconds!r}; a number above 0, at most {MOST_SECONDS:,}, is expected")
    return requests, float(seconds)


def read_override(operation: Mapping[str, Any], known: Collection[str]) -> str | None:
    """The operation that this one overrides, if any.

    Raises:
        ValueError: the document has no such operation.
    """
    if OVERRIDE not in operation:
        return None
    name = mapping(operation[OVERRIDE]).get("operationId")
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"{OVERRIDE} names no operation of this document: {name!r}")
    return name


def read_locale(root: Mapping[str, Any]) -> str | None:
    """The locale of a document's generated data, in Faker's spelling; None when the document sets none.

    `de-AT` and `de_AT` are equal; for a language alone, `de`, its usual locale is used.

    Raises:
        ValueError: Faker has no such locale.
    """
    asked = mapping(root.get(MOCK)).get("locale")
    if asked is None:
        return None
    parts = re.split("[-_]", asked) if isinstance(asked, str) else []
    if len(parts) == 1:
        language = parts[0].lower()
        parts = _USUAL.get(language, f"{language}_{language.upper()}").split("_")
    found = "_".join((parts[0].lower(), *parts[1:])) if parts else ""
    known = {locale.lower(): locale for locale in _locales()}
    if found.lower() not in known:
        raise ValueError(
            f"{MOCK} asks for the locale {asked!r}, which Faker does not have; use one like de_DE"
        )
    return known[found.lower()]


@lru_cache(maxsize=1)
def _locales() -> frozenset[str]:
    """The locales with person names in Faker, read from its folders because loading Faker is slow."""
    spec = find_spec("faker")
    folders = Path(spec.origin).parent.glob("providers/person/*_*") if spec and spec.origin else ()
    return frozenset(folder.name for folder in folders if not folder.name.startswith("__"))
