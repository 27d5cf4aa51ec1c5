"""Write a session's records as a fixture file that `serve` can load."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.http.served_api import Service
from mockserver.openapi.reading import document_files, plain_yaml
from mockserver.resources.plan import EMPTY
from mockserver.state.baseline import CollectionId, Record, SessionView
from mockserver.state.clock import timestamp
from mockserver.state.identities import Identity


def write_fixture(
    service: Service,
    collections: Mapping[CollectionId, SessionView],
    more: Mapping[str, Any] | None = None,
    *,
    only_changed: bool = False,
) -> str:
    """The fixture file: identities and scenarios of the API's own file, and the session's records.

    Args:
        service: the API.
        collections: the records of a session; other APIs' records are left out.
        more: additional scenarios, by name.
        only_changed: leave out unchanged generated records of collections without a fixture.
    """
    fixture = service.fixture
    written = document_files.read_file(fixture.file) if fixture.file is not None else {}
    content: dict[str, Any] = {"locale": fixture.locale, "clock": timestamp(fixture.clock)}
    identities = {identity.name: _identity(identity) for identity in fixture.identities}
    if identities:
        content["identities"] = identities
    content["collections"] = {
        # Collections below new records have the suffix EMPTY; once loaded, those records are not new.
        name.removesuffix(EMPTY): {"key": key, **_schema(written, name), "records": records}
        for name, key, records in _records(service, collections, only_changed=only_changed)
    }
    scenarios = {**(written.get("scenarios") or {}), **(more or {})}
    if scenarios:
        content["scenarios"] = scenarios
    return plain_yaml.write_yaml(content)


def _records(
    service: Service, collections: Mapping[CollectionId, SessionView], *, only_changed: bool
) -> Iterator[tuple[str, str, list[Record]]]:
    """Each collection with its key and its records; a collection without a key cannot be written."""
    for (api, name), view in collections.items():
        if api != service.name or not view.key:
            continue
        if name in service.fixture.collections or name in service.handlers.collections or not only_changed:
            yield name, view.key, [dict(record) for _, record in view]
        elif view.changed:
            yield name, view.key, [dict(record) for record in view.changed.values() if record is not None]


def _schema(written: Mapping[str, Any], name: str) -> dict[str, Any]:
    described = (written.get("collections") or {}).get(name, {})
    return {"schema": described["schema"]} if "schema" in described else {}


def _identity(identity: Identity) -> dict[str, Any]:
    fields: dict[str, Any] = {"subject": identity.subject, "roles": sorted(identity.roles)}
    for name in ("token", "password", "email"):
        if (value := getattr(identity, name)) is not None:
            fields[name] = value
    if identity.scopes is not None:
        fields["scopes"] = sorted(identity.scopes)
    if identity.expires is not None:
        fields["expires"] = timestamp(identity.expires)
    if identity.revoked:
        fields["revoked"] = True
    if identity.claims:
        fields["claims"] = dict(identity.claims)
    return fields
