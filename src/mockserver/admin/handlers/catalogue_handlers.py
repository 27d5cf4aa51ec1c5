"""The admin API's handlers for what is served: health, the APIs, their operations."""

from collections.abc import Mapping
from typing import Any

from mockserver import __version__
from mockserver.admin.admin_context import AdminContext, AdminHandler
from mockserver.admin.sample_requests import SampleRequests
from mockserver.admin.violation_details import document_line
from mockserver.behaviour.backend import Response
from mockserver.errors import ResourceNotFoundError
from mockserver.http.example_requests import caller_of, curl
from mockserver.http.served_api import Service
from mockserver.openapi import media_types
from mockserver.openapi.operation import DocumentedResponse as Documented
from mockserver.openapi.operation import Operation, Parameter

_AROUND = 200


def get_health(context: AdminContext, session: str) -> Response:
    """That the mock is there, and what it serves."""
    apis = [
        {
            "name": service.name,
            "title": service.document.title,
            "base_path": service.document.base_path,
            "operations": len(service.document.index),
        }
        for service in context.services.values()
    ]
    open_, dropped = len(context.store.sessions()), context.store.dropped
    sessions = {
        "open": open_,
        "evicted": dropped.get("count", 0) + dropped.get("size", 0),
        "expired": dropped.get("idle", 0) + dropped.get("request", 0),
    }
    journal = {
        "total": context.journal.total,
        "dropped": context.journal.dropped,
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
        },
    )


def list_operations(context: AdminContext, session: str, *, api: str) -> Response:
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


def get_operation(
    context: AdminContext, session: str, *, api: str, operation: str, base_url: str, seed: int | None = None
) -> Response:
    """One operation: what it takes, what it answers, and a request that fits; another for each seed."""
    service = context.service(api)
    if operation not in service.document.index:
        raise ResourceNotFoundError(f"{api} has no operation {operation!r}.")
    found = service.document.operation(operation)
    file, samples = service.document.file, SampleRequests(service)
    return Response(
        200,
        {
            "api": api,
            "operation": found.id,
            "method": found.method.upper(),
            "path": service.document.full_path(operation),
            "summary": str(_described(service, found).get("summary", "")),
            "document": {
                "file": file.name,
                "pointer": found.pointer,
                "line": document_line(file, found.pointer),
            },
            "parameters": [_parameter(samples, found, entry, seed) for entry in found.parameters],
            "body": _body(samples, found, seed),
            "identity": caller_of(service, found),
            "credentials": _credentials(service, found),
            "responses": [_response(entry) for entry in found.responses.values()],
            "base_url": base_url,
            "curl": curl(service, found, base_url),
        },
    )


def _parameter(
    samples: SampleRequests, operation: Operation, parameter: Parameter, seed: int | None
) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.required,
        "style": parameter.style,
        "explode": parameter.explode,
        "media_type": parameter.media_type,
        "example": samples.parameter(operation, parameter, seed),
    }


def _credentials(service: Service, operation: Operation) -> list[dict[str, str]]:
    """Where the first of the ways to be known asks for credentials, and under which word."""
    needed = operation.security[0] if operation.security and service.settings.auth != "off" else {}
    return [_place(service.document.security_schemes.get(name, {})) for name in needed]


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
    media_type = media_types.preferred(operation.request_body.content) if operation.request_body else None
    if operation.request_body is None or media_type is None:
        return None
    return {
        "media_type": media_type.name,
        "required": operation.request_body.required,
        "example": samples.body(operation, media_type, seed),
        "files": samples.files(media_type),
    }


def get_document_lines(
    context: AdminContext, session: str, *, api: str, line: int, file: str | None = None
) -> Response:
    """The lines of one of an API's files around one of them; of the document itself without a name."""
    document = context.service(api).document
    found = {document.part_name(part): part for part in document.files}
    name = document.file.name if file is None else file
    if name not in found:
        raise ResourceNotFoundError(f"{api} has no file {name!r}; there are {', '.join(found)}.")
    lines = found[name].read_text("utf-8", "replace").splitlines()
    first = max(0, min(line, len(lines)) - _AROUND)
    shown = lines[first : line + _AROUND]
    return Response(200, {"file": name, "first": first + 1, "total": len(lines), "lines": shown})


def list_apis(context: AdminContext, session: str) -> Response:
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
