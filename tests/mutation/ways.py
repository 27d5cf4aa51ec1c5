"""What sound servers do where a document is silent, by the framework that is known for it."""

from __future__ import annotations

from typing import Any

from tests.mutation.projects import Way, composed

_PROBLEM = ("application/problem+json", '{"type": "about:blank", "title": "No", "status": 400}')


def _without_nulls(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if value is not None}


def _without_empty(shown: dict[str, Any]) -> dict[str, Any]:
    needed = {"archived", "task_count"}
    return {
        name: value
        for name, value in shown.items()
        if value not in (None, [], False, 0, "") or name in needed
    }


def _with_more(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "_links": {"self": {"href": f"/x/{shown['id']}"}}, "lock_version": 0, "url": None}


def _with_floats(shown: dict[str, Any]) -> dict[str, Any]:
    names = {"budget", "price"} & shown.keys()
    return {**shown, **{name: round(float(shown[name]), 2) for name in names}}


def _reversed(shown: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(shown.items()))


def _tags_sorted(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "tags": sorted(shown["tags"])} if "tags" in shown else shown


def _all_fields(shown: dict[str, Any]) -> dict[str, Any]:
    names = ("note", "budget", "starts_on") if "name" in shown else ("estimate", "price", "due_on", "code")
    defaults = {
        "note": None,
        "budget": 0,
        "starts_on": "1970-01-01",
        "estimate": 0,
        "price": 0.0,
        "due_on": "1970-01-01",
        "code": "AAA-0",
    }
    return {**{name: defaults[name] for name in names}, **shown}


WAYS = {
    "fastapi with a slash": Way(
        422,
        422,
        {"server": "uvicorn"},
        slash=True,
        unauthorized=403,
        error=(
            "application/json",
            '{"detail": [{"loc": ["path", "id"], "msg": "x", "type": "int_parsing"}]}',
        ),
    ),
    "fastapi that forbids extra fields": Way(422, 422, unknown=422, unsupported=422, empty=422),
    "django rest": Way(
        400,
        404,
        {"Vary": "Accept", "Allow": "GET, HEAD, OPTIONS"},
        slash=True,
        options=200,
        head=200,
        kept=str.strip,
        moment="2026-03-01T10:00:00.123456Z",
        order="newest",
    ),
    "django rest with soft delete": Way(400, 404, again=204, gone=410, shown=_with_more),
    "spring data rest": Way(
        400,
        400,
        {"Vary": "Origin"},
        shown=_with_more,
        location="{path}",
        put=204,
        head=200,
        options=200,
        upserts=True,
        error=_PROBLEM,
        moment="2026-03-01T10:00:00.123+00:00",
        empty=0,
    ),
    "spring with pages that are clamped": Way(400, 400, clamps=True, twice=409, closed=409),
    "rails": Way(
        422,
        404,
        {"X-Runtime": "0.012", "X-Request-Id": "1"},
        body_tag='W/"{}"',
        method=404,
        options=404,
        head=200,
        unsupported=400,
        moment="2026-03-01T10:00:00.000Z",
        unique=422,
        location="http://localhost{path}",
    ),
    "rails without a record of others": Way(422, 404, foreign=404, method=404, head=404, unauthorized=401),
    "express": Way(
        400,
        400,
        {"X-Powered-By": "Express"},
        body_tag='W/"2-{}"',
        created=200,
        method=404,
        options=200,
        head=200,
        unsupported=400,
        shown=_without_nulls,
        error=("text/html; charset=utf-8", "<pre>Cannot GET</pre>"),
    ),
    "nest with a validation pipe": Way(
        400, 400, unknown=400, empty=400, created=201, method=404, options=204, head=200, unsupported=400
    ),
    "laravel": Way(
        422,
        404,
        {"X-RateLimit-Limit": "60", "Set-Cookie": "x=1; HttpOnly; SameSite=Lax"},
        kept=str.strip,
        unsupported=422,
        limited=37,
        moment="2026-03-01T10:00:00.000000Z",
    ),
    "aspnet": Way(
        400,
        404,
        {"Server": "Kestrel"},
        error=_PROBLEM,
        put=204,
        location="http://x{path}",
        moment="2026-03-01T10:00:00.1234567+00:00",
        needs_match=428,
    ),
    "aspnet with weak tags": Way(
        400, 400, etag='W/"{}"', again=204, twice=409, media_type="application/json; charset=utf-8"
    ),
    "gin": Way(
        400,
        400,
        shown=_without_empty,
        method=404,
        options=404,
        head=404,
        unsupported=400,
        error=("text/plain", "404 page not found"),
        media_type="application/json; charset=utf-8",
    ),
    "go that fills in all fields": Way(400, 400, shown=_all_fields, order="name"),
    "phoenix": Way(
        422, 404, method=404, kept=composed, gone=404, error=("application/json", '{"errors": {}}')
    ),
    "axum": Way(422, 400, error=("text/plain; charset=utf-8", "Failed"), unsupported=415, largest=2**31 - 1),
    "quarkus": Way(
        400, 404, shown=_reversed, clamps=True, media_type="application/json;charset=UTF-8", etag=""
    ),
    "flask": Way(
        400,
        404,
        {"Server": "Werkzeug"},
        error=("text/html; charset=utf-8", "<h1>Bad Request</h1>"),
        options=200,
        head=200,
        shown=_tags_sorted,
    ),
    "symfony api platform": Way(
        422,
        404,
        {"Link": '<http://x/docs>; rel="describedby"'},
        error=_PROBLEM,
        unique=422,
        unknown=400,
        foreign=403,
        closed=422,
    ),
    "a gateway in front": Way(
        400,
        400,
        {"Via": "1.1 gw", "Cache-Control": "no-store", "X-Request-Id": "7"},
        error=("application/json", '{"message": "Forbidden"}'),
        unauthorized=403,
        options=200,
        limited=23,
    ),
    "php with decimals": Way(422, 404, shown=_with_floats, kept=str.strip, again=204),
    "a counter in each answer": Way(counts_reads=True, order="newest", gone=410, again=410),
    "tidy texts": Way(kept=lambda text: " ".join(text.split()), unique=409),
    "everything is shared": Way(foreign=0, twice=0, closed=403, upserts=True),
}
