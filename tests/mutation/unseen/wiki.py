"""An API of a wiki: pages by slug with ETags, drafts of their authors, a search, revisions, uploads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.check.serving import Asked, Told
from tests.mutation.unseen.routed import RefusedError, Routed, body_of, query_of, text, whole_number

DOCUMENT = """
openapi: 3.0.3
info: {title: Wiki, version: '1'}
security: [{token: []}]
paths:
  /pages:
    get:
      operationId: listPages
      parameters: [&limit {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 200, default: 100}}]
      responses: {'200': &pages {description: Pages that the caller may read., content: {application/json: {schema:
        {type: array, items: {$ref: '#/components/schemas/Page'}}}}}, '400': &no {description: No., content:
        {application/json: {schema: &error {type: object, required: [error], properties: {error: {type: string}}}}}},
        '401': &who {description: Unknown caller., headers: {WWW-Authenticate: {schema: {type: string}}},
        content: {application/json: {schema: *error}}}}
    post:
      operationId: writePage
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [title, text],
        properties: &fields {
          title: {type: string, minLength: 1, maxLength: 80},
          text: {type: string, maxLength: 20000},
          is_draft: {type: boolean, default: false, description: Only its author sees a draft.}}}}}}
      responses:
        '201': &page
          description: The page.
          headers: &head {ETag: {schema: {type: string}}, Location: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Page'}}}
        '400': *no
        '401': *who
        '415': *no
  /search:
    get:
      operationId: searchPages
      parameters: [{name: q, in: query, required: true, schema: {type: string, minLength: 1, maxLength: 100}}, *limit]
      responses: {'200': *pages, '400': *no, '401': *who}
  /pages/{slug}:
    parameters: [&slug {name: slug, in: path, required: true, schema: {type: string, pattern: '^[a-z0-9-]+$'}}]
    get:
      operationId: readPage
      parameters: [{name: If-None-Match, in: header, schema: {type: string}}]
      responses: {'200': *page, '304': {description: Known.}, '400': *no, '401': *who, '404': *no}
    patch:
      operationId: editPage
      parameters: [{name: If-Match, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: *fields}}}}
      responses: {'200': *page, '400': *no, '401': *who, '403': *no, '404': *no, '412': *no, '415': *no}
    delete:
      operationId: deletePage
      responses: {'204': {description: Gone.}, '400': *no, '401': *who, '403': *no, '404': *no}
  /pages/{slug}/revisions:
    parameters: [*slug]
    get:
      operationId: listRevisions
      responses: {'200': {description: 'The revisions, the newest last.', content: {application/json: {schema:
        {type: array, items: {type: object, required: [number, title], properties: {number: {type: integer},
        title: {type: string}}}}}}}, '400': *no, '401': *who, '404': *no}
  /pages/{slug}/files:
    parameters: [*slug]
    get:
      operationId: listFiles
      responses: {'200': {description: Files., content: {application/json: {schema:
        {type: array, items: {$ref: '#/components/schemas/File'}}}}}, '400': *no, '401': *who, '404': *no}
    post:
      operationId: attachFile
      requestBody: {required: true, content: {application/octet-stream: {schema: {type: string, format: binary}}}}
      responses: {'201': {description: Attached., headers: {Location: {required: true, schema: {type: string}}},
        content: {application/json: {schema: {$ref: '#/components/schemas/File'}}}},
        '400': *no, '401': *who, '403': *no, '404': *no, '415': *no}
  /pages/{slug}/files/{file_id}:
    parameters: [*slug, {name: file_id, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: downloadFile
      responses: {'200': {description: The file., content: {application/octet-stream: {schema: {type: string,
        format: binary}}}}, '400': *no, '401': *who, '404': *no}
    delete:
      operationId: removeFile
      responses: {'204': {description: Gone.}, '400': *no, '401': *who, '403': *no, '404': *no}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    File: {type: object, required: [id, size], properties: {id: {type: integer}, size: {type: integer}}}
    Page:
      type: object
      required: [slug, title, text, is_draft, author, revision]
      properties:
        <<: *fields
        slug: {type: string, readOnly: true}
        author: {type: string, readOnly: true}
        revision: {type: integer, readOnly: true}
"""  # noqa: E501  schemas on one line are read at once

FAULTS: Mapping[str, tuple[str, str]] = {
    "title-cut-at-bytes": ("unforeseen", "writePage"),
    "draft-in-search": ("unforeseen", "searchPages"),
    "etag-of-any-page": ("foreseen", "readPage"),
    "location-of-the-page": ("foreseen", "attachFile"),
    "newlines-normalised": ("foreseen", "attachFile"),
    "list-cached": ("foreseen", "listPages"),
}
TOKENS: Mapping[str, str] = {"ann": "ann-4711", "bob": "bob-0815"}
_CALLERS = {f"Bearer {token}": name for name, token in TOKENS.items()}
_CHECKS = {"title": text(1, 80), "text": text(0, 20_000), "is_draft": lambda value: isinstance(value, bool)}
_SEED = (
    {
        "slug": "start",
        "title": "Start",
        "text": "Welcome.",
        "is_draft": False,
        "author": "ann",
        "revision": 1,
    },
    {
        "slug": "plans",
        "title": "Plans",
        "text": "Secret plans.",
        "is_draft": True,
        "author": "ann",
        "revision": 1,
    },
    {"slug": "help", "title": "Help", "text": "How to.", "is_draft": False, "author": "bob", "revision": 1},
)


class Wiki(Routed):
    """Keeps pages, with a fault or none."""

    routes: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "/pages": {"GET": "all", "POST": "write"},
        "/search": {"GET": "search"},
        "/pages/([^/]+)": {"GET": "read", "PATCH": "edit", "DELETE": "delete"},
        "/pages/([^/]+)/revisions": {"GET": "list_revisions"},
        "/pages/([^/]+)/files": {"GET": "list_files", "POST": "attach"},
        "/pages/([^/]+)/files/([^/]+)": {"GET": "download", "DELETE": "remove"},
    }

    def __init__(self, fault: str = "") -> None:
        super().__init__(fault)
        self.pages: dict[str, dict[str, Any]] = {str(one["slug"]): dict(one) for one in _SEED}
        self.revisions: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[str, dict[int, bytes]] = {}
        self.cached: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        self.made = self.attached = 0
        for page in self.pages.values():
            self._record(page)

    def _record(self, page: Mapping[str, Any]) -> None:
        self.revisions.setdefault(page["slug"], []).append(
            {"number": page["revision"], "title": page["title"]}
        )

    def _caller(self, asked: Asked) -> str:
        if asked.headers.get("authorization") not in _CALLERS:
            raise RefusedError(401)
        return _CALLERS[asked.headers["authorization"]]

    def _find(self, asked: Asked, slug: str, *, writes: bool = False) -> dict[str, Any]:
        caller = self._caller(asked)
        if not re.fullmatch("[a-z0-9-]+", slug, re.ASCII):
            raise RefusedError(400)
        page = self.pages.get(slug)
        if page is None or not _is_visible(page, caller):
            raise RefusedError(404)
        if writes and page["author"] != caller:
            raise RefusedError(403)
        return page

    def _shown(self, page: Mapping[str, Any], status: int = 200, **headers: str) -> Told:
        return Told(status, dict(page), {"ETag": _tag(page), **headers})

    def all(self, asked: Asked) -> Told:
        """Answer such a request."""
        caller = self._caller(asked)
        limit = whole_number(query_of(asked), "limit", 1, 200, 100)
        pages = [dict(one) for one in self.pages.values() if _is_visible(one, caller)]
        if self.fault == "list-cached":
            uses, known = self.cached.get(caller, (0, pages))
            if uses == 0:
                known = pages
            self.cached[caller] = ((uses + 1) % 4, known)
            pages = known
        return Told(200, pages[-limit:])

    def search(self, asked: Asked) -> Told:
        """Answer such a request."""
        caller, query = self._caller(asked), query_of(asked)
        limit = whole_number(query, "limit", 1, 200, 100)
        words = query.get("q", "")
        if not 1 <= len(words) <= 100:
            raise RefusedError(400)
        found = [
            one for one in self.pages.values() if words.lower() in f"{one['title']} {one['text']}".lower()
        ]
        if self.fault != "draft-in-search":
            found = [one for one in found if _is_visible(one, caller)]
        return Told(200, found[-limit:])

    def write(self, asked: Asked) -> Told:
        """Answer such a request."""
        caller = self._caller(asked)
        fields = body_of(asked, _CHECKS, ("title", "text"))
        if self.fault == "title-cut-at-bytes":
            fields["title"] = fields["title"].encode(errors="replace")[:80].decode(errors="ignore")
        self.made += 1
        slug = f"page-{self.made}"
        page = {"slug": slug, "is_draft": False, "author": caller, "revision": 1, **fields}
        self.pages[slug] = page
        self._record(page)
        return self._shown(page, 201, Location=f"/pages/{slug}")

    def read(self, asked: Asked, slug: str) -> Told:
        """Answer such a request."""
        page = self._find(asked, slug)
        tags = [one.strip().removeprefix("W/") for one in asked.headers.get("if-none-match", "").split(",")]
        known = [page] if self.fault != "etag-of-any-page" else self.pages.values()
        if tags == ["*"] or any(_tag(one) in tags for one in known):
            return Told(304, None, {"ETag": _tag(page)})
        return self._shown(page)

    def edit(self, asked: Asked, slug: str) -> Told:
        """Answer such a request."""
        page = self._find(asked, slug, writes=True)
        tags = [one.strip() for one in asked.headers.get("if-match", "*").split(",")]
        if tags != ["*"] and _tag(page) not in tags:
            raise RefusedError(412)
        page.update(body_of(asked, _CHECKS))
        page["revision"] += 1
        self._record(page)
        return self._shown(page)

    def delete(self, asked: Asked, slug: str) -> Told:
        """Answer such a request."""
        self._find(asked, slug, writes=True)
        del self.pages[slug]
        self.files.pop(slug, None)
        return Told(204)

    def list_revisions(self, asked: Asked, slug: str) -> Told:
        """Answer such a request."""
        self._find(asked, slug)
        return Told(200, self.revisions[slug])

    def list_files(self, asked: Asked, slug: str) -> Told:
        """Answer such a request."""
        self._find(asked, slug)
        return Told(200, [_file(key, content) for key, content in self.files.get(slug, {}).items()])

    def attach(self, asked: Asked, slug: str) -> Told:
        """Answer such a request."""
        self._find(asked, slug, writes=True)
        if (
            asked.headers.get("content-type", "").partition(";")[0].strip().lower()
            != "application/octet-stream"
        ):
            raise RefusedError(415)
        content = asked.body
        if not content:
            raise RefusedError(400)
        if self.fault == "newlines-normalised":
            content = content.replace(b"\r\n", b"\n")
        self.attached += 1
        self.files.setdefault(slug, {})[self.attached] = content
        parent = self.fault == "location-of-the-page"
        location = f"/pages/{slug}" if parent else f"/pages/{slug}/files/{self.attached}"
        return Told(201, _file(self.attached, content), {"Location": location})

    def _find_file(self, asked: Asked, slug: str, key: str, *, writes: bool = False) -> int:
        self._find(asked, slug, writes=writes)
        if not re.fullmatch("[0-9]{1,18}", key, re.ASCII) or int(key) < 1:
            raise RefusedError(400)
        if int(key) not in self.files.get(slug, {}):
            raise RefusedError(404)
        return int(key)

    def download(self, asked: Asked, slug: str, key: str) -> Told:
        """Answer such a request."""
        number = self._find_file(asked, slug, key)
        content = self.files[slug][number]
        return Told(200, content, {"Content-Type": "application/octet-stream"})

    def remove(self, asked: Asked, slug: str, key: str) -> Told:
        """Answer such a request."""
        number = self._find_file(asked, slug, key, writes=True)
        del self.files[slug][number]
        return Told(204)


def _is_visible(page: Mapping[str, Any], caller: str) -> bool:
    return not page["is_draft"] or page["author"] == caller


def _tag(page: Mapping[str, Any]) -> str:
    return f'"{hashlib.sha256(json.dumps(page).encode()).hexdigest()[:16]}"'


def _file(key: int, content: bytes) -> dict[str, int]:
    return {"id": key, "size": len(content)}


FIXTURES: Mapping[str, Any] = {
    "identities": {"ann": {"subject": "ann"}, "bob": {"subject": "bob"}},
    "collections": {"pages": {"key": "slug", "records": list(_SEED)}},
}
