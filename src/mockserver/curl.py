"""Write a request as a curl command: any POSIX shell sends exactly these bytes, and runs nothing else."""

import base64
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockserver.printing import UNPRINTABLE

# What curl sends unchanged; --globoff keeps it from reading brackets as ranges.
_PLAIN_TARGET = re.compile(r"(?:[A-Za-z0-9_.~!$&'()*+,;=:@/?|\[\]{}-]|%[0-9A-F]{2})*")
_BRACKETS = re.compile(r"[\[\]{}]")
_DOT_SEGMENT = re.compile(r"/\.\.?(?:/|$)")
# Percent-encoded, as they would end the target.
_NOT_IN_TARGETS = re.compile(rb"[\0-\x20\x7f]")
_LONGEST_WORD = 100_000
"""Linux limits one argument of a command to 128 KiB."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the command takes from a shell variable instead of showing it.

    Attributes:
        variable: the variable's name, as made by `variable`.
        prefix: the text before the secret, such as `Bearer `.
    """

    variable: str
    prefix: str | bytes = ""


Value = str | bytes | Secret


def variable(*words: str) -> str:
    """The name of the environment variable for a secret: capitals, digits and underscores, no digit first."""
    text = re.sub(r"[^\0-\x7f]", lambda found: f"U{ord(found[0]):X}", "_".join(words))
    name = re.sub(r"[^A-Z0-9_]", "_", text.upper())
    return f"_{name}" if name[:1].isdigit() else name


def command(
    method: str,
    base_url: str,
    target: str | bytes = "",
    headers: Iterable[tuple[str | bytes, Value]] = (),
    body: bytes | None = None,
    *,
    form: Iterable[tuple[str, str]] = (),
    files: Iterable[tuple[str, str, str]] = (),
    user: Secret | str | None = None,
    digest: bool = False,
    query_secrets: Sequence[tuple[str, Secret]] = (),
    tls: Sequence[str] = (),
) -> str:
    """Write the command.

    Args:
        method: the request method; curl sends no body with HEAD.
        base_url: scheme, host and the path before the target.
        target: path and query as they are sent; spaces and control characters are percent-encoded.
        headers: header fields by name; text is sent in UTF-8.
        body: the body; None sends none.
        form: fields of a multipart form, sent instead of a body.
        files: files of a multipart form: field name, content, media type.
        user: the name and password for HTTP Basic, or Digest.
        digest: whether to use them for Digest.
        query_secrets: query parameters whose values are secrets.
        tls: options for trusted authorities and the client certificate.
    """
    fields = [(_raw(name), value) for name, value in headers]
    raw = _NOT_IN_TARGETS.sub(lambda found: b"%%%02X" % found[0][0], _raw(target))
    words = ["curl", "-i", *map(_word, tls), *_method(method, body), *_address(base_url, raw, query_secrets)]
    if user is not None:
        words += [*(["--digest"] if digest else []), "-u", _word(user)]
    for name, value in fields:
        words += ["-H", _header(name, value)]
    for key, text in form:
        # With -F, a leading @ or < in the text would read a file.
        words += ["--form-string", _word(f"{key}={text}")]
    for key, text, media_type in files:
        if not (_PLAIN_NAME.fullmatch(key) and _PLAIN_NAME.fullmatch(media_type)):
            # curl parses = and ; in names, and a following @ would read a file.
            words += ["--form-string", _word(f"{key}={text}")]
            continue
        held = text.replace("\\", "\\\\").replace('"', '\\"')
        words += ["-F", _word(f'{key}="{held}";filename="{key}";type={media_type}')]
    if body is None or method == "HEAD":
        return " ".join(words)
    if all(name.lower() != b"content-type" for name, _ in fields):
        # Otherwise curl adds the Content-Type of a form.
        words += ["-H", "content-type:"]
    if _is_plain(body) and len(body) < _LONGEST_WORD:
        # With --data, a leading @ would read a file.
        return " ".join([*words, "--data-raw", shlex.quote(body.decode())])
    return " ".join([*_source(body), "|", *words, "--data-binary", "@-"])


def comment(*words: str) -> str:
    """A line that does nothing, even if the shell does not treat `#` as a comment."""
    return f"# {' '.join(_word(word) for word in words)}"


def _method(method: str, body: bytes | None) -> list[str]:
    # With -X HEAD, curl would wait for a response body.
    if method == "HEAD":
        return ["--head"]
    return [] if method == "GET" and body is None else ["-X", shlex.quote(method)]


def _address(base_url: str, target: bytes, secrets: Sequence[tuple[str, Secret]]) -> list[str]:
    text, before, words = target.decode("latin-1"), base_url, list[str]()
    if not _PLAIN_TARGET.fullmatch(text) or text[:1] not in {"/", ""} or _has_dots(text):
        # curl would normalize it.
        before = urlsplit(base_url).path if text.startswith("/") else ""
        words.append("--request-target")
    elif _BRACKETS.search(text):
        words.append("--globoff")
    parts: list[Value] = [before.encode() + target]
    for number, (name, secret) in enumerate(secrets):
        separator = "&" if number or "?" in text else "?"
        parts += [f"{separator}{name}=", secret]
    address = _word(*parts)
    return [*words, address] if before == base_url else [*words, address, shlex.quote(base_url)]


def _has_dots(target: str) -> bool:
    return _DOT_SEGMENT.search(target.partition("?")[0]) is not None


def _header(name: bytes, value: Value) -> str:
    if isinstance(value, Secret):
        return _word(name + b": " + _raw(value.prefix), Secret(value.variable))
    # curl wants a semicolon after the name of an empty field.
    return _word(name + b": " + _raw(value) if value else name + b";")


def _word(*parts: Value) -> str:
    """One word of a command; adjacent texts are quoted together."""
    words, text = [], b""
    for part in parts:
        if isinstance(part, Secret):
            text += _raw(part.prefix)
            words += [_quoted(text) if text else "", f'"${part.variable}"']
            text = b""
        else:
            text += _raw(part)
    return "".join(words) + (_quoted(text) if text or not words else "")


def _quoted(raw: bytes) -> str:
    if _is_plain(raw):
        return shlex.quote(raw.decode())
    return f'"$(printf %b {shlex.quote(_escaped(raw))})"'


def _is_plain(raw: bytes) -> bool:
    """Whether bytes are text without control characters, which can be shown and pasted."""
    try:
        return UNPRINTABLE.search(raw.decode()) is None
    except UnicodeDecodeError:
        return False


def _source(body: bytes) -> list[str]:
    """A command that writes the body; text stays readable through escapes."""
    try:
        is_text = b"\0" not in body and bool(body.decode())
    except UnicodeDecodeError:
        is_text = False
    if is_text:
        return ["printf", "%b", shlex.quote(_escaped(body))]
    return ["echo", base64.b64encode(body).decode(), "|", "base64", "-d"]


_PLAIN_NAME = re.compile(r"[\w.+/\[\]-]+")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(raw: bytes) -> str:
    r"""The text that `printf %b` writes as these bytes (POSIX: `\0` and three octal digits)."""
    text = raw.decode(errors="surrogateescape").replace("\\", "\\\\")
    return UNPRINTABLE.sub(lambda found: _ESCAPES.get(found[0]) or _octal(found[0]), text)


def _octal(character: str) -> str:
    return "".join(f"\\0{byte:03o}" for byte in character.encode(errors="surrogateescape"))


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode(errors="replace")
