"""An API without handlers: projects and their tasks, in the way of a framework, with a fault or none.

It shares no line with the mock. `Way` says what a sound server may do where the document is silent,
`FAULTS` what a broken one does; they were written without a look at the rules that find them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qs

from tests.check.serving import Asked, Told

DOCUMENT = """
openapi: 3.0.3
info: {title: Projects, version: '1'}
security: [{token: []}]
paths:
  /projects:
    get:
      operationId: listProjects
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}
        - {name: per_page, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 20}}
        - {name: archived, in: query, schema: {type: boolean}}
      responses:
        '200': {description: A page., content: {application/json: {schema: {type: array,
          items: {$ref: '#/components/schemas/Project'}}}}}
        4XX: &no {description: No.}
    post:
      operationId: createProject
      requestBody: &project {required: true, content: {application/json: {schema:
        {$ref: '#/components/schemas/ProjectInput'}}}}
      responses: {'201': &one {description: It., content: {application/json: {schema:
        {$ref: '#/components/schemas/Project'}}}}, '200': *one, 4XX: *no}
  /projects/{project_id}:
    parameters: [&id {name: project_id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getProject, responses: {'200': *one, 4XX: *no}}
    put: {operationId: putProject, requestBody: *project, responses: {'200': *one, '201': *one,
      '204': {description: Done.}, 4XX: *no}}
    patch:
      operationId: patchProject
      requestBody: {required: true, content: {application/json: {schema:
        {$ref: '#/components/schemas/ProjectChange'}}}}
      responses: {'200': *one, 4XX: *no}
    delete: {operationId: deleteProject, responses: {'204': {description: Gone.}, 4XX: *no}}
  /projects/{project_id}/archive:
    parameters: [*id]
    post: {operationId: archiveProject, responses: {'200': *one, 4XX: *no}}
  /projects/{project_id}/logo:
    parameters: [*id]
    get:
      operationId: getLogo
      responses: {'200': {description: It., content: {image/png: {schema: {type: string, format: binary}}}}, 4XX: *no}
    put:
      operationId: putLogo
      requestBody: {required: true, content: {image/png: {schema: {type: string, format: binary}}}}
      responses: {'204': {description: Kept.}, 4XX: *no}
  /projects/{project_id}/tasks:
    parameters: [*id]
    get:
      operationId: listTasks
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100, default: 50}}
        - {name: offset, in: query, schema: {type: integer, minimum: 0, default: 0}}
        - {name: status, in: query, schema: {type: string, enum: [open, done]}}
        - {name: sort, in: query, schema: {type: string, enum: [title, -title, priority, -priority]}}
      responses:
        '200': {description: A page., content: {application/json: {schema: {type: object,
          required: [items, total], properties: {total: {type: integer}, items: {type: array,
          items: {$ref: '#/components/schemas/Task'}}}}}}}
        4XX: *no
    post:
      operationId: createTask
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/TaskInput'}}}}
      responses: {'201': &task {description: It., content: {application/json: {schema:
        {$ref: '#/components/schemas/Task'}}}}, 4XX: *no}
  /tasks/{task_id}:
    parameters: [&task_id {name: task_id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getTask
      parameters: [{name: If-None-Match, in: header, schema: {type: string}}]
      responses:
        '200': {description: It., headers: {ETag: {schema: {type: string}}}, content: {application/json: {schema:
          {$ref: '#/components/schemas/Task'}}}}
        '304': {description: Not changed.}
        4XX: *no
    patch:
      operationId: patchTask
      parameters: [{name: If-Match, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/TaskChange'}}}}
      responses: {'200': *task, '412': {description: Somebody else has changed it.}, 4XX: *no}
    delete: {operationId: deleteTask, responses: {'204': {description: Gone.}, 4XX: *no}}
  /tasks/{task_id}/complete:
    parameters: [*task_id]
    post: {operationId: completeTask, responses: {'200': *task, 4XX: *no}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    ProjectChange:
      type: object
      properties: &fields
        name: {type: string, minLength: 1, maxLength: 80}
        note: {type: string, nullable: true, maxLength: 500}
        budget: {type: number, minimum: 0, maximum: 1000000}
        starts_on: {type: string, format: date}
    ProjectInput: {type: object, required: [name], properties: *fields}
    Project:
      type: object
      required: [id, name, archived]
      properties:
        <<: *fields
        id: {type: integer, readOnly: true}
        archived: {type: boolean, readOnly: true}
        task_count: {type: integer, readOnly: true}
        created_at: {type: string, format: date-time, readOnly: true}
        updated_at: {type: string, format: date-time, readOnly: true}
    TaskChange:
      type: object
      properties: &task_fields
        title: {type: string, minLength: 1, maxLength: 200}
        description: {type: string, nullable: true, maxLength: 1000}
        priority: {type: integer, minimum: 1, maximum: 5}
        estimate: {type: integer, format: int64, minimum: 0}
        price: {type: number, minimum: 0, maximum: 100000}
        urgent: {type: boolean}
        due_on: {type: string, format: date}
        code: {type: string, pattern: '^[A-Z]{3}-[0-9]{1,6}$'}
        tags: {type: array, maxItems: 5, uniqueItems: true, items: {type: string, minLength: 1, maxLength: 20}}
    TaskInput: {type: object, required: [title], properties: *task_fields}
    Task:
      type: object
      required: [id, project_id, title, status]
      properties:
        <<: *task_fields
        id: {type: integer, readOnly: true}
        project_id: {type: integer, readOnly: true}
        status: {type: string, enum: [open, done], readOnly: true}
        updated_at: {type: string, format: date-time, readOnly: true}
"""  # noqa: E501  schemas on one line are read at once
TOKENS = {"ann": "token-of-ann", "bob": "token-of-bob"}

FAULTS: Mapping[str, tuple[str, str]] = {
    # effects: what an operation says it did, and did
    "complete-not-stored": ("effect", "completeTask"),
    "complete-shows-open": ("effect", "completeTask"),
    "archive-not-stored": ("effect", "archiveProject"),
    "archive-shows-open": ("effect", "archiveProject"),
    "archive-archives-all": ("bystander", "archiveProject"),
    "patch-task-drops-priority": ("effect", "patchTask"),
    "patch-task-appends-tags": ("effect", "patchTask"),
    "patch-project-forgets-note": ("effect", "patchProject"),
    "put-answers-what-was-sent": ("effect", "putProject"),
    "create-in-first-project": ("effect", "createTask"),
    "create-twice": ("effect", "createTask"),
    "delete-also-next": ("bystander", "deleteTask"),
    "patch-also-others": ("bystander", "patchTask"),
    "delete-not-done": ("effect", "deleteTask"),
    "delete-project-hides-only-from-list": ("effect", "deleteProject"),
    "count-never-falls": ("effect", "getProject"),
    "get-changes": ("effect", "getTask"),
    "read-differs-from-list": ("effect", "listTasks"),
    "logo-cut": ("upload", "getLogo"),
    "logo-of-another": ("upload", "putLogo"),
    "logo-type": ("upload", "getLogo"),
    # sequences
    "refused-stores": ("sequence", "patchTask"),
    "refused-create-stores": ("sequence", "createTask"),
    "nobody-deletes": ("sequence", "deleteTask"),
    "refusal-cached": ("sequence", "getTask"),
    "answer-cached": ("sequence", "getProject"),
    "list-cached": ("sequence", "listTasks"),
    "intermittent": ("sequence", "getTask"),
    "second-delete-fails": ("sequence", "deleteTask"),
    "complete-twice-fails": ("sequence", "completeTask"),
    # lists
    "page-overlaps": ("list", "listProjects"),
    "page-skips": ("list", "listProjects"),
    "offset-ignored": ("list", "listTasks"),
    "limit-ignored": ("list", "listTasks"),
    "last-never-listed": ("list", "listTasks"),
    "total-of-page": ("list", "listTasks"),
    "total-off-by-one": ("list", "listTasks"),
    "filter-ignored": ("list", "listTasks"),
    "filter-drops-one": ("list", "listTasks"),
    "filter-after-limit": ("list", "listTasks"),
    "archived-filter-inverted": ("list", "listProjects"),
    "sort-ignored": ("list", "listTasks"),
    "sort-never-descends": ("list", "listTasks"),
    "list-of-all": ("list", "listTasks"),
    # two requests at once
    "overlap-loses-change": ("overlap", "patchTask"),
    "overlap-one-number": ("overlap", "createTask"),
    "overlap-etag-compared-early": ("overlap", "patchTask"),
    # inputs
    "impossible-date": ("input", "createTask"),
    "date-of-text": ("input", "createProject"),
    "loose-number": ("input", "listTasks"),
    "loose-id": ("input", "getTask"),
    "code-with-line-break": ("input", "createTask"),
    "cut-at-line-break": ("input", "createTask"),
    "title-cut": ("input", "createTask"),
    "not-ascii-lost": ("input", "createTask"),
    "estimate-wraps": ("input", "createTask"),
    "price-whole": ("input", "createTask"),
    "zero-lost": ("input", "patchTask"),
    "false-lost": ("input", "patchTask"),
    "empty-list-lost": ("input", "patchTask"),
    "null-ignored": ("input", "patchTask"),
    "tags-repeat": ("input", "createTask"),
    "tags-unlimited": ("input", "createTask"),
    "read-only-taken": ("input", "createTask"),
    "read-only-taken-by-patch": ("input", "patchProject"),
    "id-taken": ("input", "createProject"),
    "media-type-missing-fails": ("input", "createTask"),
    "token-begins-right": ("token", "getTask"),
    "token-in-any-case": ("token", "getTask"),
    "token-with-more": ("token", "getTask"),
    # header fields, and what errors say
    "etag-constant": ("header", "getTask"),
    "etag-not-compared": ("header", "patchTask"),
    "not-modified-always": ("header", "getTask"),
    "location-of-another": ("header", "createTask"),
    "trace-shown": ("leak", "getTask"),
    "sql-shown": ("leak", "createTask"),
    "path-shown": ("leak", "getProject"),
    "cors-reflects": ("leak", "listProjects"),
    "cookie-open": ("leak", "listProjects"),
}


@dataclass(frozen=True)
class Way:
    """What a sound server does where the document is silent.

    Attributes:
        invalid: the status of a refused body; `bad_path` of an id that is no number.
        headers: what every answer has, changed by nothing.
        shown: what is made of a record before it is shown.
        kept: what is made of a text before it is stored.
        moment: how a moment is written.
        created: the status of a created project, and `put` that of a replaced one.
        error: the media type and the body of errors.
        location: the form of `Location`; empty sends none.
        order: the order of lists without a sort.
        clamps: whether pages too large or too small are made to fit, rather than refused.
        unknown: the status for unknown query parameters and body fields; 0 ignores them.
        gone: the status for what was deleted; `again` that of a second delete.
        foreign: the status for projects of somebody else; 0 shares them.
        closed: the status for changes of what is archived; 0 allows them.
        twice: the status for what is already done; 0 repeats it.
        slash: whether paths without a slash at their end are redirected to one with it.
        limited: every so many requests are refused with 429, and must be sent again.
        upserts: whether PUT creates what is not there.
        unique: the status for a name that is taken; 0 takes it.
        empty: the status for a change without a field; 0 takes it.
        etag: the form of an ETag of tasks; empty sends none. `body_tag` is that of all other answers.
        needs_match: the status for a change without `If-Match`; 0 takes it.
        before: which is examined first of the body and the credential.
    """

    invalid: int = 422
    bad_path: int = 404
    headers: Mapping[str, str] = field(default_factory=dict)
    shown: Callable[[dict[str, Any]], dict[str, Any]] = dict
    kept: Callable[[str], str] = str
    moment: str = "2026-03-01T10:00:00Z"
    created: int = 201
    put: int = 200
    error: tuple[str, str] = ("application/json", '{"message": "no"}')
    media_type: str = "application/json"
    location: str = ""
    order: str = "made"
    clamps: bool = False
    unknown: int = 0
    gone: int = 404
    again: int = 404
    foreign: int = 0
    closed: int = 0
    twice: int = 0
    slash: bool = False
    limited: int = 0
    upserts: bool = False
    unique: int = 0
    empty: int = 0
    etag: str = '"{}"'
    body_tag: str = ""
    needs_match: int = 0
    counts_reads: bool = False
    head: int = 405
    options: int = 405
    method: int = 405
    unauthorized: int = 401
    unsupported: int = 415
    largest: int = 2**63 - 1


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_text(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def _is_number(most: float, whole: bool = False, least: float = 0) -> Callable[[Any], bool]:
    types = (int,) if whole else (int, float)

    def fits(value: Any) -> bool:
        is_whole = isinstance(value, float) and value.is_integer()
        return (
            (isinstance(value, types) or (whole and is_whole))
            and not isinstance(value, bool)
            and least <= value <= most
        )

    return fits


def _tags_fit(value: Any) -> bool:
    fits = _is_text(1, 20)
    return (
        isinstance(value, list) and len(value) <= 5 and all(map(fits, value)) and len({*value}) == len(value)
    )


_PROJECT: dict[str, Callable[[Any], bool]] = {
    "name": _is_text(1, 80),
    "note": lambda value: value is None or _is_text(0, 500)(value),
    "budget": _is_number(1_000_000),
    "starts_on": _is_date,
}
_TASK: dict[str, Callable[[Any], bool]] = {
    "title": _is_text(1, 200),
    "description": lambda value: value is None or _is_text(0, 1000)(value),
    "priority": _is_number(5, whole=True, least=1),
    "estimate": _is_number(2**63 - 1, whole=True),
    "price": _is_number(100_000),
    "urgent": lambda value: isinstance(value, bool),
    "due_on": _is_date,
    "code": lambda value: (
        isinstance(value, str) and bool(re.fullmatch("[A-Z]{3}-[0-9]{1,6}", value, re.ASCII))
    ),
    "tags": _tags_fit,
}
_ROUTES = [
    (re.compile(r"/projects"), {"GET": "list_projects", "POST": "create_project"}),
    (
        re.compile(r"/projects/([^/]+)"),
        {"GET": "get_project", "PUT": "put_project", "PATCH": "patch_project", "DELETE": "delete_project"},
    ),
    (re.compile(r"/projects/([^/]+)/archive"), {"POST": "archive"}),
    (re.compile(r"/projects/([^/]+)/logo"), {"GET": "get_logo", "PUT": "put_logo"}),
    (re.compile(r"/projects/([^/]+)/tasks"), {"GET": "list_tasks", "POST": "create_task"}),
    (re.compile(r"/tasks/([^/]+)"), {"GET": "get_task", "PATCH": "patch_task", "DELETE": "delete_task"}),
    (re.compile(r"/tasks/([^/]+)/complete"), {"POST": "complete"}),
]
_QUERY = {
    "list_projects": {"page", "per_page", "archived"},
    "list_tasks": {"limit", "offset", "status", "sort"},
}


class _RefusedError(Exception):
    def __init__(self, status: int, **headers: str) -> None:
        self.told = Told(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


class Projects:
    """Keeps projects and tasks in dictionaries, in a way, with a fault or none."""

    def __init__(self, way: Way | None = None, fault: str = "") -> None:
        if fault and fault not in FAULTS:
            raise ValueError(fault)
        self.way = way or Way()
        self.fault = fault
        self.reset()

    def reset(self) -> None:
        """Begin anew, with three projects of two tasks each."""
        self.lock = threading.RLock()
        self.meeting = threading.Barrier(2)
        self.projects: dict[int, dict[str, Any]] = {}
        self.tasks: dict[int, dict[str, Any]] = {}
        self.logos: dict[int, bytes] = {}
        self.deleted: set[int] = set()
        self.hidden: set[int] = set()
        self.cache: dict[tuple[str, ...], Told] = {}
        self.count = 0
        self.asked = 0
        self.reads = 0
        self.changes = 0
        for name in ("Alpha", "Beta", "Gamma"):
            project = self._new_project({"name": name, "budget": 10.5}, "ann")
            for title in ("Zeal", "Awe"):
                self._new_task(project["id"], {"title": f"{title} of {name}", "tags": ["a"]}, "ann")

    def __call__(self, asked: Asked) -> Told:
        """Answer a request, one after another unless that is the fault."""
        if self.fault.startswith("overlap-") and asked.method in {"PATCH", "POST"}:
            return self._answered(asked)
        with self.lock:
            return self._answered(asked)

    def _meet(self) -> None:
        """Wait a moment for another request, which a careless server lets come in between."""
        with contextlib.suppress(threading.BrokenBarrierError):
            self.meeting.wait(0.02)
        if self.meeting.broken:
            self.meeting.reset()

    def _answered(self, asked: Asked) -> Told:
        self.asked += 1
        told = self._cached(asked) or self._told(asked)
        headers = {**self.way.headers, **told.headers}
        if self.fault == "cors-reflects" and "origin" in asked.headers:
            headers |= {
                "Access-Control-Allow-Origin": asked.headers["origin"],
                "Access-Control-Allow-Credentials": "true",
            }
        if self.fault == "cookie-open":
            headers["Set-Cookie"] = "session=8d7f6a5b4c3d2e1f; Path=/"
        if told.status < 400:
            if self.way.body_tag and isinstance(told.value, (dict, list)):
                digest = hashlib.sha256(json.dumps(told.value).encode()).hexdigest()[:8]
                headers.setdefault("ETag", self.way.body_tag.format(digest))
            if told.value is not None and not isinstance(told.value, bytes):
                headers.setdefault("Content-Type", self.way.media_type)
            return Told(told.status, told.value, headers)
        media_type, text = self.way.error
        text = self._leak(told, asked) or text
        return Told(told.status, text.encode(), {**headers, "Content-Type": media_type})

    def _leak(self, told: Told, asked: Asked) -> str:
        if self.fault == "trace-shown" and told.status == 404:
            lines = [
                "Traceback (most recent call last):",
                '  File "/srv/app/views.py", line 41, in get',
                "KeyError: 9",
            ]
            return json.dumps({"message": "\n".join(lines)})
        if self.fault == "sql-shown" and asked.method == "POST":
            return json.dumps(
                {"message": 'ERROR: null value in column "title"; INSERT INTO tasks (title) VALUES (NULL)'}
            )
        if self.fault == "path-shown" and told.status == 404:
            return json.dumps({"message": "cannot open /srv/projects/data/9.json"})
        return ""

    def _cached(self, asked: Asked) -> Told | None:
        key = (asked.method, asked.path, asked.query)
        if self.fault == "refusal-cached" and asked.method == "GET" and asked.path.startswith("/tasks/"):
            return self.cache.get(key)
        if (
            self.fault == "answer-cached"
            and re.fullmatch("/projects/[0-9]+", asked.path)
            and asked.method == "GET"
        ):
            return self.cache.get(key)
        if self.fault == "list-cached" and asked.path.endswith("/tasks") and asked.method == "GET":
            who = asked.headers.get("authorization", "")
            return self.cache.get((*key, who))
        return None

    def _told(self, asked: Asked) -> Told:
        try:
            told = self._answer(asked)
        except _RefusedError as error:
            told = error.told
        if asked.method == "GET":
            key = (asked.method, asked.path, asked.query)
            if self.fault == "refusal-cached" and told.status == 401:
                self.cache[key] = told
            if self.fault == "answer-cached" and told.status == 200:
                self.cache[key] = told
            if self.fault == "list-cached" and told.status == 200:
                self.cache[(*key, asked.headers.get("authorization", ""))] = told
        return told

    def _answer(self, asked: Asked) -> Told:
        way = self.way
        path = asked.path
        if way.slash and not path.endswith("/"):
            query = f"?{asked.query}" if asked.query else ""
            return Told(307, headers={"Location": f"{path}/{query}"})
        path = path.rstrip("/") if way.slash else path
        if way.limited and self.asked % way.limited == 0:
            return Told(429, headers={"Retry-After": "0"})
        for pattern, methods in _ROUTES:
            match = pattern.fullmatch(path)
            if match:
                return self._dispatch(asked, methods, match.groups())
        return Told(404)

    def _dispatch(self, asked: Asked, methods: Mapping[str, str], groups: tuple[str, ...]) -> Told:
        allow = {"Allow": ", ".join(sorted(methods))}
        if asked.method not in methods:
            special = {"HEAD": self.way.head, "OPTIONS": self.way.options}
            status = special.get(asked.method, self.way.method)
            if asked.method == "HEAD" and "GET" not in methods:
                status = self.way.method
            return Told(status, headers=allow)
        who = self._caller(asked)
        name = methods[asked.method]
        self._refuse_unknown(set(parse_qs(asked.query, keep_blank_values=True)) - _QUERY.get(name, set()))
        operation: Callable[..., Told] = getattr(self, f"_{name}")
        if not groups:
            return operation(asked, who)
        is_task = asked.path.startswith("/tasks")
        key = self._key(groups[0])
        record = (self.tasks if is_task else self.projects).get(key)
        if record is None:
            if key in self.deleted:
                raise _RefusedError(self.way.again if name.startswith("delete") else self.way.gone)
            if name == "put_project" and self.way.upserts and 0 < key < 10_000:
                record = {"id": key, "owner": who}
            else:
                raise _RefusedError(404)
        if self.way.foreign and record["owner"] != who:
            raise _RefusedError(self.way.foreign)
        return operation(asked, who, record)

    def _caller(self, asked: Asked) -> str:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        for name, right in TOKENS.items():
            fits = token == right
            if self.fault == "token-begins-right":
                fits = bool(token) and right.startswith(token[:8])
            if self.fault == "token-in-any-case":
                fits = token.lower() == right
            if self.fault == "token-with-more":
                fits = token.startswith(right)
            if scheme.lower() == "bearer" and fits:
                return name
        if self.fault == "nobody-deletes" and asked.method == "DELETE":
            self.tasks.pop(self._key(asked.path.rpartition("/")[2]), None)
        raise _RefusedError(self.way.unauthorized, WWW_Authenticate="Bearer")

    def _key(self, text: str) -> int:
        if self.fault == "loose-id":
            match = re.match("[0-9]+", text)
            if match:
                return int(match[0])
        if not re.fullmatch("-?[0-9]{1,19}", text, re.ASCII):
            raise _RefusedError(self.way.bad_path)
        return int(text)

    def _refuse_unknown(self, names: set[str]) -> None:
        if names and self.way.unknown:
            raise _RefusedError(self.way.unknown)

    # what is sent

    def _read(
        self, asked: Asked, checks: Mapping[str, Callable[[Any], bool]], required: str = ""
    ) -> dict[str, Any]:
        way = self.way
        media_type = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self.fault == "media-type-missing-fails" and not media_type:
            raise _RefusedError(500)
        if media_type != "application/json":
            raise _RefusedError(way.unsupported)
        try:
            sent = json.loads(asked.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise _RefusedError(400) from None
        if not isinstance(sent, dict):
            raise _RefusedError(way.invalid)
        self._refuse_unknown(set(sent) - set(checks))
        if required and required not in sent:
            raise _RefusedError(way.invalid)
        if not sent and not required and way.empty:
            raise _RefusedError(way.empty)
        checks = {**checks, **self._loosened()}
        good = {name: value for name, value in sent.items() if name in checks and checks[name](value)}
        bad = {name for name in sent if name in checks} - set(good)
        if any(isinstance(value, int) and value > way.largest for value in sent.values()):
            raise _RefusedError(way.invalid)
        if bad:
            self._store_refused(asked, good)
            raise _RefusedError(way.invalid)
        return {name: self._tidied(name, value) for name, value in good.items()} | self._taken(asked, sent)

    def _store_refused(self, asked: Asked, good: dict[str, Any]) -> None:
        if self.fault == "refused-stores" and asked.method == "PATCH" and asked.path.startswith("/tasks/"):
            task = self.tasks.get(int(asked.path.rpartition("/")[2]))
            if task:
                task |= good
        if self.fault == "refused-create-stores" and asked.path.endswith("/tasks") and "title" in good:
            self._new_task(int(asked.path.split("/")[2]), good, "ann")

    def _loosened(self) -> dict[str, Callable[[Any], bool]]:
        text = re.compile(r"\d{4}-\d\d-\d\d").fullmatch
        return {
            "impossible-date": {"due_on": lambda value: isinstance(value, str) and bool(text(value))},
            "date-of-text": {"starts_on": lambda value: isinstance(value, str)},
            "code-with-line-break": {
                "code": lambda value: (
                    isinstance(value, str) and bool(re.match("^[A-Z]{3}-[0-9]{1,6}$", value))
                )
            },
            "tags-repeat": {
                "tags": lambda value: isinstance(value, list) and all(map(_is_text(1, 20), value))
            },
            "tags-unlimited": {
                "tags": lambda value: _tags_fit(value[:5]) if isinstance(value, list) else False
            },
        }.get(self.fault, {})

    def _taken(self, asked: Asked, sent: dict[str, Any]) -> dict[str, Any]:
        is_task = "task" in asked.path
        if self.fault == "read-only-taken" and is_task and asked.method == "POST":
            return {name: sent[name] for name in ("status",) if sent.get(name) in {"open", "done"}}
        if self.fault == "read-only-taken-by-patch" and not is_task and asked.method == "PATCH":
            return {name: sent[name] for name in ("archived",) if isinstance(sent.get(name), bool)}
        if self.fault == "id-taken" and not is_task and asked.method == "POST":
            return {name: sent[name] for name in ("id",) if isinstance(sent.get(name), int)}
        return {}

    def _tidied(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and name in {"name", "note", "title", "description"}:
            value = self.way.kept(value)
        return value

    def _broken(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of a new task as a faulty server stores them."""
        title, price, estimate = fields.get("title"), fields.get("price"), fields.get("estimate")
        if self.fault == "cut-at-line-break" and title and title.splitlines():
            return {**fields, "title": title.splitlines()[0]}
        if self.fault == "title-cut" and title:
            return {**fields, "title": title[:100]}
        if self.fault == "not-ascii-lost" and title:
            return {**fields, "title": title.encode("ascii", "replace").decode()}
        if self.fault == "estimate-wraps" and estimate:
            return {**fields, "estimate": (int(estimate) + 2**31) % 2**32 - 2**31}
        if self.fault == "price-whole" and price:
            return {**fields, "price": int(price)}
        return fields

    # records

    def _number(self) -> int:
        if self.fault == "overlap-one-number":
            number = self.count + 1
            self._meet()
            self.count = number
            return number
        self.count += 1
        return self.count

    def _new_project(self, fields: dict[str, Any], owner: str) -> dict[str, Any]:
        key = self._number()
        project = {"id": key, "note": None, "archived": False, "owner": owner, "version": 1, **fields}
        self.projects[project["id"]] = project
        return project

    def _new_task(self, project: int, fields: dict[str, Any], owner: str) -> dict[str, Any]:
        base: dict[str, Any] = {
            "description": None,
            "priority": 3,
            "urgent": False,
            "tags": [],
            "status": "open",
        }
        task = {"id": self._number(), "project_id": project, **base, "owner": owner, "version": 1, **fields}
        self.tasks[task["id"]] = task
        return task

    def _show(self, record: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in record.items() if name not in {"owner", "version"}}
        shown["updated_at"] = self.way.moment
        if "archived" in shown:
            shown["created_at"] = self.way.moment
            shown["task_count"] = sum(task["project_id"] == record["id"] for task in self.tasks.values())
            if self.fault == "count-never-falls":
                record["most"] = shown["task_count"] = max(record.get("most", 0), shown["task_count"])
                shown.pop("most", None)
        if self.way.counts_reads:
            self.reads += 1
            shown["reads"] = self.reads
        return self.way.shown(shown)

    def _free(self, name: str | None, own: int | None = None) -> None:
        if self.way.unique and any(
            one["name"] == name and one["id"] != own for one in self.projects.values() if name is not None
        ):
            raise _RefusedError(self.way.unique)

    def _page(self, entries: list[dict[str, Any]], start: int, size: int) -> list[dict[str, Any]]:
        return entries[start : start + size]

    def _whole(self, asked: Asked, name: str, default: int, least: int, most: int) -> int:
        text = parse_qs(asked.query, keep_blank_values=True).get(name, [str(default)])[-1]
        value = _loose(text) if self.fault == "loose-number" else None
        if value is None and re.fullmatch("-?[0-9]{1,9}", text, re.ASCII):
            value = int(text)
        if value is None:
            raise _RefusedError(self.way.invalid)
        if least <= value <= most:
            return value
        if not self.way.clamps:
            raise _RefusedError(self.way.invalid)
        return min(max(value, least), most)

    def _ordered(self, records: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
        entries = [one for one in records.values() if one["id"] not in self.hidden]
        if self.way.order == "newest":
            entries.reverse()
        if self.way.order == "name":
            entries.sort(key=lambda one: str(one.get("name") or one.get("title")))
        return entries

    def _created(self, record: dict[str, Any], status: int, path: str) -> Told:
        headers = {}
        if self.way.location:
            headers["Location"] = self.way.location.format(path=path)
        if self.fault == "location-of-another" and path.startswith("/tasks/"):
            headers["Location"] = f"/tasks/{record['id'] - 1}"
        return Told(status, self._show(record), headers)

    # projects

    def _list_projects(self, asked: Asked, who: str) -> Told:
        page = self._whole(asked, "page", 1, 1, 10**6)
        size = self._whole(asked, "per_page", 20, 1, 50)
        archived = parse_qs(asked.query, keep_blank_values=True).get("archived", [None])[-1]
        if archived not in {None, "true", "false"}:
            raise _RefusedError(self.way.invalid)
        entries = self._ordered(self.projects)
        if self.way.foreign:
            entries = [one for one in entries if one["owner"] == who]
        if archived is not None:
            wanted = (archived == "true") is not (self.fault == "archived-filter-inverted")
            entries = [one for one in entries if one["archived"] is wanted]
        start = (page - 1) * size
        if page > 1:
            start += {"page-overlaps": -1, "page-skips": 1}.get(self.fault, 0)
        return Told(200, [self._show(one) for one in self._page(entries, start, size)])

    def _create_project(self, asked: Asked, who: str) -> Told:
        fields = self._read(asked, _PROJECT, "name")
        self._free(fields["name"])
        project = self._new_project(fields, who)
        return self._created(project, self.way.created, f"/projects/{project['id']}")

    def _get_project(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        return Told(200, self._show(project))

    def _put_project(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        self._refuse_closed(project)
        fields = self._read(asked, _PROJECT, "name")
        self._free(fields["name"], project["id"])
        is_new = project["id"] not in self.projects
        if self.fault == "put-answers-what-was-sent":
            return Told(200, {**self._show(project), **fields})
        kept: dict[str, Any] = {
            name: project[name] for name in ("id", "archived", "owner", "version") if name in project
        }
        self.projects[project["id"]] = {"archived": False, "version": 1, "note": None, **kept, **fields}
        self.count = max(self.count, project["id"])
        if is_new:
            return Told(201, self._show(self.projects[project["id"]]))
        return Told(204) if self.way.put == 204 else Told(200, self._show(self.projects[project["id"]]))

    def _patch_project(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        self._refuse_closed(project)
        fields = self._read(asked, _PROJECT)
        self._free(fields.get("name"), project["id"])
        if self.fault == "patch-project-forgets-note" and "name" in fields:
            project["note"] = None
        project |= fields
        return Told(200, self._show(project))

    def _delete_project(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        if self.fault == "delete-project-hides-only-from-list":
            self.hidden.add(project["id"])
            return Told(204)
        del self.projects[project["id"]]
        self.tasks = {key: task for key, task in self.tasks.items() if task["project_id"] != project["id"]}
        self.deleted.add(project["id"])
        return Told(204)

    def _archive(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        if project["archived"] and self.way.twice:
            raise _RefusedError(self.way.twice)
        if self.fault == "archive-not-stored":
            return Told(200, {**self._show(project), "archived": True})
        project["archived"] = True
        if self.fault == "archive-archives-all":
            for one in self.projects.values():
                one["archived"] = True
        shown = self._show(project)
        return Told(200, {**shown, "archived": False} if self.fault == "archive-shows-open" else shown)

    def _refuse_closed(self, project: dict[str, Any]) -> None:
        if self.way.closed and project.get("archived"):
            raise _RefusedError(self.way.closed)

    def _get_logo(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        content = self.logos.get(project["id"])
        if content is None:
            raise _RefusedError(404)
        content = content[:-1] if self.fault == "logo-cut" else content
        media_type = "image/jpeg" if self.fault == "logo-type" else "image/png"
        return Told(200, content, {"Content-Type": media_type})

    def _put_logo(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        if asked.headers.get("content-type", "").partition(";")[0] != "image/png":
            raise _RefusedError(self.way.unsupported)
        if not asked.body:
            raise _RefusedError(self.way.invalid)
        if self.fault == "logo-of-another":
            for key in self.projects:
                self.logos[key] = asked.body
        self.logos[project["id"]] = asked.body
        return Told(204)

    # tasks

    def _list_tasks(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        limit = self._whole(asked, "limit", 50, 1, 100)
        offset = self._whole(asked, "offset", 0, 0, 10**6)
        query = parse_qs(asked.query, keep_blank_values=True)
        status, sort = query.get("status", [None])[-1], query.get("sort", [None])[-1]
        if status not in {None, "open", "done"} or sort not in {
            None,
            "title",
            "-title",
            "priority",
            "-priority",
        }:
            raise _RefusedError(self.way.invalid)
        entries = self._ordered(self.tasks)
        if self.fault != "list-of-all":
            entries = [one for one in entries if one["project_id"] == project["id"]]
        if self.fault == "filter-after-limit":
            entries = entries[offset : offset + limit]
        if status is not None and self.fault != "filter-ignored":
            entries = [one for one in entries if one["status"] == status]
            if self.fault == "filter-drops-one":
                entries = entries[:-1]
        if sort is not None and self.fault != "sort-ignored":
            descends = sort.startswith("-") and self.fault != "sort-never-descends"
            entries.sort(key=lambda one: one[sort.lstrip("-")], reverse=descends)
        total = len(entries) + (self.fault == "total-off-by-one")
        if self.fault == "last-never-listed":
            entries = entries[:-1]
        start = 0 if self.fault == "offset-ignored" else offset
        size = 10**6 if self.fault == "limit-ignored" else limit
        shown = [self._show(one) for one in entries[start : start + size]]
        if self.fault == "read-differs-from-list":
            shown = [{**one, "priority": 1} for one in shown]
        return Told(200, {"items": shown, "total": len(shown) if self.fault == "total-of-page" else total})

    def _create_task(self, asked: Asked, who: str, project: dict[str, Any]) -> Told:
        self._refuse_closed(project)
        fields = self._broken(self._read(asked, _TASK, "title"))
        owner = next(iter(self.projects)) if self.fault == "create-in-first-project" else project["id"]
        task = self._new_task(owner, fields, who)
        if self.fault == "create-twice":
            self._new_task(project["id"], fields, who)
        return self._created(task, 201, f"/tasks/{task['id']}")

    def _tag(self, task: dict[str, Any]) -> dict[str, str]:
        if not self.way.etag:
            return {}
        known = {name: value for name, value in task.items() if name not in {"owner"}}
        digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:12]
        return {"ETag": self.way.etag.format("same" if self.fault == "etag-constant" else digest)}

    def _get_task(self, asked: Asked, who: str, task: dict[str, Any]) -> Told:
        if self.fault == "intermittent":
            self.reads += 1
            if self.reads % 5 == 0:
                raise _RefusedError(500)
        if self.fault == "get-changes":
            task["priority"] = min(5, task["priority"] + 1)
        tags = self._tag(task)
        wanted = asked.headers.get("if-none-match")
        if wanted and tags and (_weak(wanted) == _weak(tags["ETag"]) or self.fault == "not-modified-always"):
            return Told(304, headers=tags)
        return Told(200, self._show(task), tags)

    def _patch_task(self, asked: Asked, who: str, task: dict[str, Any]) -> Told:
        self._refuse_closed(self.projects.get(task["project_id"], {}))
        wanted, tags = asked.headers.get("if-match"), self._tag(task)
        if wanted is None and self.way.needs_match:
            raise _RefusedError(self.way.needs_match)
        is_same = not tags or wanted in {"*", tags["ETag"]} or wanted is None
        fields = self._read(asked, _TASK)
        if not is_same and self.fault != "etag-not-compared":
            raise _RefusedError(412)
        if self.fault == "overlap-etag-compared-early":
            self._meet()
        losses: dict[str, Callable[[Any], bool]] = {
            "zero-lost": lambda value: value == 0 and not isinstance(value, bool),
            "false-lost": lambda value: value is False,
            "empty-list-lost": lambda value: value == [],
            "null-ignored": lambda value: value is None,
        }
        lost = losses.get(self.fault, lambda _: False)
        fields = {name: value for name, value in fields.items() if not lost(value)}
        if self.fault == "patch-task-appends-tags" and "tags" in fields:
            fields["tags"] = list(dict.fromkeys([*task["tags"], *fields["tags"]]))[:5]
        if self.fault == "patch-task-drops-priority" and "priority" not in fields:
            fields["priority"] = 3
        if self.fault == "patch-also-others":
            for one in self.tasks.values():
                one |= {name: value for name, value in fields.items() if name == "priority"}
        if self.fault == "overlap-loses-change":
            old = dict(task)
            self._meet()
            task |= old
        task |= fields
        task["version"] += 1
        return Told(200, self._show(task), self._tag(task))

    def _delete_task(self, asked: Asked, who: str, task: dict[str, Any]) -> Told:
        if self.fault == "delete-not-done":
            return Told(204)
        del self.tasks[task["id"]]
        self.deleted.add(task["id"])
        if self.fault == "second-delete-fails":
            self.deleted.discard(task["id"])
            self.way = Way(**{**self.way.__dict__, "again": 500})
            self.deleted.add(task["id"])
        if self.fault == "delete-also-next":
            following = [key for key in self.tasks if key > task["id"]]
            for key in following[:1] or list(self.tasks)[:1]:
                del self.tasks[key]
        return Told(204)

    def _complete(self, asked: Asked, who: str, task: dict[str, Any]) -> Told:
        if task["status"] == "done":
            if self.fault == "complete-twice-fails":
                raise _RefusedError(500)
            if self.way.twice:
                raise _RefusedError(self.way.twice)
        if self.fault == "complete-not-stored":
            return Told(200, {**self._show(task), "status": "done"})
        task["status"] = "done"
        shown = self._show(task)
        return Told(200, {**shown, "status": "open"} if self.fault == "complete-shows-open" else shown)


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _loose(text: str) -> int | None:
    """A whole number as lenient languages read one."""
    try:
        return int(float(text)) if re.match(r"^\s*[0-9.]+(e[0-9]+)?\s*$", text) else int(text, 0)
    except ValueError:
        return None


def _weak(tag: str) -> str:
    return tag.removeprefix("W/")


def composed(text: str) -> str:
    """The text in the composed Unicode form."""
    return unicodedata.normalize("NFC", text)
