"""Find mismatches between a fixture and its document: unread files, roles that no identity has."""

import contextlib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from mockserver.http.served_api import Service
from mockserver.openapi import pointers
from mockserver.openapi.extensions import read_roles
from mockserver.resources.records.rule_lookup import RuleLookup

_SUFFIXES = {".yaml", ".yml", ".json"}


def unread_fixtures(services: Iterable[Service]) -> Iterator[str]:
    """A warning for each document without fixtures if a similarly named file exists or a folder was given."""
    services = tuple(services)
    taken = {service.name for service in services}
    for service in services:
        if service.fixture.file is not None:
            continue
        folder = service.settings.fixtures or Path("fixtures")
        names = sorted(_names(folder) - taken)
        close = get_close_matches(service.name, names, n=1, cutoff=0.75)
        wanted = f"{folder} has no {service.name}.yaml, so {service.name} is served without fixtures"
        if close:
            yield f"{wanted}; is {close[0]} meant? A fixture file is called like its document"
        elif service.settings.fixtures is not None and names:
            yield f"{wanted}; there are {', '.join(names)}"


def unmet_roles(services: Iterable[Service]) -> Iterator[str]:
    """A warning for each document with operations that none of its identities may call."""
    for service in services:
        identities, settings = service.fixture.identities, service.settings
        if not len(identities) or settings.auth != "mock":
            continue
        known = frozenset().union(*(identity.roles for identity in identities))
        unmet = {name: roles for name, roles in _asked(service) if known.isdisjoint(roles)}
        if unmet:
            ids, wanted = ", ".join(unmet), ", ".join(sorted(frozenset().union(*unmet.values())))
            yield f"no identity of {service.fixture.file} may call {ids}: none has a role of {wanted}"


def unfit_handlers(services: Iterable[Service]) -> Iterator[str]:
    """A warning for each document whose operations do not fit the bundled handlers for its title."""
    for service in services:
        if service.handlers.unfit and service.document.title == service.handlers.title:
            names = ", ".join(service.handlers.unfit)
            yield (
                f"{service.document.file} has the title {service.handlers.title}, but not {names} as the "
                "bundled handlers expect: these operations are answered without a handler"
            )


def unused_rules(services: Iterable[Service]) -> Iterator[str]:
    """A warning for each document with rules for collections that do not exist."""
    for service in services:
        lookup = service.fallback.rules
        if not isinstance(lookup, RuleLookup):
            continue
        fixture, handlers = service.fixture, service.handlers
        known = {*fixture.collections, *handlers.collections, *service.fallback.resources}
        unused = lookup.names - {lookup.name_for(name) for name in known}
        if unused:
            names, there = ", ".join(sorted(unused)), ", ".join(sorted(known))
            yield f"{service.document.file} has no collections {names}, which have rules; it has {there}"


def _asked(service: Service) -> Iterator[tuple[str, frozenset[str]]]:
    """The roles that each operation requires; operations without required roles are skipped."""
    for operation_id, key in service.document.index.items():
        with contextlib.suppress(KeyError, ValueError, TypeError):  # document linting reports these
            said = service.fixture.access.get(operation_id)
            if said is not None and said.roles is not None:
                roles = said.roles or None
            else:
                roles = read_roles(pointers.resolve(service.document.root, key.pointer))
            if roles is not None:
                yield operation_id, roles


def _names(folder: Path) -> set[str]:
    files = folder.iterdir() if folder.is_dir() else ()
    return {file.stem for file in files if file.suffix in _SUFFIXES}
