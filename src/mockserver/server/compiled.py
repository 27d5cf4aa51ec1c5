"""Connexion's middleware of one slot, finding what was compiled for an operation in one step."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware

from mockserver.server.exchange import ASGIApp, Receive, Scope, Send

API = TypeVar("API", bound="RoutedAPI[Any]")


class CompiledMiddleware(RoutedMiddleware[API]):  # type: ignore[misc]  # connexion ships no types
    """Where Connexion asks each API on the base path, the operation's id, unique everywhere, is enough."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._operations: dict[str, ASGIApp] = {}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Call the operation that the routing has found; Connexion finds it the first time."""
        full_id = scope["extensions"][ROUTING_CONTEXT]["operation_id"]
        operation = self._operations.get(full_id)
        if operation is None:
            operation = self._operations[full_id] = self._find(scope, full_id)
        return operation(scope, receive, send)

    def _find(self, scope: Scope, full_id: str) -> ASGIApp:
        apis = self.apis[scope["extensions"][ROUTING_CONTEXT]["api_base_path"]]
        for api in apis:
            try:
                found: ASGIApp = api.operations[full_id]
            except KeyError:
                continue
            return found
        raise KeyError(full_id)
