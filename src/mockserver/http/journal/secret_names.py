"""Names of secrets: which fields, parameters and headers have values that are masked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mockserver.lazy_pattern import LazyPattern

SECRET_HEADERS = {
    "authorization",
    "cookie",
    "set-cookie",
    "proxy-authorization",
    "x-api-key",
    "x-mock-admin-token",
}
_ANYWHERE = LazyPattern(
    r"(?i)pass(?:word|phrase|wd|code)|(?<![a-z])pwd(?![a-z])|secret(?!ar(?:y|ies))|token|(?<![a-z])jwt(?![a-z])"
    r"|credential|(?<![a-z])auth(?![a-z])|authorization|contrase[ñn]a"
    r"|(?:api|access|private|subscription|functions|account|signing|encryption|shared|master)[_. -]?key"
    r"|(?<![a-z])(?:otp|totp|cvv2?|cvc2?)(?:[^a-z]*(?:code|number|value))?(?![a-z])"
    r"|(?<![a-z])pin(?:[^a-z]+(?:code|number|value))?[^a-z]*$"
)
_PARTS = (
    *("pass", "pwd", "secret", "token", "jwt", "credential", "auth", "contrase", "key", "otp", "cvv", "cvc"),
    *("pin", "sig", "code", "assertion"),
)
"""Every secret name has one of these."""

# Secret as parameters only: in JSON and XML they are common words, such as a country's code.
_PARAMETERS = {"key", "sig", "signature", "code", "code_verifier", "assertion"}

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CACHED = 200


@dataclass(frozen=True, slots=True)
class ApiKeyNames:
    """The names of API keys that documents give in `securitySchemes`, in lower case."""

    header: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()


NO_API_KEYS = ApiKeyNames()


def api_key_names(schemes: Iterable[Mapping[str, Any]]) -> ApiKeyNames:
    """The names of the API keys among security schemes; cookies are always masked, so not listed."""
    found: dict[str, set[str]] = {"header": set(), "query": set()}
    for scheme in schemes:
        if scheme.get("type") == "apiKey" and scheme.get("in") in found and "name" in scheme:
            found[scheme["in"]].add(str(scheme["name"]).lower())
    return ApiKeyNames(frozenset(found["header"]), frozenset(found["query"]))


def has_secret_part(text: str) -> bool:
    """Quick check whether a text may contain a secret name."""
    lower = text.lower()
    return any(part in lower for part in _PARTS)


def is_secret(name: str) -> bool:
    """Whether a body field (JSON, XML or text) with this name is a secret."""
    return _is_secret_cached(name) if len(name) < _CACHED else _is_secret(name)


def _is_secret(name: str) -> bool:
    if not has_secret_part(name):
        return False
    return _ANYWHERE.search(name) is not None or _ANYWHERE.search(_HUMP.sub("_", name)) is not None


_is_secret_cached = lru_cache(maxsize=5_000)(_is_secret)


def is_secret_parameter(name: str, api_keys: frozenset[str]) -> bool:
    """Whether a query parameter, form field or header field with this name is a secret."""
    lower = name.strip().lower()
    return lower in _PARAMETERS or lower in SECRET_HEADERS or lower in api_keys or is_secret(name)
