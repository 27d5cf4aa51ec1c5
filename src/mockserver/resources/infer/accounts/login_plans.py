"""Infer which operations log a user in, register a user, or act on the caller's own record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi import media_types
from mockserver.openapi.document import Document
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import MediaType, Operation, Schema
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import login_words
from mockserver.resources.infer.accounts.user_inference import UserInference, is_word, says
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.path_templates import full_name
from mockserver.resources.infer.response_views import success_status
from mockserver.resources.plan import LoginPlan, OperationKind, Reason, Resource, View

_DEEPEST = 3
_CALLERS = {
    "get": OperationKind.READ,
    "put": OperationKind.REPLACE,
    "patch": OperationKind.MERGE,
    "delete": OperationKind.DELETE,
}
_NUMBERS = frozenset(("integer", "number"))


@dataclass(frozen=True, slots=True)
class Registration:
    """How an operation registers a user.

    Attributes:
        view: the view of the user in its response; None when it shows none.
    """

    status: int
    view: View | None
    tokens: Mapping[BodyPath, str]
    reasons: tuple[Reason, ...]


class LoginInference:
    """The logins, registrations and operations about the caller of one document."""

    def __init__(self, document: Document, inference: ResourceInference) -> None:
        self._document = document
        self._inference = inference
        self._users = UserInference(document, inference)
        inference.add_pathless(lambda: self._users.resource)

    @property
    def users(self) -> Resource | None:
        """The resource of users; None when the document has none."""
        return self._users.resource

    def login(self, operation: Operation, *, is_corrected: bool = False) -> LoginPlan | None:
        """The plan of a login; None when the operation is none. `is_corrected`: a correction makes it one."""
        status = success_status(operation) if operation.method == "post" or is_corrected else None
        sent = self.sent(operation)
        if status is None or not (is_corrected or self._logs_in(operation, sent)):
            return None
        content = self._inference.views.content_of(operation.response(status))
        if not is_corrected and self._shows_password(content.schema if content is not None else None, 0):
            return None  # a record with a password and a token
        tokens = self.tokens(content, is_login=is_corrected or says(operation, login_words.LOGIN))
        cookie = None if "token" in tokens.values() else self._cookie(operation)
        if not is_corrected and cookie is None and "token" not in tokens.values():
            return None
        resource = self._users.resource
        view = self._user(status, content, resource)
        return LoginPlan(
            kind=OperationKind.LOGIN,
            resource=resource or self._no_users(operation, content),
            status=status,
            view=view,
            reasons=(*_reasons(sent, tokens), *_view_reasons(view), *_cookie_reasons(cookie)),
            credentials=sent,
            tokens=tokens,
            cookie=cookie,
        )

    def _cookie(self, operation: Operation) -> str | None:
        """The cookie that the document's security scheme asks for, if a login may set it."""
        schemes = self._document.security_schemes.values() if says(operation, login_words.LOGIN) else ()
        names = (
            one.get("name") for one in schemes if one.get("type") == "apiKey" and one.get("in") == "cookie"
        )
        return next((name for name in names if isinstance(name, str)), None)

    @staticmethod
    def _logs_in(operation: Operation, sent: Mapping[str, BodyPath]) -> bool:
        """Whether a request body is that of a login: name and password, a grant, or a refresh token."""
        if len(sent.get("grant", ())) == 1:
            return True
        if says(operation, login_words.OTHER_PASSWORDS):
            return False
        if "password" in sent and not sent.keys().isdisjoint({"user", "email"}):
            is_named = says(operation, login_words.LOGIN)
            return is_named or not (says(operation, login_words.REGISTER) or _is_at_users(operation))
        return len(sent.get("refresh", ())) == 1 and says(operation, login_words.LOGIN | login_words.RENEW)

    def _shows_password(self, schema: Schema | None, depth: int) -> bool:
        """Whether a response has a password in it; that of a login has none."""
        properties = {} if schema is None else self._inference.schemas.outline(schema).properties
        return any(
            (normalised(name) in login_words.SENT["password"] and not self._is_hidden(inner))
            or (depth < _DEEPEST and self._shows_password(inner, depth + 1))
            for name, inner in properties.items()
        )

    def _is_hidden(self, schema: Schema) -> bool:
        return self._inference.schemas.flag(schema, "writeOnly")

    def registration(self, operation: Operation) -> Registration | None:
        """How an operation registers a user; None when it does not."""
        is_called = says(operation, login_words.REGISTER) or _is_at_users(operation)
        status = success_status(operation, "create") if operation.method == "post" and is_called else None
        if status is None or "{" in operation.path or says(operation, login_words.OTHER_PASSWORDS):
            return None
        sent = self.sent(operation)
        resource = self._users.resource if "password" in sent and "grant" not in sent else None
        if resource is None:
            return None
        content = self._inference.views.content_of(operation.response(status))
        tokens = self.tokens(content)
        reason = Reason("kind", f"it takes `{'.'.join(sent['password'])}`, and creates a user who can log in")
        reasons = (reason, *_reasons({}, tokens))
        return Registration(status, self._user(status, content, resource), tokens, reasons)

    def caller_kind(
        self, operation: Operation, *, is_corrected: bool = False
    ) -> tuple[OperationKind, Reason] | None:
        """What an operation does with the caller's own record, and why; None for any other operation."""
        kind, segments = _CALLERS.get(operation.method), self._inference.paths.segments(operation.path)
        names = [normalised(one) for one in segments or () if one is not None]
        if kind is None or not segments or len(names) != len(segments):
            return None
        last = names[-1]
        is_behind = last in login_words.BEHIND_USERS and is_word("".join(names[-2:-1]), login_words.USERS)
        if not (is_corrected or is_behind or last in login_words.ME | login_words.MAYBE_ME):
            return None
        resource = self._users.resource
        if resource is None:
            return None
        if is_corrected or last in login_words.ME:
            return kind, Reason("caller", f"the path ends in `{segments[-1]}`")
        is_asked = bool(operation.security) or not self._document.security_schemes
        if not is_asked or not self._shows_user(operation, resource):
            return None
        return kind, Reason("caller", f"the path ends in `{segments[-1]}`, and it shows a user")

    def _shows_user(self, operation: Operation, resource: Resource) -> bool:
        """Whether an operation shows one user; if it shows nothing, whether reading its path does."""
        segments = self._inference.paths.segments(operation.path) or ()
        for one in (operation, *self._inference.operations(segments)):
            status = success_status(one, one.method)
            content = self._inference.views.content_of(one.response(status)) if status else None
            if content is not None and one.method in _CALLERS:
                return self._users.place_of_user(content, resource.identity) is not None
        return False

    def sent(self, operation: Operation) -> dict[str, BodyPath]:
        """The paths of a login's credentials in a request body, by meaning."""
        contents = operation.request_body.content.values() if operation.request_body else ()
        for content in contents:
            found = dict(self._sent(content.schema or True, (), 0)) if _has_fields(content) else {}
            if found:
                return found
        return {}

    def _sent(self, schema: Schema, above: BodyPath, depth: int) -> Iterator[tuple[str, BodyPath]]:
        """The same for one schema; of two properties with one meaning the outer one counts."""
        properties = self._inference.schemas.outline(schema).properties
        if depth < _DEEPEST:
            for name, inner in properties.items():
                yield from self._sent(inner, (*above, name), depth + 1)
        for meaning, names in login_words.SENT.items():
            for name in properties:
                if (
                    normalised(name) in names
                    and not self._inference.schemas.outline(properties[name]).properties
                ):
                    yield meaning, (*above, name)
                    break

    def tokens(self, content: MediaType | None, *, is_login: bool = False) -> dict[BodyPath, str]:
        """The meanings of the token properties of a response, by path."""
        if content is None or content.schema is None:
            return {}
        found = dict(self._tokens(content.schema, (), 0))
        if not found and is_login and "string" in self._inference.schemas.outline(content.schema).types:
            return {(): "token"}
        return found

    def _tokens(self, schema: Schema, above: BodyPath, depth: int) -> Iterator[tuple[BodyPath, str]]:
        properties = self._inference.schemas.outline(schema).properties
        known = set(map(normalised, properties))
        is_refresh = any("refresh" in normalised(name) for name in above)
        is_inside = any(normalised(name) in {"token", "tokens", "access", "accesstoken"} for name in above)
        has_token = not known.isdisjoint(login_words.TOKENS) or {"access", "refresh"} <= known or is_inside
        for name, inner in properties.items():
            outline, word = self._inference.schemas.outline(inner), normalised(name)
            if outline.properties and depth < _DEEPEST:
                yield from self._tokens(inner, (*above, name), depth + 1)
                continue
            meaning = _meaning(word, outline.types, self._inference.schemas.target(inner), known)
            if is_refresh:
                meaning = {"token": "refresh"}.get(meaning or "")
            elif meaning in {"type", "scope", "seconds", "moment", "user_id"} and not has_token:
                meaning = None
            if meaning is not None:
                yield (*above, name), meaning

    def _user(self, status: int, content: MediaType | None, resource: Resource | None) -> View | None:
        """The view of the user in a response; None when it shows none."""
        if content is None or resource is None:
            return None
        place = self._users.place_of_user(content, resource.identity)
        return None if place is None else self._inference.views.at(status, content, place, is_list=False)

    def user_view(self, status: int, content: MediaType | None) -> View | None:
        """The view of a user in a response; None when it shows none."""
        return self._user(status, content, self._users.resource)

    def _no_users(self, operation: Operation, content: MediaType | None) -> Resource:
        """The resource of a login in a document without users: the login's response."""
        template = self._inference.paths.segments(operation.path) or (operation.path,)
        schema: Schema = True if content is None or content.schema is None else content.schema
        outline = self._inference.schemas.outline(schema)
        return Resource(
            name=full_name(template),
            word=str(template[-1] or "login"),
            template=template,
            item_path=None,
            single=True,
            key=None,
            key_schema=True,
            record=schema,
            identity=self._inference.schemas.identity(schema),
            properties=outline.properties,
            required=outline.required,
        )


def _is_at_users(operation: Operation) -> bool:
    """Whether an operation's path ends in a usual name for users."""
    return normalised(operation.path.rstrip("/").rpartition("/")[2]) in login_words.USERS


def _has_fields(content: MediaType) -> bool:
    name = content.name
    return any(
        is_kind(name)
        for is_kind in (media_types.has_json_values, media_types.is_urlencoded, media_types.is_multipart_form)
    )


def _meaning(word: str, types: frozenset[str], schema: Mapping[str, Any], known: set[str]) -> str | None:
    """The meaning of a property of a login's response; None when it has none."""
    is_number = bool(types) and types <= _NUMBERS | {"null"}
    if not is_number:
        for meaning, names in _TEXTS.items():
            if word in names and (not types or "string" in types):
                return meaning
        if word in {"access", "refresh"} and {"access", "refresh"} <= known:
            return "token" if word == "access" else "refresh"
        if word == "scopes":
            return "scope"
    if is_number and word in login_words.SECONDS:
        return "seconds"
    if word in login_words.MOMENTS and (is_number or schema.get("format") == "date-time"):
        return "moment"
    return "user_id" if word in login_words.USER_IDS else None


_TEXTS = {
    "token": login_words.TOKENS,
    "refresh": login_words.REFRESH_TOKENS,
    "id_token": login_words.ID_TOKENS,
    "type": login_words.TOKEN_TYPES,
    "scope": login_words.TOKEN_SCOPES,
}


def _reasons(sent: Mapping[str, BodyPath], tokens: Mapping[BodyPath, str]) -> Iterator[Reason]:
    for meaning, place in sent.items():
        yield Reason("credentials", f"`{'.'.join(place)}` of the request is a usual name for the {meaning}")
    for place, meaning in tokens.items():
        name = f"`{'.'.join(place)}`" if place else "the whole"
        yield Reason("tokens", f"{name} of the response is a usual name for {meaning}")


def _cookie_reasons(cookie: str | None) -> Iterator[Reason]:
    if cookie is not None:
        yield Reason("cookie", f"the document asks for the cookie `{cookie}`, and the response has no token")


def _view_reasons(view: View | None) -> Iterator[Reason]:
    if view is not None:
        where = f"at `{'.'.join(view.place)}`" if view.place else "as a whole"
        yield Reason("record", f"the response shows who logged in, {where}")
