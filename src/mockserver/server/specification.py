"""Documents as Connexion sees them: paths, methods and ids, of whatever version, without the rest.

The view is ours, so it is not validated as a stranger's document would be: on a document with ten
thousand operations that takes longer than everything else together.
"""

import copy
from typing import Any

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.main import API
from connexion.resolver import Resolver
from connexion.spec import OpenAPISpecification

from mockserver.server.service import Service

BASE_PATHS = "x-base-paths"
"""Where an operation of the view is served, the place that is its own first."""


class RoutingView(OpenAPISpecification):  # type: ignore[misc]  # connexion ships no types
    """What Connexion needs of a document to route: paths, methods, ids that are unique everywhere."""

    def __init__(self, service: Service) -> None:
        self._raw_spec = self._spec = _view(service)
        self._base_uri = ""

    def clone(self) -> "RoutingView":
        """A view of its own, with the same paths (called by Connexion)."""
        twin = copy.copy(self)
        twin._raw_spec = twin._spec = dict(self._spec)
        return twin


def _view(service: Service) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation_id, key in service.document.index.items():
        paths.setdefault(key.path, {})[key.method] = {
            "operationId": service.full_id(operation_id),
            BASE_PATHS: service.document.base_paths(operation_id),
        }
    info = {"title": service.document.title, "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": paths, "components": {}}


class ServiceMiddleware(ConnexionMiddleware):  # type: ignore[misc]  # connexion ships no types
    """Connexion's frame of middleware, fed with services in place of files."""

    def add_service(self, service: Service) -> None:
        """Register one API on every layer."""
        base_path = service.document.base_path
        view = RoutingView(service)
        self.apis.append(API(view, base_path=base_path, resolver=_RESOLVER, service=service))


def _no_view() -> None:
    """Stands where Connexion expects a view function: the dispatcher answers."""


_RESOLVER = Resolver(lambda _: _no_view)
