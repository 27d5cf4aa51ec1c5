"""One operation as one object: request validation, access, behaviour, response validation.

All front ends use endpoints: the mock runs them, the admin API consists of them, the proxy validates both
directions with them, and `check` uses them as its model. Only this module combines these parts.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from mockserver.behaviour.backend import Response
from mockserver.behaviour.callbacks import Callbacks
from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.behaviour.preferences import Preferences
from mockserver.behaviour.request_rules.idempotency import (
    IDEMPOTENCY_KEY,
    IdempotencyKeys,
    fingerprint,
    key_header,
)
from mockserver.behaviour.request_rules.request_limits import Limiter
from mockserver.errors import (
    CHALLENGE,
    ApiError,
    DocumentError,
    MethodNotAllowedError,
    NotImplementedByMockError,
    PathNotFoundError,
    error_of,
)
from mockserver.http import json_text
from mockserver.http.access.access_rules import AccessRule, SecuritySchemes
from mockserver.http.exchange import Exchange, RawResponse
from mockserver.http.interception.rules_in_force import FindRecord, OperationRules
from mockserver.http.request.operation_behaviour import (
    Responder,
    backends,
    bind,
    handler_of,
    now_of,
    request_of,
)
from mockserver.http.request.request_contract import RequestContract
from mockserver.http.response.live_streams import EventValues
from mockserver.http.response.media_addresses import with_media_addresses, with_media_base
from mockserver.http.response.response_contract import ResponseContract
from mockserver.http.router import Router
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, streams
from mockserver.openapi.operation import Operation
from mockserver.resources.operations.executor import combined
from mockserver.resources.plan import ListPlan
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import ForcedAnswer

Behave = Callable[[Operation, Service], Responder]
"""Chooses the behaviour of an operation."""

Part = TypeVar("Part")

log = logging.getLogger("mockserver")


class part(cached_property[Part]):  # noqa: N801  a decorator, as `cached_property` is
    """A part of an endpoint, compiled at its first use.

    Raises:
        NotImplementedByMockError: the document breaks this operation; other operations are still served.
    """

    def __get__(self, endpoint: object, owner: Any = None) -> Part:  # type: ignore[override]
        try:
            compiled: Part = super().__get__(endpoint, owner)
        except (DocumentError, ValueError, LookupError, RecursionError) as error:
            operation: Operation = vars(endpoint)["operation"]
            raise _broken(operation.id, error) from None
        return compiled


def _broken(operation_id: str, error: Exception) -> NotImplementedByMockError:
    return NotImplementedByMockError(f"{operation_id} cannot be served as it is documented: {error}")


class Endpoint:
    """One operation of a served API.

    Attributes:
        operation: the operation in the document.
        service: the API that it belongs to.
        access: who may call it.
        request: reads and validates its requests.
        rules: rules, which are tried before the behaviour.
        behaviour: answers a valid request if no rule matches.
        response: validates and encodes its responses.
        callbacks: the requests that it sends after a response.
        limiter: counts its requests if a rate limit is set.
        idempotency: replays the answer for a repeated key; None if the operation takes no keys.
        live: compares the records in its event stream; None if the stream does not stay open.
    """

    def __init__(
        self, operation: Operation, service: Service, schemes: SecuritySchemes, behave: Behave
    ) -> None:
        self.operation = operation
        self.service = service
        self._schemes = schemes
        self._behave = behave

    @part
    def access(self) -> AccessRule:
        """See the class."""
        return AccessRule(self.operation, self._schemes, self.service)

    @part
    def request(self) -> RequestContract:
        """See the class."""
        return RequestContract(self.operation, self.service)

    @part
    def rules(self) -> OperationRules:
        """See the class."""
        return OperationRules(self.service, self.operation.behaviour_id)

    @part
    def record(self) -> FindRecord:
        """Finds the record that a request is about."""
        find, service = self.service.fallback.record_finder(self.operation), self.service
        backend_of = backends(service)
        return lambda exchange: find(backend_of(exchange), request_of(exchange, service))

    @part
    def behaviour(self) -> Responder:
        """See the class."""
        return self._behave(self.operation, self.service)

    @part
    def response(self) -> ResponseContract:
        """See the class."""
        return ResponseContract(self.operation, self.service)

    @part
    def callbacks(self) -> Callbacks:
        """See the class."""
        return self.service.fallback.callbacks(self.operation)

    @part
    def is_plain(self) -> bool:
        """Whether only an answer is needed: no callbacks, deprecation, limit, idempotency key or stream."""
        is_special = self.operation.deprecated or self.callbacks or self.is_paced
        return not (is_special or self.limiter.is_on or self.idempotency or self.live)

    @part
    def live(self) -> EventValues | None:
        """Compares the records that an event stream shows, to find changes; None if it shows no records."""
        operation, service = self.operation, self.service
        if self.is_informed or not streams.offers(operation):
            return None
        plan = service.fallback.plan(operation)
        if not isinstance(plan, ListPlan) or plan.watch is None or plan.resource.key is None:
            return None
        fits = service.compiler.compile(plan.watch.value, "response").is_valid
        return EventValues(plan.watch, plan.resource.key, fits)

    @part
    def limiter(self) -> Limiter:
        """See the class."""
        return Limiter(self.operation, self.service.limit_of(self.operation)[0])

    @part
    def idempotency(self) -> IdempotencyKeys | None:
        """See the class."""
        operation, service = self.operation, self.service
        said = service.fixture.idempotency.get(operation.behaviour_id)
        said = operation.settings.get("idempotency") if said is None else said
        header = key_header(operation)
        if said is None:
            said = header is not None and not service.settings.stateless
        return IdempotencyKeys(operation, header or IDEMPOTENCY_KEY) if said else None

    @part
    def is_paced(self) -> bool:
        """Whether the values of a stream are sent with a pause between them."""
        return self.service.settings.stream_interval > 0 and bool(streams.offers(self.operation))

    @part
    def exposed(self) -> bytes:
        """The documented response headers that a page of another origin may read, as a list of names."""
        documented = {
            header.name: None
            for response in self.operation.responses.values()
            for header in response.headers.values()
        }
        return ", ".join(documented).encode()

    def compile(self) -> None:
        """Compile access, request and response now, which is otherwise done at the first use of each.

        Raises:
            NotImplementedByMockError: the document breaks the operation.
        """
        _ = self.access, self.request, self.response

    @property
    def is_informed(self) -> bool:
        """Whether a handler or rules define the operation's behaviour, beyond its document."""
        return is_informed(self.operation, self.service)

    def answer(self, exchange: Exchange, session: Overlay) -> RawResponse:
        """Answer a valid request, inside its session's unit of work."""
        exchange.state = session
        exchange.emitted = ()  # a unit may run again
        # A session has rules only if it has overrides.
        if self.rules.are_written or exchange.intervention is not None:
            rule = self.rules.answering(exchange, self.record)
            if rule is not None:
                why = f"The rule {rule.name} answers {rule.answer.status}."
                response = _forced_response(rule.answer, self.operation, self.service, why)
                return self._encoded(response, exchange)
        return self._encoded(self.behaviour(exchange), exchange)

    def _encoded(self, response: Response, exchange: Exchange) -> RawResponse:
        """Encode a response; links to generated media point to this mock."""
        answer = self.response.encode(response)
        return with_media_addresses(answer, exchange, self.service.settings.public_url)

    def limit(self, exchange: Exchange, session: Overlay) -> None:
        """Count a request against the operation's limit.

        Raises:
            TooManyRequestsError: the limit is exceeded.
        """
        fields, refusal = self.limiter.take(session, now_of(exchange, self.service))
        exchange.overriding = [(name.encode(), value.encode()) for name, value in fields]
        if refusal is not None:
            raise refusal

    def answer_once(self, exchange: Exchange, session: Overlay) -> RawResponse:
        """Answer a valid request; a repeated idempotency key gets the stored first answer.

        Raises:
            ApiError: the key was first used with a different request.
        """
        keys = self.idempotency
        sent = None if keys is None else exchange.header(keys.header.lower())
        if keys is None or sent is None:
            return self.answer(exchange, session)
        query = exchange.query_string.decode("latin-1")
        content = exchange.body if exchange.body_value is None else exchange.body_value
        key = keys.key(sent, exchange.identity.subject)
        request = fingerprint(exchange.path, query, content)
        now = now_of(exchange, self.service)
        known = keys.known(session, key, request, now)
        if known is not None:
            exchange.reply_headers = [*exchange.reply_headers, (b"idempotent-replayed", b"true")]
            exchange.notes = (*exchange.notes, f"The answer is that of the first request with {keys.header}.")
            return known
        answer = self.answer(exchange, session)
        keys.keep(session, key, request, answer, now)
        return answer

    def documented(self, exchange: Exchange, preferences: Preferences) -> RawResponse:
        """Answer a valid request with a documented response, ignoring the session's state."""
        response = self.service.fallback.documented(
            self.operation, preferences, request_of(exchange, self.service)
        )
        return self._encoded(response, exchange)

    def forced(self, exchange: Exchange, forced: ForcedAnswer) -> RawResponse:
        """Encode a forced answer, which was validated when it was set."""
        return self._encoded(_forced_response(forced, self.operation, self.service), exchange)

    def emitted(self, exchange: Exchange) -> list[OutgoingRequest]:
        """The webhooks that the operation's handler emitted; one that cannot be built is logged."""
        made = []
        for name, body in exchange.emitted:
            try:
                settings = self.service.settings
                sent = self.service.fallback.webhooks.outgoing(name, settings.webhook_url or "", body=body)
                made.append(replace(sent, body=with_media_base(sent.body, exchange, settings.public_url)))
            except ApiError as error:
                exchange.notes = (*exchange.notes, f"The webhook {name} was not sent: {error.detail}")
                log.warning("%s emitted %s: %s", self.operation.id, name, error)
        return made

    def outgoing(self, exchange: Exchange, answer: RawResponse) -> list[OutgoingRequest]:
        """The requests that the operation's callbacks send after an answer."""
        status, headers, content = answer
        fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        media_type = dict(fields).get("content-type", "")
        body = json_text.decode(content) if content and media_types.is_json(media_type) else None
        response = Response(status, body, headers=fields)
        try:
            return list(
                self.callbacks.outgoing(request_of(exchange, self.service), response, exchange.method)
            )
        except (KeyError, TypeError, ValueError, RecursionError):  # a broken callback breaks no answer
            log.warning("The callbacks of %s cannot be made", self.operation.id, exc_info=True)
            return []


class Endpoints:
    """The endpoints of served APIs; each is created when it is first looked up."""

    def __init__(self, services: Mapping[str, Service], router: Router, behave: Behave | None = None) -> None:
        """`behave` chooses the behaviour; by default the API's handler, else what the document implies."""
        self.router = router
        self._services = services
        self._behave = behave or bind
        self._schemes = {name: SecuritySchemes(service) for name, service in services.items()}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}

    def route(self, exchange: Exchange) -> None:
        """Find the endpoint of a request and store it, or the reason why there is none, in the exchange."""
        try:
            route, exchange.path_parameters = self.router.find(exchange.method, exchange.path, exchange)
        except (PathNotFoundError, MethodNotAllowedError) as error:
            exchange.unrouted = error
            return
        key = exchange.api, exchange.operation_id = route.key
        exchange.base_path, exchange.context = route.base_path, route.context
        try:
            exchange.endpoint = self._endpoints.get(key) or self.endpoint(*key)
        except NotImplementedByMockError as error:
            exchange.unrouted = error

    def endpoint(self, api: str, operation_id: str) -> Endpoint:
        """The endpoint of an operation.

        Raises:
            NotImplementedByMockError: the document breaks the operation.
            KeyError: there is no such operation.
        """
        key = (api, operation_id)
        if key not in self._endpoints:
            service = self._services[api]
            try:
                operation = service.document.operation(operation_id)
            except (DocumentError, ValueError, RecursionError) as error:
                raise _broken(operation_id, error) from None
            self._endpoints[key] = Endpoint(operation, service, self._schemes[api], self._behave)
        return self._endpoints[key]

    def refusal(self, exchange: Exchange) -> ApiError | None:
        """Why a request has no endpoint; stores similar operations in the exchange as suggestions."""
        error = exchange.unrouted
        if isinstance(error, PathNotFoundError | MethodNotAllowedError):
            exchange.near = self.router.near(exchange.method, exchange.path)
        return error


def is_informed(operation: Operation, service: Service) -> bool:
    """Whether a handler or rules define an operation's behaviour, beyond its document."""
    has_rules = operation.behaviour_id in service.fixture.rules
    return has_rules or handler_of(operation, service) is not None


def _forced_response(forced: ForcedAnswer, operation: Operation, service: Service, why: str = "") -> Response:
    """Turn a forced answer, which was validated when it was set, into a response.

    Raises:
        ApiError: the forced answer leaves its body to the API's own error format.
    """
    if forced.own_words:
        raise error_of(forced.status, why or f"The answer {forced.id} was forced.")
    negotiator, status = service.fallback.negotiator, forced.status
    body, media_type = forced.body, forced.media_type
    if forced.made:
        made = negotiator.answer(operation, Preferences(code=status), media_type)
        body, media_type = made.body, made.content_type
    headers = combined(CHALLENGE.get(status, ()), negotiator.headers(operation, status))
    return Response(status, body, media_type, headers, checked=True)
