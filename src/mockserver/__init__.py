"""A stateful mock and contract-testing server for documented HTTP APIs.

The names listed here are for handler files: see `docs/handlers.md`.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from mockserver.behaviour.backend import Backend, Collection, Response
    from mockserver.behaviour.handler_request import Request, UploadedFile
    from mockserver.errors import (
        ApiError,
        BadRequestError,
        ConflictError,
        ForbiddenError,
        OperationFailedError,
        PreconditionFailedError,
        ResourceNotFoundError,
        UnauthorizedError,
        Violation,
    )
    from mockserver.state.baseline import Record
    from mockserver.state.identities import Identity

__all__ = [
    "ApiError",
    "Backend",
    "BadRequestError",
    "Collection",
    "ConflictError",
    "ForbiddenError",
    "Identity",
    "OperationFailedError",
    "PreconditionFailedError",
    "Record",
    "Request",
    "ResourceNotFoundError",
    "Response",
    "UnauthorizedError",
    "UploadedFile",
    "Violation",
]

_PLACES = (
    "mockserver.errors",
    "mockserver.behaviour.backend",
    "mockserver.behaviour.handler_request",
    "mockserver.state.baseline",
    "mockserver.state.identities",
)


def __getattr__(name: str) -> Any:
    """Import a name at its first use, so that the command line starts quickly."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = next(one for one in map(import_module, _PLACES) if hasattr(one, name))
    return getattr(found, name)
