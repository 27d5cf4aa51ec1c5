"""The mock in process, and its documents as Schemathesis sees them through the eyes of each caller."""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import schemathesis
import yaml

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.storage import completed

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "schemathesis.toml"
NAMES = ("sqod", "reservations", "citas")

#: How many seeds the ring runs; more of them find what is rare.
SEEDS = range(1, 1 + int(os.environ.get("CONTRACT_SEEDS", "2")))
#: Generated requests for each operation, caller and seed; those that are enumerated come on top.
EXAMPLES = 30

NOBODY = "nobody"

Case = schemathesis.Case[Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls an API.

    Attributes:
        api: the document's name.
        name: the identity's name in the fixture, or `nobody`, who has no token.
        token: the static bearer token.
        welcome: whether the token is valid and has a role that may do something.
    """

    api: str
    name: str
    token: str | None
    welcome: bool


@cache
def application() -> Application:
    """The mock that `make run` serves."""
    return build(Settings(specs=(ROOT / "specs",), fixtures=ROOT / "fixtures"))


def reset() -> None:
    """Bring back the records of the fixtures, so that no request depends on the ones before it."""
    completed(application().sessions.reset(DEFAULT_SESSION))


@cache
def document(api: str) -> dict[str, Any]:
    """The OpenAPI document of an API."""
    return _mapping((ROOT / "specs" / f"{api}.yaml").read_text("utf-8"))


def _mapping(text: str) -> dict[str, Any]:
    content = yaml.safe_load(text)
    assert isinstance(content, dict)
    return content


def operations(api: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything that a document offers."""
    for path, item in document(api)["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def callers(api: str) -> Iterator[Caller]:
    """Every identity of the API's fixture, and nobody."""
    identities = _mapping((ROOT / "fixtures" / f"{api}.yaml").read_text("utf-8"))["identities"]
    roles = _roles(api)
    for name, identity in identities.items():
        permitted = not roles or not roles.isdisjoint(identity["roles"])
        yield Caller(api, name, identity["token"], permitted and "expires" not in identity)
    yield Caller(api, NOBODY, None, False)


def _roles(api: str) -> set[str]:
    """The roles that may call some operation, if the document names any."""
    return {role for *_, found in operations(api) for role in found.get("x-access", {}).get("roles", ())}


def schema(api: str, *, token: str | None, seed: int) -> schemathesis.BaseSchema:
    """The document with the settings of `schemathesis.toml`, except for token, seed and amount."""
    settings = tomllib.loads(CONFIGURATION.read_text("utf-8"))
    settings["seed"] = seed
    settings["generation"]["max-examples"] = EXAMPLES
    # No network: requests go to the application.
    del settings["base-url"]
    for project in settings["project"]:
        if project["title"] == document(api)["info"]["title"]:
            (scheme,) = project.pop("auth")["openapi"]
            if token is not None:
                project["auth"] = {"openapi": {scheme: {"bearer": token}}}
    config = schemathesis.Config.from_dict(settings)
    loaded = schemathesis.openapi.from_dict(copy.deepcopy(document(api)), config=config)
    loaded.app = application().asgi
    return loaded


def schemas(*, welcome: bool) -> dict[str, schemathesis.BaseSchema]:
    """A schema for each caller and seed, by the name that it has in the tests' ids."""
    return {
        f"{api}-{caller.name}-{seed}": schema(api, token=caller.token, seed=seed)
        for seed in SEEDS
        for api in NAMES
        for caller in callers(api)
        if caller.welcome is welcome
    }
