"""Write a session's records as a fixture file that `serve` loads."""

from collections.abc import Mapping
from typing import Any

import yaml

from mockserver.data.clock import timestamp
from mockserver.data.identities import Identity
from mockserver.data.store import Store
from mockserver.openapi import reading
from mockserver.server.service import Service


class _Dumper(yaml.SafeDumper):
    """Writes text that YAML would take for something else in quotes, as reading asks for."""

    def ignore_aliases(self, data: Any) -> bool:
        """A record that stands twice is written twice: files are there to be edited."""
        return True


def write_fixture(service: Service, store: Store, session: str, more: Mapping[str, Any] | None = None) -> str:
    """The whole file: what the API's own says of identities and scenarios, and the records as they are.

    Args:
        service: the API.
        store: where its records are.
        session: whose records are meant.
        more: further scenarios, by name.
    """
    fixture = service.fixture
    written = reading.read_file(fixture.file) if fixture.file is not None else {}
    content: dict[str, Any] = {"locale": fixture.locale, "clock": timestamp(fixture.clock)}
    identities = {identity.name: _identity(identity) for identity in fixture.identities}
    if identities:
        content["identities"] = identities
    content["collections"] = {
        name: _collection(service, store, session, name, key, written)
        for (api, name), key in store.collections().items()
        if api == service.name
    }
    scenarios = {**(written.get("scenarios") or {}), **(more or {})}
    if scenarios:
        content["scenarios"] = scenarios
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def _collection(
    service: Service, store: Store, session: str, name: str, key: str, written: dict[str, Any]
) -> dict[str, Any]:
    described = (written.get("collections") or {}).get(name, {})
    schema = {"schema": described["schema"]} if "schema" in described else {}
    records = [dict(record) for _, record in store.records(session, (service.name, name))]
    return {"key": key, **schema, "records": records}


def _identity(identity: Identity) -> dict[str, Any]:
    fields: dict[str, Any] = {"subject": identity.subject, "roles": sorted(identity.roles)}
    if identity.token is not None:
        fields["token"] = identity.token
    if identity.expires is not None:
        fields["expires"] = timestamp(identity.expires)
    if identity.claims:
        fields["claims"] = dict(identity.claims)
    return fields
