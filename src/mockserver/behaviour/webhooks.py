"""Webhooks, the requests that an API sends: `webhooks` of OpenAPI 3.1, `x-webhooks` before."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.behaviour.outgoing_requests import DocumentedRequest, OutgoingRequest, OutgoingRequests
from mockserver.errors import BadRequestError, ResourceNotFoundError
from mockserver.openapi import pointers

_PLACES = ("webhooks", "x-webhooks")


class Webhooks:
    """The webhooks of one document, read on demand."""

    def __init__(self, api: str, root: Mapping[str, Any], promises: OutgoingRequests) -> None:
        self._api = api
        self._root = root
        self._promises = promises

    def all(self) -> Iterator[DocumentedRequest]:
        """All webhooks, in the document's order; skips those that cannot be read."""
        for place in _PLACES:
            written = self._root.get(place)
            for name, item in written.items() if isinstance(written, Mapping) else ():
                try:
                    yield from self._promises.of(str(name), item, pointers.join([place, name]))
                except (KeyError, TypeError, AttributeError):
                    continue

    def outgoing(
        self, name: str, url: str, *, method: str | None = None, body: Any = None, seed: int | None = None
    ) -> OutgoingRequest:
        """Build a webhook's request to a URL, with a generated body or a given one.

        Raises:
            ResourceNotFoundError: there is no such webhook; the detail lists the existing ones.
            BadRequestError: the given body violates the document.
        """
        promise = self._named(name, method)
        violations = self._promises.violations(promise, body) if body is not None else []
        if violations:
            raise BadRequestError("The body does not match the webhook's schema.", violations=violations)
        filled = self._promises.fill(promise, (self._api, "webhook", name), seed=seed, body=body)
        target = url + (("&" if "?" in url else "?") + filled.query if filled.query else "")
        return OutgoingRequest(
            promise.method, target, filled.body, filled.headers, name, "webhook", self._api
        )

    def _named(self, name: str, method: str | None) -> DocumentedRequest:
        everything = list(self.all())
        for promise in everything:
            if promise.name == name and method in {None, promise.method}:
                return promise
        known = ", ".join(dict.fromkeys(promise.name for promise in everything)) or "none"
        raise ResourceNotFoundError(f"{self._api} has no webhook {name!r}; there are {known}.")
