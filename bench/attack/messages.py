"""Valid requests of the bundled documents, and what an attacker makes of them; the seed decides."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

APPOINTMENT = "9a0f170e-0aa0-47db-ab14-4ddcdcbad061"
JSON = "application/json"
_BOUNDARY = "attack"


@dataclass(frozen=True, slots=True)
class Message:
    """A request before it is bytes.

    Attributes:
        documented: the 5xx that the operation's document has.
        lines: what is sent as the header's lines, the framing's among them, in order.
    """

    method: str
    target: str
    lines: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    documented: frozenset[int] = frozenset()
    version: bytes = b"HTTP/1.1"

    def render(self) -> bytes:
        """The request as bytes."""
        first = b" ".join(
            (self.method.encode(), self.target.encode("utf-8", "surrogateescape"), self.version)
        )
        head = b"".join(name + b": " + value + b"\r\n" for name, value in self.lines)
        return first + b"\r\n" + head + b"\r\n" + self.body

    def having(self, **fields: str | bytes) -> Message:
        """With these header lines in place of any of the same name; `_` in a name stands for `-`."""
        named = {name.replace("_", "-").lower(): value for name, value in fields.items()}
        kept = [line for line in self.lines if line[0].decode("latin-1").lower() not in named]
        added = [
            (name.encode(), value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape"))
            for name, value in named.items()
        ]
        return replace(self, lines=(*kept, *added))

    def without(self, name: str) -> Message:
        """Without the header lines of a name."""
        return replace(
            self, lines=tuple(line for line in self.lines if line[0].lower() != name.lower().encode())
        )

    def holding(self, body: bytes, media_type: str | None = None) -> Message:
        """With another body, of the right length."""
        said = self.having(content_length=str(len(body)))
        return replace(said if media_type is None else said.having(content_type=media_type), body=body)


@dataclass(frozen=True, slots=True)
class Attack:
    """What is sent on one connection.

    Attributes:
        name: the mutation.
        pieces: the bytes, with `pause` seconds between the pieces.
        ends: whether our half of the connection is closed when no answer comes. Where it is not, and the
            request is incomplete, the server has to give up by itself.
        requests: how many answers are waited for.
        documented: the 5xx that the operation's document has.
    """

    name: str
    pieces: tuple[bytes, ...]
    pause: float = 0
    ends: bool = True
    requests: int = 1
    documented: frozenset[int] = frozenset()


def _valid(
    method: str,
    target: str,
    token: str,
    body: bytes = b"",
    media_type: str = JSON,
    documented: frozenset[int] = frozenset(),
) -> Message:
    lines = [("Host", "127.0.0.1"), ("Authorization", f"Bearer {token}"), ("Accept", "*/*")]
    if body:
        lines += [("Content-Type", media_type), ("Content-Length", str(len(body)))]
    return Message(
        method, target, tuple((name.encode(), value.encode()) for name, value in lines), body, documented
    )


_CHANGES = {"duration_in_minutes": 45, "claimant": {"name": "John Doe", "email": "john.doe@example.com"}}
_FORM = b"_method=PATCH&duration_in_minutes=45&claimant%5Bname%5D=John"
_PARTS = (
    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="_method"\r\n\r\nPATCH\r\n'
    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="duration_in_minutes"\r\n\r\n45\r\n'
    f"--{_BOUNDARY}--\r\n"
).encode()

VALID: tuple[Message, ...] = (
    _valid("PATCH", f"/api/v1/appointments/{APPOINTMENT}", "agent-token", json.dumps(_CHANGES).encode()),
    _valid(
        "POST",
        f"/api/v1/appointments/{APPOINTMENT}?_method=PATCH",
        "agent-token",
        _FORM,
        "application/x-www-form-urlencoded",
    ),
    _valid(
        "POST",
        f"/api/v1/appointments/{APPOINTMENT}?_method=PATCH",
        "agent-token",
        _PARTS,
        f"multipart/form-data; boundary={_BOUNDARY}",
    ),
    _valid("POST", f"/api/v1/appointments/{APPOINTMENT}/cancel", "agent-token", b'{"reason": "not needed"}'),
    _valid("PUT", "/api/reservations/89", "patient-token", b'{"status": "CANCELLED"}'),
    _valid("DELETE", "/api/users/42/reservations/89", "patient-token"),
    _valid("PUT", "/api/citas/1/cancelar", "asistente-token", documented=frozenset({500})),
    _valid("GET", "/__admin/health", "none"),
    _valid("GET", "/__admin/requests?text=a", "none"),
)

Mutation = Callable[[Random, Message], "Message | bytes"]

_NOISE = (
    b"\0",
    b"\r",
    b"\n",
    b"\t",
    b" ",
    b"\x7f",
    b"\xff",
    b"\xc3\x28",
    b"%",
    b"%zz",
    b"%00",
    b"%c0%ae",
    b"..",
    b"//",
)
_METHODS = (
    "get",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PRI",
    "GE T",
    "",
    "P\u00dcT",
    "A" * 5000,
    "GET\0",
    "M-SEARCH",
)
_TARGETS = (
    "*", "/", "//", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "http://127.0.0.1:1/",
    "127.0.0.1:80",
    "/api/v1/appointments/%00", "/api/v1/appointments/%ff", "/api/v1/appointments/" + "a" * 60_000,
    "/?" + "a=b&" * 5_000,
    "/~/__admin/health", "/~" + "s" * 300 + "/api/citas/1/cancelar", "/~a/~b/__admin/health", "/__ui/x",
    "/__oidc/x",
    "/api/citas/1e999/cancelar", "/api/citas/-1/cancelar", "/api/citas/" + "9" * 400 + "/cancelar", "\\",
    "/\udcff",
    "/api/users/42/reservations/89?" + "%5B" * 3000, "/api//citas/1/cancelar",
    "/api/citas/1/cancelar;a=b#c", "?", "",
)  # fmt: skip
_VALUES: Mapping[str, tuple[bytes, ...]] = {
    "authorization": (
        b"", b"Bearer", b"Bearer ", b"bearer  x", b"Basic !!!", b"Basic \xff", b"Bearer a.b.c",
        b"Bearer " + b"e" * 9000,
        b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", b"Digest username=\"a\"", b"Bearer \xc3\xa9",
    ),
    "content-type": (
        b"", b"json", b"application/json; charset=utf-7", b"application/json;;;", b"*/*",
        b"multipart/form-data",
        b"multipart/form-data; boundary=", b"text/xml", b"application/xml", b"a" * 3000, b"\xff/\xff",
        b"application/x-www-form-urlencoded; charset=nowhere", b"application/merge-patch+json",
        b"application/json\0",
    ),
    "accept": (b"", b";q=", b"application/json;q=nan", b",".join([b"a/b"] * 3000),
        b"*/json", b"text/html;q=1e999"),
    "prefer": (
        b"code=404", b"code=999", b"code=-1", b"code=abc", b"dynamic=true", b"seed=" + b"9" * 500,
        b"delay=-5", b"delay=nan",
        b"example=nobody", b"code=500", b"=", b",,,,", b"code=\"", b"respond-async, wait=1e9", b"delay=1",
    ),
    "x-mock-session": (
        b"", b"..", b"../..", b"a" * 65, b"a/b", b"\xff", b"a\tb", b"default", b"a, b", b"%2e",
    ),
    "host": (
        b"", b"a b", b"[::1", b"evil.example", b"127.0.0.1:99999", b"\xff", b"user@127.0.0.1", b"a" * 3000,
    ),
    "origin": (b"null", b"https://evil.example", b"file://", b"", b"\xff"),
    "expect": (b"100-continue", b"200-ok", b""),
    "connection": (b"close", b"upgrade", b"keep-alive, close", b"te", b"content-length"),
    "upgrade": (b"websocket", b"h2c", b"TLS/1.0"),
    "content-encoding": (b"gzip", b"br", b"identity", b"gzip, gzip", b"x" * 500),
    "if-match": (b"*", b"\"", b"W/\"a\"", b"a" * 5000),
    "range": (b"bytes=0-", b"bytes=-1", b"bytes=5-1", b"items=1"),
    "x-http-method-override": (b"DELETE", b"TRACE", b"", b"\xff"),
    "cookie": (b"=", b"a=b; " * 500, b"\xff"),
}  # fmt: skip
_LENGTHS = (
    b"-1", b"+5", b"0x10", b"5, 5", b"5,6", b"1e3", b"9" * 30, b"", b" ", b"abc", b"18446744073709551616",
    b"00000005",
)  # fmt: skip
_CODINGS = (
    b"chunked", b"Chunked", b" chunked", b"chunked, chunked", b"identity", b"gzip, chunked",
    b"chunked, gzip", b"xchunked",
    b"chunked\t", b"\x0bchunked", b"", b"identity, chunked",
)  # fmt: skip
_NUMBERS = (b"NaN", b"Infinity", b"1e400", b"-0", b"045", b"4.5", b"true", b"null", b"[]")
_SIZES = (
    b"-1", b"0x5", b"5 ", b" 5", b"ffffffffffffffff", b"10000000000000000", b"g", b"",
    b"5;a=" + b"b" * 9000, b"5;\0", b"05",
    b"+5", b"5\n",
)  # fmt: skip


def _request_line(random: Random, message: Message) -> Message | bytes:
    kind = random.randrange(5)
    if kind == 0:
        return replace(message, method=random.choice(_METHODS))
    if kind == 1:
        versions = (
            b"HTTP/0.9",
            b"HTTP/1.0",
            b"HTTP/2.0",
            b"HTTP/9.9",
            b"HTTP/1.1.1",
            b"http/1.1",
            b"",
            b"HTTP/1." + b"1" * 99,
        )
        return replace(message, version=random.choice(versions))
    if kind == 2:
        return (
            random.choice((b"\r\n" * 5, b"\n", b" ", b"\0", b"\x16\x03\x01\x02\0", b"\xef\xbb\xbf"))
            + message.render()
        )
    if kind == 3:
        return message.render().replace(
            b" ", random.choice((b"\t", b"  ", b"", b"\x0b")), random.randint(1, 3)
        )
    return message.render().replace(b"\r\n", random.choice((b"\n", b"\r", b"\n\r")), random.randint(1, 3))


def _target(random: Random, message: Message) -> Message:
    if random.random() < 0.5:
        return replace(message, target=random.choice(_TARGETS))
    at = random.randint(1, len(message.target))
    noise = random.choice(_NOISE).decode("utf-8", "surrogateescape")
    return replace(message, target=message.target[:at] + noise + message.target[at:])


def _header_value(random: Random, message: Message) -> Message:
    name = random.choice(sorted(_VALUES))
    return message.having(**{name: random.choice(_VALUES[name])})


def _header_line(random: Random, message: Message) -> Message | bytes:
    line = random.choice(
        (
            b"no colon", b": no name", b"sp ace: x", b"a : x", b" folded", b"nul\0: x", b"a: \0",
            b"a: b\rc: d", b"\xff: x", b"a:",
            b"Host: other", b"Content-Length: 1", b"(): x", b"a: " + b"v" * random.choice((8_000, 70_000)),
            b"n" * random.choice((1_000, 70_000)) + b": x",
            b"\r\n".join(b"h%d: x" % number for number in range(random.choice((150, 1_500)))),
        )
    )  # fmt: skip
    first, end, rest = message.render().partition(b"\r\n")
    return first + end + line + end + rest


def _framing(random: Random, message: Message) -> Message | bytes:
    kind = random.randrange(5)
    if kind == 0:
        return message.having(content_length=random.choice(_LENGTHS))
    if kind == 1:
        return message.having(transfer_encoding=random.choice(_CODINGS))
    if kind == 2:
        length = max(0, len(message.body) + random.choice((-3, -1, 1, 5, 5_000)))
        return message.having(content_length=str(length))
    chunked = message.without("content-length").having(transfer_encoding=b"chunked")
    head = replace(chunked, body=b"").render()
    if kind == 3:
        size = random.choice(_SIZES)
        return head + size + b"\r\n" + message.body[:5] + random.choice((b"\r\n", b"", b"XX")) + b"0\r\n\r\n"
    body = b"%x\r\n%b\r\n" % (len(message.body), message.body) if message.body else b""
    trailers = random.choice(
        (
            b"",
            b"a: b\r\n",
            b"Content-Length: 5\r\n",
            b"a: " + b"b" * 20_000 + b"\r\n",
            b"a: b\r\n" * 900,
            b"no colon\r\n",
            b"\0: x\r\n",
        )
    )
    return head + body + random.choice((b"0\r\n", b"0;x\r\n", b"000\r\n", b"")) + trailers + b"\r\n"


def _json(random: Random, message: Message) -> Message:
    text = json.dumps(_CHANGES).encode()
    count = random.choice((50, 300, 3_000))
    bodies: tuple[bytes, ...] = (
        b"[" * count, b'{"a":' * count + b"1" + b"}" * count, b"[" * count + b"]" * count,
        b"{" + b",".join(b'"duration_in_minutes": %d' % number for number in range(count)) + b"}",
        text[: random.randrange(len(text))], text + text, b"\xef\xbb\xbf" + text,
        text.decode().encode("utf-16"),
        text.replace(b"John", b"\xff\xfe"), text.replace(b"John", b"\\ud800"),
        text.replace(b"John", b"\\u0000"),
        text.replace(b"45", random.choice((*_NUMBERS, b"9" * count))),
        b"null", b"1", b'"x"', b"[]", b"", b" " * count, b"{}", b'{"claimant": ' + b'{"claimant": ' * count,
        b"{'a': 1}",
    )  # fmt: skip
    return message.holding(random.choice(bodies), JSON)


def _compressed(random: Random, message: Message) -> Message:
    packed = gzip.compress(random.choice((message.body, b"0" * 5_000_000)), 9, mtime=0)
    return message.having(content_encoding=b"gzip").holding(packed[: random.choice((None, 10))])


def _multipart(random: Random, message: Message) -> Message:
    end = f"--{_BOUNDARY}--\r\n".encode()
    part = f"--{_BOUNDARY}\r\n".encode()
    disposition = b'Content-Disposition: form-data; name="duration_in_minutes"'
    bodies = (
        _PARTS.replace(b"--\r\n", b""), part, end, part + b"\r\n" + end, part * 500,
        _PARTS[: random.randrange(len(_PARTS))],
        part + disposition + b"\r\n" * 2 + b"x" * 50_000,
        part + disposition + b"; filename=\"../../x\"\r\n\r\n1\r\n" + end,
        part + (b"A: b\r\n" * 3_000) + b"\r\n" + end,
        part + b"Content-Disposition: \xff; name=\r\n\r\n1\r\n" + end, b"\0" * 500,
        (part + disposition + b"\r\n\r\n1\r\n") * 2_000 + end, part + b"C" * 30_000 + b"\r\n\r\n" + end,
    )  # fmt: skip
    said = random.choice((_BOUNDARY, "", "x" * 300, '"attack', "attack;attack", "\u00e9"))
    return message.holding(random.choice(bodies), f"multipart/form-data; boundary={said}")


def _form(random: Random, message: Message) -> Message:
    count = random.choice((20, 500, 5_000))
    bodies = (
        b"a=b&" * count, b"a" + b"[b]" * count + b"=1", b"claimant" + b"[" * count + b"=1", b"=&=&" * count,
        b"%" * count, b"&" * count,
        b"duration_in_minutes=" + b"4" * count, b"a=%ff%fe", b"a=\xff",
        b"claimant[data][" + b"9" * 12 + b"][id]=1", b"_method=DELETE",
    )  # fmt: skip
    return message.holding(random.choice(bodies), "application/x-www-form-urlencoded")


def _xml(random: Random, message: Message) -> Message:
    count = random.choice((20, 500, 3_000))
    entities = b"".join(
        b'<!ENTITY e%d "%b">' % (number, b"&e%d;" % (number - 1) * 10) for number in range(1, 12)
    )
    bodies = (
        b"<a>" * count, b"<a " + b" ".join(b'x%d="1"' % number for number in range(count)) + b"/>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY e0 "x">' + entities + b"]><a>&e11;</a>",
        b"<?xml version='1.0' encoding='utf-7'?><a/>", b"<a><![CDATA[" + b"x" * count, b"<a>\0</a>",
        b"<" + b"a" * count + b"/>", b"<a></b>",
    )  # fmt: skip
    return message.holding(random.choice(bodies), random.choice(("application/xml", "text/xml; charset=x")))


def _bytes(random: Random, message: Message) -> bytes:
    data = bytearray(message.render())
    for _ in range(random.choice((1, 1, 2, 8))):
        at = random.randrange(len(data))
        kind = random.randrange(4)
        if kind == 0:
            data[at] = random.randrange(256)
        elif kind == 1:
            del data[at : at + random.randint(1, 20)]
        elif kind == 2:
            data[at:at] = random.choice(_NOISE)
        else:
            data[at:at] = data[at : at + random.randint(1, 200)]
        if not data:
            return b"\r\n"
    return bytes(data)


MUTATIONS: Mapping[str, Mutation] = {
    "request line": _request_line,
    "target": _target,
    "header value": _header_value,
    "header line": _header_line,
    "framing": _framing,
    "JSON": _json,
    "compressed": _compressed,
    "multipart": _multipart,
    "form": _form,
    "XML": _xml,
    "bytes": _bytes,
}
_HELD = 500


def attack(seed: int, number: int) -> Attack:
    """The attack of a number: always the same for the same seed."""
    random = Random(f"{seed}:{number}")
    message = random.choice(VALID).having(x_mock_session=f"attack-{number % 100}")
    name = random.choice(sorted(MUTATIONS))
    changed = MUTATIONS[name](random, message)
    data = changed if isinstance(changed, bytes) else changed.render()
    # HTTP has a status for a method that a server has no use for (RFC 9110, section 15.6.2).
    documented = message.documented | ({501} if b"CONNECT " in data else set())
    if number % _HELD == _HELD - 1:
        cut = data[: random.randrange(1, len(data))]
        return Attack(f"{name}, cut and held open", (cut,), ends=False, documented=documented)
    delivery = random.randrange(12)
    if delivery == 0:
        count = random.randint(2, 20)
        pipelined = (message.render() * (count - 1) + data,)
        return Attack(f"{name}, pipelined", pipelined, requests=count, documented=documented)
    if delivery == 1:
        size = max(1, len(data) // 8)
        slices = tuple(data[start : start + size] for start in range(0, len(data), size))
        return Attack(f"{name}, slow", slices, pause=0.01, documented=documented)
    if delivery == 2:
        return Attack(f"{name}, cut", (data[: random.randrange(1, len(data))],), documented=documented)
    return Attack(name, (data,), documented=documented)
