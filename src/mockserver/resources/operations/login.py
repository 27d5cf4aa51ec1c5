"""Log a user in: answer a name and password, a grant, or a refresh token with an access token."""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.response_choice import ResponseChoice
from mockserver.errors import BadRequestError, UnauthorizedError
from mockserver.openapi.operation import Operation
from mockserver.resources.body_paths import put_at, value_at
from mockserver.resources.operations.blobs import BLOB_EXECUTORS, LIST_EXECUTORS
from mockserver.resources.operations.crud import EXECUTORS, Create
from mockserver.resources.operations.executor import Executor, ExecutorContext, Headers, RecordRef
from mockserver.resources.plan import BORN, CreatePlan, LoginPlan, OperationKind, Plan, text_of
from mockserver.resources.records.users import Users
from mockserver.state.baseline import Record
from mockserver.state.clock import timestamp
from mockserver.state.identities import Identity

_OAUTH = {
    "user": ("username",),
    "password": ("password",),
    "refresh": ("refresh_token",),
    "client": ("client_id",),
    "secret": ("client_secret",),
}
"""The names in RFC 6749 of the fields of a token request; accepted even if undocumented."""

Answerer = Callable[[Backend, Request], Response]
"""Answers the requests of one operation."""


class TokenAnswer:
    """Writes tokens into a documented response body, each property if the value matches its schema."""

    def __init__(self, plan: LoginPlan | CreatePlan, context: ExecutorContext) -> None:
        self._tokens = plan.tokens
        self._context = context

    def written(self, body: Any, backend: Backend, identity: Identity, schema: Any) -> Any:
        """The body with a token for an identity."""
        values = self._values(identity, backend.moment)
        for place, meaning in self._tokens.items():
            for value in values.get(meaning, ()):
                new = put_at(body, place, value)
                if self._context.records.fits(schema, new):
                    body = new
                    break
        return body

    def _values(self, identity: Identity, now: datetime) -> Mapping[str, list[Any]]:
        """The possible values of a token property, by meaning, the likeliest first."""
        token, seconds = self._context.logins.token(identity, now)
        ends = (now + timedelta(seconds=seconds)).astimezone(UTC)
        scopes = sorted(identity.scopes or ())
        number = [int(identity.subject)] if identity.subject.isdecimal() else []
        return {
            "token": [token],
            "id_token": [token],
            "refresh": [self._context.logins.refresh_token(identity, now)],
            "type": ["Bearer", "bearer"],
            "scope": [" ".join(scopes), scopes],
            "seconds": [seconds],
            "moment": [timestamp(ends), int(ends.timestamp())],
            "user_id": [*number, identity.subject],
        }


class Login(Executor):
    """Answer with a token."""

    plan: LoginPlan

    def __init__(self, operation: Operation, plan: LoginPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        #: None when the document has no users.
        self._users: Users | None = None if plan.resource.single else context.logins.users(plan.resource)
        self._answer = TokenAnswer(plan, context)
        #: Whether any name and password may log in: neither identities nor users are given.
        self._is_open = not len(context.logins.identities) and plan.resource.fixture is None

    def __call__(self, backend: Backend, request: Request) -> Response:
        """See `Executor.__call__`.

        Raises:
            UnauthorizedError: no user has this name and this password.
            BadRequestError: the same, when the document has no 401.
        """
        choice = self.choice(request, self.plan.status)
        identity = self._who(backend, request)
        body = self._documented(choice).body
        cookie = self._cookie(backend, identity)
        if choice.media_type is None or choice.media_type.schema is None:
            return self.generated(request, self.plan.status, cookie)
        shown = self._with_user(choice, body, backend, identity)
        schema = choice.media_type.schema
        body = shown if self.context.records.fits(schema, shown) else body
        return self.answer(self._answer.written(body, backend, identity, schema), choice, cookie)

    def _cookie(self, backend: Backend, identity: Identity) -> Headers:
        """The `Set-Cookie` header with a token, if the plan has a cookie."""
        if self.plan.cookie is None:
            return ()
        token, seconds = self.context.logins.token(identity, backend.moment)
        value = f"{self.plan.cookie}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"
        return (("Set-Cookie", value),)

    def about(self, backend: Backend, request: Request) -> Record | None:
        """See `Executor.about`: the request names no record."""
        return None

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        return self(backend, request)

    def _said(self, request: Request, meaning: str) -> str:
        """The credentials in the request body, by meaning."""
        place = self.plan.credentials.get(meaning)
        if place is None and "grant" in self.plan.credentials:
            place = _OAUTH.get(meaning)
        value = None if place is None else value_at(request.body, place)
        return "" if value is None or isinstance(value, dict | list) else text_of(value)

    def _who(self, backend: Backend, request: Request) -> Identity:
        logins, now = self.context.logins, backend.moment
        token, grant = self._said(request, "refresh"), self._said(request, "grant")
        texts = [self._said(request, meaning) for meaning in ("email", "user")]
        if token and not any(texts):
            identity = logins.refreshed(backend, self._users, token, now)
            if identity is None:
                if self._is_open:  # a token of another server, or an example
                    return Identity("user", "", frozenset())
                raise self._refusal("The refresh token is unknown or has expired.")
            return identity
        password = self._said(request, "password")
        if not any(texts) and grant != "password":
            texts, password = self._client(request)
        known = logins.known(backend, self._users, texts, password)
        if known is None:
            if self._is_open:
                return self._new(backend, request, next(filter(None, texts), ""))
            raise self._refusal("No user has this name and this password.")
        if not known[1]:
            raise self._refusal("No user has this name and this password.")
        return known[0]

    def _client(self, request: Request) -> tuple[list[str], str]:
        """The client's id and secret, from the body or HTTP Basic (RFC 6749 section 2.3.1)."""
        said, secret = self._said(request, "client"), self._said(request, "secret")
        scheme, _, credentials = (request.header("authorization") or "").partition(" ")
        if not said and scheme.lower() == "basic":
            try:
                said, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError, ValueError):
                said = ""
        return [said], secret

    def _refusal(self, detail: str) -> UnauthorizedError | BadRequestError:
        if {"401", "4XX"} & set(self.operation.responses):
            return UnauthorizedError(detail, headers=[("WWW-Authenticate", "Bearer")])
        return BadRequestError(detail)

    def _new(self, backend: Backend, request: Request, text: str) -> Identity:
        """Create a user with this name or address, when any name may log in."""
        users, resource = self._users, self.resource
        if users is None or not text:
            return Identity(text or "user", text, frozenset())
        records = self.context.records
        collection = backend.collection(users.name)
        key = records.new_key(resource, users.name, collection)
        ids = records.ids(resource, (), key)
        made = records.object_of(resource.record, users.name, key, resource.word)
        name = next((one for one in users.names if records.fits(resource.properties[one], text)), None)
        if made is None or name is None:
            return Identity(text, text, frozenset())
        record = records.mended(resource.record, {**made, name: text, **ids}, made)
        if record is None or record.get(name) != text:
            return Identity(text, text, frozenset())
        collection.put(key, record)
        backend.collection(BORN).put(f"{users.name}/{key}", {})
        return users.identity_of(key, record)

    def _with_user(self, choice: ResponseChoice, body: Any, backend: Backend, identity: Identity) -> Any:
        """The body with the record of the user who logged in."""
        view, users = self.plan.view, self._users
        if view is None or users is None or not identity.subject:
            return body
        collection, name = users.collection_of(backend, identity)
        record = collection.get(identity.subject)
        showing = self.showing(choice)
        if record is None or showing is None:
            return body
        shown = showing.record(record, name, identity.subject)
        if shown is None:
            return body
        known = value_at(body, view.place)
        documented = known.items() if isinstance(known, dict) else ()
        kept = {field: value for field, value in documented if field not in self.resource.properties}
        return put_at(body, view.place, {**kept, **shown})


class Register(Create):
    """Create a user, and answer with a token for that user."""

    plan: CreatePlan

    def __init__(self, operation: Operation, plan: CreatePlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        self._answer = TokenAnswer(plan, context)

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        sent = self.sent(request)
        new = self._new(backend, request, ref, sent)
        response = self.create(backend, request, new, self.plan.status, sent)
        content = self.choice(request, response.status).media_type
        record = new.collection.get(new.key)
        if content is None or content.schema is None or record is None:
            return response
        identity = self.context.logins.users(self.resource).identity_of(str(new.key), record)
        body = self._answer.written(response.body, backend, identity, content.schema)
        return response._replace(body=body)


class OfCaller:
    """Answers by one executor for known callers, and by another function for anonymous ones."""

    def __init__(self, own: Executor, otherwise: Answerer) -> None:
        self._own = own
        self._otherwise = otherwise

    def __call__(self, backend: Backend, request: Request) -> Response:
        """Answer one request."""
        answer = self._own if backend.identity.subject else self._otherwise
        return answer(backend, request)


def executor_of(plan: Plan) -> type[Executor]:
    """The class of the executor of a plan."""
    if plan.kind is OperationKind.LOGIN:
        return Login
    if isinstance(plan, CreatePlan) and plan.tokens:
        return Register
    resource = plan.resource
    known = LIST_EXECUTORS if resource.is_list else BLOB_EXECUTORS if resource.raw else EXECUTORS
    return known[plan.kind]
