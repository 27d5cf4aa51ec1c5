"""The admin API's handlers for the catalogue: health, APIs, operations."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from mockserver import __version__
from mockserver.admin.admin_context import AdminContext, AdminHandler, Session
from mockserver.admin.existing_ids import existing_ids
from mockserver.admin.sample_requests import SampleRequests
from mockserver.admin.violation_details import document_line
from mockserver.behaviour.backend import Response
from mockserver.config import MEMORY
from mockserver.errors import ResourceNotFoundError
from mockserver.http.example_requests import caller_of, curl
from mockserver.http.served_api import Service
from mockserver.openapi import media_types
from mockserver.openapi.operation import DocumentedResponse as Documented
from mockserver.openapi.operation import Operation, Parameter
from mockserver.resources.explanation import explain_operation
from mockserver.state.baseline import Baseline
from mockserver.state.overlay import Overlay
from mockserver.state.storages.events import LATEST
from mockserver.state.storages.replicas import replica_name
from mockserver.state.storages.selection import is_shared

_AROUND = 200


async def get_health(context: AdminContext, session: Session) -> Response:
    """The state of the mock, and the APIs that it serves."""
    apis = [
        {
            "name": service.name,
            "title": service.document.title,
            "base_path": service.document.base_path,
            "operations": len(service.document.index),
        }
        for service in context.services.values()
    ]
    open_, dropped = len(await context.sessions.summaries()), await context.sessions.storage.dropped()
    sessions = {
        "open": open_,
        "evicted": dropped.get("count", 0) + dropped.get("size", 0),
        "expired": dropped.get("idle", 0) + dropped.get("request", 0),
    }
    requests = await context.journal.events(LATEST)
    journal = {
        "run": context.journal.run,
        "total": requests.total - requests.removed,
        "dropped": requests.dropped + context.journal.unsaved,
    }
    return Response(
        200,
        {
            "status": "ok",
            "version": __version__,
            "seed": context.settings.seed,
            "apis": apis,
            "sessions": sessions,
            "journal": journal,
            "store": await _store(context),
        },
    )


async def _store(context: AdminContext) -> dict[str, Any]:
    """The store of the sessions, and the replicas that share it."""
    storage = context.sessions.storage
    kind = {MEMORY: MEMORY}.get(
        context.settings.store, "redis" if "://" in context.settings.store else "sqlite"
    )
    if not is_shared(storage):
        return {"kind": kind, "replica": None, "replicas": []}
    return {"kind": kind, "replica": replica_name(), "replicas": list(await storage.replicas())}


def list_operations(context: AdminContext, session: Session, *, api: str) -> Response:
    """An API's operations, in the document's order."""
    service = context.service(api)
    operations = [
        {
            "operation": operation_id,
            "method": key.method.upper(),
            "path": service.document.full_path(operation_id),
        }
        for operation_id, key in service.document.index.items()
    ]
    return Response(200, {"api": api, "title": service.document.title, "operations": operations})


async def get_operation(
    context: AdminContext,
    session: Session,
    *,
    api: str,
    operation: str,
    base_url: str,
    seed: int | None = None,
) -> Response:
    """One operation: its parameters, responses, and a valid sample request, which varies with the seed."""
    service = context.service(api)
    if operation not in service.document.index:
        raise ResourceNotFoundError(f"{api} has no operation {operation!r}.")
    # Reading large schemas is slow, so do it outside the event loop.
    found = await asyncio.to_thread(_prepared, service, operation, context.sessions.baseline)
    known = await context.sessions.run(session.name, partial(existing_ids, service, found))
    return Response(200, await asyncio.to_thread(_operation_view, service, found, known, base_url, seed))


def _prepared(service: Service, operation_id: str, baseline: Baseline) -> Operation:
    """The operation, after generating the records that a request for it may refer to."""
    operation = service.document.operation(operation_id)
    existing_ids(service, operation, Overlay(baseline, service.settings.session_bytes))
    return operation


def _operation_view(
    service: Service, found: Operation, known: Mapping[str, str], base_url: str, seed: int | None
) -> dict[str, Any]:
    file, samples = service.document.file, SampleRequests(service)
    return {
        "api": service.name,
        "operation": found.id,
        "method": found.method.upper(),
        "path": service.document.full_path(found.id),
        "summary": str(_described(service, found).get("summary", "")),
        "document": {
            "file": file.name,
            "pointer": found.pointer,
            "line": document_line(file, found.pointer),
        },
        "parameters": [_parameter(samples, found, entry, known, seed) for entry in found.parameters],
        "body": _body(samples, found, seed),
        "identity": caller_of(service, found),
        "security": _security(service, found),
        "responses": [_response(entry) for entry in found.responses.values()],
        "explanation": _explanation(service, found.id),
        "base_url": base_url,
        "curl": curl(service, found, base_url),
    }


def _explanation(service: Service, operation_id: str) -> dict[str, Any]:
    """How the operation is answered, and why, as in `serve --explain`."""
    handlers = service.handlers.handlers
    rules = service.fixture.rules
    found = explain_operation(service.document, operation_id, handlers, service.fallback, rules)
    return {
        "answer": found.answer,
        "kind": None if found.kind is None else found.kind.value,
        "reasons": [
            {"field": one.field, "because": one.because, "convention": one.convention}
            for one in found.reasons
        ],
    }


def _parameter(
    samples: SampleRequests,
    operation: Operation,
    parameter: Parameter,
    known: Mapping[str, str],
    seed: int | None,
) -> dict[str, Any]:
    is_known = parameter.location == "path" and parameter.name in known
    return {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.required,
        "style": parameter.style,
        "explode": parameter.explode,
        "media_type": parameter.media_type,
        "example": known[parameter.name] if is_known else samples.parameter(operation, parameter, seed),
    }


def _security(service: Service, operation: Operation) -> list[dict[str, Any]]:
    """The alternatives for authentication: where each sends credentials, and by which scheme."""
    if service.settings.auth == "off":
        return []
    schemes = service.document.security_schemes
    return [
        {
            "name": " + ".join(needed) or "none",
            "credentials": [_place(schemes.get(name, {})) for name in needed],
        }
        for needed in operation.security
    ]


def _place(scheme: Mapping[str, Any]) -> dict[str, str]:
    if scheme.get("type") == "apiKey":
        return {"in": str(scheme["in"]), "name": str(scheme["name"]), "scheme": ""}
    written = str(scheme.get("scheme", "")) if scheme.get("type") == "http" else ""
    return {"in": "header", "name": "Authorization", "scheme": written.capitalize() or "Bearer"}


def _response(response: Documented) -> dict[str, Any]:
    examples = {name for entry in response.content.values() for name in entry.examples}
    return {
        "status": response.status,
        "media_types": list(response.content),
        "examples": sorted(examples),
    }


def _described(service: Service, operation: Operation) -> Mapping[str, Any]:
    item = service.document.root["paths"][operation.path]
    value = item.get(operation.method)
    return value if isinstance(value, Mapping) else {}


def _body(samples: SampleRequests, operation: Operation, seed: int | None) -> dict[str, Any] | None:
    """The possible bodies by media type, the preferred one first."""
    if operation.request_body is None or not operation.request_body.content:
        return None
    content = operation.request_body.content
    first = media_types.preferred(content)
    ordered = sorted(content.values(), key=lambda media_type: media_type is not first)
    return {
        "required": operation.request_body.required,
        "media_types": [
            {
                "media_type": media_type.name,
                "example": samples.body(operation, media_type, seed),
                "files": samples.files(media_type),
                "variants": samples.variants(operation, media_type, seed),
            }
            for media_type in ordered
        ],
    }


def get_document_lines(
    context: AdminContext, session: Session, *, api: str, line: int, file: str | None = None
) -> Response:
    """The lines around a given line of an API's file; without a name, of the document itself."""
    document = context.service(api).document
    found = {document.part_name(part): part for part in document.files}
    name = document.file.name if file is None else file
    if name not in found:
        raise ResourceNotFoundError(f"{api} has no file {name!r}; there are {', '.join(found)}.")
    lines = found[name].read_text("utf-8", "replace").splitlines()
    first = max(0, min(line, len(lines)) - _AROUND)
    shown = lines[first : line + _AROUND]
    return Response(200, {"file": name, "first": first + 1, "total": len(lines), "lines": shown})


def list_apis(context: AdminContext, session: Session) -> Response:
    """The APIs with the names of their operations."""
    return Response(
        200,
        {
            "apis": [
                {
                    "name": service.name,
                    "title": service.document.title,
                    "document": service.document.file.name,
                    "operations": len(service.document.index),
                    "scenarios": len(service.fixture.scenarios),
                }
                for service in context.services.values()
            ]
        },
    )


HANDLERS: Mapping[str, AdminHandler] = {
    "getHealth": get_health,
    "listApis": list_apis,
    "listOperations": list_operations,
    "getOperation": get_operation,
    "getDocumentLines": get_document_lines,
}
