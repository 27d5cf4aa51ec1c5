"""Serve a document with a function for each operation; routes and validation are the document's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import jsonschema_rs
import yaml
from tests.check.serving import Asked, Told

Record = dict[str, Any]
Reply = tuple[int, Any, dict[str, str]]
_FAULT = {"name": ""}
"""The fault of the server that was built last: there is one at a time in a process."""


def has(fault: str) -> bool:
    """Whether the server has this fault."""
    return _FAULT["name"] == fault


@dataclass
class RefusedError(Exception):
    """A refusal, which each API writes in a form of its own."""

    status: int
    message: str
    errors: list[tuple[str, str, str]] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A valid request: parameters by name, the body, files of a form, header fields, the caller."""

    p: Record
    body: Any
    files: Mapping[str, tuple[str, str, bytes]]
    user: tuple[str, str, str]


class Served:
    """Answers the requests of one API."""

    def __init__(
        self,
        document: str,
        handlers: Mapping[str, Callable[[Call], Reply]],
        fail: Callable[[RefusedError], Reply],
        *,
        auth: Callable[[Mapping[str, str]], tuple[str, str, str]] | None = None,
        invalid: int = 422,
    ) -> None:
        self.doc = yaml.safe_load(document)
        self._handlers, self._fail, self._auth, self._invalid = handlers, fail, auth, invalid
        self._routes = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), item)
            for path, item in sorted(self.doc["paths"].items(), key=lambda one: one[0].count("{"))
        ]

    def __call__(self, asked: Asked) -> Told:
        """Answer a request."""
        try:
            status, body, headers = self._answer(asked)
        except RefusedError as error:
            status, body, headers = self._fail(error)
        except Exception:  # noqa: BLE001  a fault, which is what the server is for
            status, body, headers = self._fail(RefusedError(500, "Internal error"))
        return Told(status, body, headers)

    def _answer(self, asked: Asked) -> Reply:
        found = [(one, item) for pattern, item in self._routes if (one := pattern.fullmatch(asked.path))]
        match, item = found[0] if found else (None, Record())
        if match is None:
            raise RefusedError(404, "Not found")
        method, methods = asked.method.lower(), [name for name in item if name != "parameters"]
        if method not in methods:
            allowed = ", ".join(sorted(map(str.upper, methods)))
            raise RefusedError(405, "Method not allowed", headers={"Allow": allowed})
        operation = item[method]
        user = self._auth(asked.headers) if self._auth is not None else ("", "", "")
        errors: list[tuple[str, str, str]] = []
        parameters = [
            self._deref(one) for one in item.get("parameters", []) + operation.get("parameters", [])
        ]
        values = {one["name"]: self._parameter(one, asked, match.groupdict(), errors) for one in parameters}
        body, files = self._body(operation, asked, errors)
        if errors:
            raise RefusedError(self._invalid, "Invalid request", errors)
        return self._handlers[operation["operationId"]](Call(values, body, files, user))

    def _deref(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            at = self.doc
            for part in node["$ref"][2:].split("/"):
                at = at[part]
            node = at
        return node

    def schema(self, node: Any) -> Any:
        """A schema with its references resolved, and `nullable` as a type."""
        if isinstance(node, list):
            return [self.schema(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self.schema(self._deref(node))
        found = {name: self.schema(one) for name, one in node.items() if name not in {"nullable", "example"}}
        if node.get("nullable"):
            found["type"] = [found["type"], "null"]
        return found

    def _parameter(
        self, one: Record, asked: Asked, path: Mapping[str, str], errors: list[tuple[str, str, str]]
    ) -> Any:
        name, place, schema = one["name"], one["in"], self.schema(one["schema"])
        query = parse_qs(asked.query, keep_blank_values=True)
        raw = {
            "path": [unquote(path.get(name, ""))],
            "query": query.get(name, []),
            "header": [asked.headers[name.lower()]] if name.lower() in asked.headers else [],
        }[place]
        if not raw:
            if one.get("required"):
                errors.append((place, name, "is required"))
            return schema.get("default")
        value = _coerced(raw, schema, explode=one.get("explode", True))
        wrong = [error.message for error in _validator(schema).iter_errors(value)]
        if wrong and place == "path":
            raise RefusedError(404, "Not found")
        errors += [(place, name, message) for message in wrong]
        return value

    def _body(
        self, operation: Record, asked: Asked, errors: list[tuple[str, str, str]]
    ) -> tuple[Any, Mapping[str, tuple[str, str, bytes]]]:
        documented = operation.get("requestBody")
        if documented is None or not (asked.body or documented.get("required")):
            return None, {}
        full = asked.headers.get("content-type", "")
        media = full.partition(";")[0].strip().lower()
        if media not in documented["content"]:
            if asked.body or media:
                raise RefusedError(415, "Unsupported media type")
            raise RefusedError(self._invalid, "A body is required", [("body", "", "is required")])
        schema = self.schema(documented["content"][media].get("schema", {}))
        if media == "multipart/form-data":
            return _form(asked.body, full, schema, errors)
        if "json" not in media:
            return asked.body, {}
        try:
            body = json.loads(asked.body, parse_constant=_no_constant)
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise RefusedError(self._invalid, "Malformed JSON", [("body", "", "is not JSON")]) from None
        errors += [
            ("body", "/".join(map(str, one.instance_path)), one.message)
            for one in _validator(schema).iter_errors(body)
        ]
        return body, {}


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _validator(schema: Any) -> Any:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _coerced(raw: list[str], schema: Record, *, explode: bool = True) -> Any:
    found = schema.get("type")
    types = (
        found if isinstance(found, list) else [found, *(one.get("type") for one in schema.get("anyOf", []))]
    )
    if "array" in types:
        values = raw if explode else [one for text in raw for one in text.split(",")]
        return [_coerced([one], schema["items"]) for one in values]
    value = raw[-1]
    if "integer" in types and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    if "number" in types and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return float(value)
    return value == "true" if "boolean" in types and value in {"true", "false"} else value


def _form(
    data: bytes, media: str, schema: Record, errors: list[tuple[str, str, str]]
) -> tuple[Record, Mapping[str, tuple[str, str, bytes]]]:
    boundary = re.search(r'boundary="?([^";]+)', media)
    parts = data.split(b"--" + boundary[1].encode())[1:-1] if boundary else []
    fields, files = Record(), {}
    for part in parts:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace")
        name = re.search(r'[; ]name="([^"]*)"', lines)
        file, kind = re.search(r'filename="([^"]*)"', lines), re.search(r"(?i)content-type: *(\S+)", lines)
        if name is not None and file is not None:
            files[name[1]] = (file[1], kind[1] if kind else "application/octet-stream", content[:-2])
        elif name is not None:
            fields[name[1]] = content[:-2].decode("utf-8", "replace")
    for name, view in schema["properties"].items():
        is_file = view.get("format") == "binary"
        if name not in (files if is_file else fields):
            if name in schema.get("required", []) or name in fields or name in files:
                errors.append(("body", name, "is required"))
        elif not is_file and not _validator(view).is_valid(fields[name]):
            errors.append(("body", name, "is not valid"))
    return fields, files


def start(
    module: str,
    fault: str,
    handlers: Mapping[str, Callable[[Call], Reply]],
    fail: Callable[[RefusedError], Reply],
    **options: Any,
) -> Served:
    """A server of the document of this name, with a fault or with none for an empty name."""
    _FAULT["name"] = fault
    return Served(document(module), handlers, fail, **options)


def document(module: str) -> str:
    """The text of a document in this folder."""
    return (Path(__file__).parent / f"{module}.yaml").read_text()
