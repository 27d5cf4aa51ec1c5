"""What behaviours get of a request: its backend, its time, and its values."""

from collections.abc import Callable
from datetime import datetime

from mockserver.behaviour.backend import Backend
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.http.exchange import NOTHING, Exchange, base_url_of
from mockserver.http.request.form_bodies import read_multipart
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, streams
from mockserver.state.clock import Clock


def backends(service: Service) -> Callable[[Exchange], Backend]:
    """A function that makes the backend of a request."""
    name, own_clock, seed = service.name, service.clock, service.settings.seed
    locale, rules = service.fixture.locale, service.fallback.rules

    def backend_of(exchange: Exchange) -> Backend:
        intervention = exchange.intervention
        clock = own_clock if intervention is None else intervention.clock
        return Backend(exchange.state, name, clock, exchange.identity, seed, locale, rules)

    return backend_of


def clock_of(exchange: Exchange, service: Service) -> Clock:
    """The session's clock."""
    return service.clock if exchange.intervention is None else exchange.intervention.clock


def now_of(exchange: Exchange, service: Service) -> datetime:
    """The current time of the session."""
    return clock_of(exchange, service).now()


def request_of(exchange: Exchange, service: Service) -> Request:
    """Convert a valid request into the form that behaviours get."""
    accept, body = exchange.header("accept"), exchange.body_value
    body_type = None
    uploads: tuple[tuple[str, UploadedFile], ...] = ()
    if exchange.body:
        content_type = exchange.header("content-type")
        body_type = media_types.plain(content_type) if content_type else None
        if isinstance(body, dict):
            accept = streams.wanted(exchange.endpoint.operation, body, accept)
            if body_type is not None and media_types.is_multipart_form(body_type):
                uploads = _uploads(exchange.body, str(content_type))
    return Request(
        base_url_of(exchange, service.settings.public_url),
        exchange.prefix + exchange.path,
        exchange.method,
        exchange.prefix + exchange.base_path,
        exchange.query if exchange.query_string else NOTHING,
        exchange.arguments,
        body,
        exchange.body,
        body_type,
        accept,
        exchange.headers,
        dict(reversed(uploads)) if uploads else NOTHING,
        uploads,
    )


def _uploads(content: bytes, content_type: str) -> tuple[tuple[str, UploadedFile], ...]:
    """The files of a multipart form, each with its field's name."""
    found = read_multipart(content, content_type)
    return tuple((name.removesuffix("[]"), value) for name, value in found if isinstance(value, UploadedFile))
