"""`POST …?_method=PATCH` with a form: the same update as PATCH, its fields as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.http.calling import Answer, Caller
from tests.http.records import APPOINTMENT, OVERRIDE, STATE

FIRST = "3f2b8c74-5d16-4e0a-9b83-c7a1e4d20f11"
NEW = ["11111111-2222-4333-8444-555555555551", "11111111-2222-4333-8444-555555555552"]
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"
Fields = Iterable[tuple[str, str | bytes]]


def multipart(fields: Fields, *, end: bytes = b"--B--\r\n", more: bytes = b"") -> bytes:
    """A form in parts; `more` goes into each part's disposition."""
    parts = (
        b'--B\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        % (name.encode(), more, value.encode() if isinstance(value, str) else value)
        for name, value in fields
    )
    return b"".join(parts) + end


class Form:
    """Sends forms of one kind."""

    def __init__(self, agent: Caller, kind: str) -> None:
        self.agent = agent
        self.kind = kind

    def __call__(self, fields: Fields, target: str = OVERRIDE) -> Answer:
        """Send the fields."""
        if self.kind == "urlencoded":
            return self.agent("POST", target, content=urlencode(list(fields)).encode(), media_type=URLENCODED)
        return self.agent("POST", target, content=multipart(fields), media_type=MULTIPART)


@pytest.fixture
def agent(call: Caller) -> Caller:
    """Somebody who may update appointments."""
    return call.as_("agent-token")


@pytest.fixture(params=["urlencoded", "multipart"])
def form(agent: Caller, request: pytest.FixtureRequest) -> Form:
    """A form of either kind."""
    return Form(agent, request.param)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ([("duration_in_minutes", "45")], {"duration_in_minutes": 45}),
        ([("duration_in_minutes", "-5")], {"duration_in_minutes": -5}),
        (
            [("duration_in_minutes", "123456789012345678901234567890")],
            {"duration_in_minutes": 123456789012345678901234567890},
        ),
        ([("is_interpreter_needed", "true")], {"is_interpreter_needed": True}),
        ([("is_interpreter_needed", "false")], {"is_interpreter_needed": False}),
        ([("is_interpreter_needed", "1")], {"is_interpreter_needed": True}),
        ([("is_interpreter_needed", "0")], {"is_interpreter_needed": False}),
        (
            [("features_messages_chat_enable", "0"), ("status", "late")],
            {"features_messages_chat_enable": False, "status": "late"},
        ),
        ([("interpreter_language", "true")], {"interpreter_language": "true"}),
        ([("interpreter_language", "12")], {"interpreter_language": "12"}),
        ([("interpreter_language", "")], {"interpreter_language": ""}),
        ([("interpreter_language", "null")], {"interpreter_language": "null"}),
        ([("interpreter_language", "Ñandú & +%20=日本")], {"interpreter_language": "Ñandú & +%20=日本"}),
        (
            [("custom_user_post_call_redirect_url", "https://example.com/?a=1&b=2")],
            {"custom_user_post_call_redirect_url": "https://example.com/?a=1&b=2"},
        ),
        (
            [("department_id", "c2a9e1b7-94d3-4f60-b1c5-0e8d7a6f4b03")],
            {"department_id": "c2a9e1b7-94d3-4f60-b1c5-0e8d7a6f4b03"},
        ),
        (
            [("claimant[name]", "Ana"), ("claimant[phone_number]", "0123")],
            {"claimant": {"name": "Ana", "phone_number": "0123"}},
        ),
        (
            [("claimant[data][0][id]", FIRST), ("claimant[data][0][value]", "7")],
            {"claimant": {"data": [{"id": FIRST, "value": "7"}]}},
        ),
        (
            [("claimant[data][][value]", "a"), ("claimant[data][][value]", "b")],
            {"claimant": {"data": [{"value": "a"}, {"value": "b"}]}},
        ),
        (
            [("claimant[data][5][value]", "a"), ("claimant[data][][value]", "b")],
            {"claimant": {"data": [{"value": "a"}, {"value": "b"}]}},
        ),
        (
            [("claimant[data][1][value]", "a"), ("claimant[data][][value]", "b")],
            {"claimant": {"data": [{"value": "a"}, {"value": "b"}]}},
        ),
        (
            [("claimant[data][10][value]", "b"), ("claimant[data][9][value]", "a")],
            {"claimant": {"data": [{"value": "a"}, {"value": "b"}]}},
        ),
        (
            [("claimant[data][1][id]", NEW[1]), ("claimant[data][0][id]", NEW[0])],
            {"claimant": {"data": [{"id": NEW[0]}, {"id": NEW[1]}]}},
        ),
        ([("duration_in_minutes", "1"), ("duration_in_minutes", "2")], {"duration_in_minutes": 2}),
        ([("claimant[name]", "a"), ("claimant[name]", "b")], {"claimant": {"name": "b"}}),
        ([("nonsense", "x"), ("id", "x"), ("claimant[id]", "5"), ("0", "x")], {}),
        (
            [
                ("claimant[name", "x"),
                ("claimant]name", "x"),
                ("[name]", "x"),
                ("claimant[name]x", "x"),
                ("", "x"),
            ],
            {},
        ),
        ([], {}),
    ],
)
def test_a_form_has_the_effect_of_the_update_that_it_means(form: Form, fields: Fields, body: Any) -> None:
    """The answer is that of PATCH with the same values as JSON, byte for byte, and so is the state."""
    twin = form.agent.in_(f"{form.agent.session}-twin")

    posted, patched = form(fields), twin("PATCH", APPOINTMENT, body)

    assert (posted.status, posted.headers, posted.body) == (200, patched.headers, patched.body)
    assert form.agent("GET", STATE).body == twin("GET", STATE).body


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ([("duration_in_minutes", "60.5")], "#/duration_in_minutes"),
        ([("duration_in_minutes", " 60")], "#/duration_in_minutes"),
        ([("duration_in_minutes", "060")], "#/duration_in_minutes"),
        ([("duration_in_minutes", "٣")], "#/duration_in_minutes"),
        ([("duration_in_minutes", "")], "#/duration_in_minutes"),
        ([("duration_in_minutes", "9" * 5000)], "#/duration_in_minutes"),
        ([("duration_in_minutes[]", "60")], "#/duration_in_minutes"),
        ([("is_interpreter_needed", "yes")], "#/is_interpreter_needed"),
        ([("is_interpreter_needed", "True")], "#/is_interpreter_needed"),
        ([("is_interpreter_needed", "2")], "#/is_interpreter_needed"),
        ([("is_interpreter_needed", "")], "#/is_interpreter_needed"),
        ([("status", "done")], "#/status"),
        ([("status", "null")], "#/status"),
        ([("department_id", "3")], "#/department_id"),
        ([("appointment_at", "tomorrow")], "#/appointment_at"),
        ([("claimant", "Ana")], "#/claimant"),
        ([("claimant[]", "Ana")], "#/claimant"),
        ([("claimant[0]", "Ana")], "#/claimant"),
        ([("claimant[email]", "nobody")], "#/claimant/email"),
        ([("claimant[name][x]", "Ana")], "#/claimant/name"),
        ([("claimant[data]", "x")], "#/claimant/data"),
        ([("claimant[data][x]", "x")], "#/claimant/data"),
        ([("claimant[data][0]", "x")], "#/claimant/data/0"),
        ([("claimant[data][3][id]", "x")], "#/claimant/data/0/id"),
        ([("claimant", "x"), ("claimant[name]", "y")], "#/claimant"),
        ([("claimant[name]", "y"), ("claimant", "x")], "#/claimant"),
        ([("unknown", "x"), ("unknown[name]", "y")], "#/unknown"),
        ([("unknown[name]", "y"), ("unknown", "x")], "#/unknown"),
        ([("claimant[data][0]", "x"), ("claimant[data][0][id]", "y")], None),
        ([("claimant" + "[x]" * 40, "x")], "#"),
        ([("claimant" + "[x]" * 20_000, "x")], "#"),
        ([(f"f{number}", "") for number in range(1001)], "#"),
    ],
)
def test_a_form_that_breaks_the_update_is_refused(form: Form, fields: Fields, pointer: str | None) -> None:
    """With a pointer into the update that it means, and nothing changes."""
    before = form.agent("GET", STATE).body

    answer = form(fields)

    assert answer.status == 400
    assert pointer is None or answer.pointers == [pointer]
    assert form.agent("GET", STATE).body == before


def test_a_thousand_fields_are_taken(form: Form) -> None:
    """The limit is the limit."""
    assert form([(f"f{number}", "") for number in range(1000)]).status == 200


@pytest.mark.parametrize(
    "query", ["", "?_method=", "?_method=PUT", "?_method=patch", "?method=PATCH", "?_METHOD=PATCH"]
)
def test_the_method_has_to_be_named(form: Form, query: str) -> None:
    """Without `_method=PATCH` it is no update."""
    answer = form([("status", "late")], APPOINTMENT + query)

    assert (answer.status, answer.pointers) == (400, ["_method"])


def test_json_cannot_be_posted(agent: Caller) -> None:
    """The page knows the override for forms alone."""
    assert agent("POST", OVERRIDE, {"status": "late"}).status == 415


def test_a_file_is_no_text(agent: Caller) -> None:
    """A part with a file name is refused where text belongs; the pointer names it."""
    content = multipart([("interpreter_language", "English")], more=b'; filename="a.txt"')

    answer = agent("POST", OVERRIDE, content=content, media_type=MULTIPART)

    assert (answer.status, answer.pointers) == (400, ["#/interpreter_language"])


@pytest.mark.parametrize("value", [b"\xff", b"Espa\xf1ol", b"\xe2\x82", b"\xed\xa0\x80"])
def test_a_form_is_utf_8(agent: Caller, value: bytes) -> None:
    """In parts, as raw bytes, percent-encoded: anything else is a bad request, not another text."""
    quoted = "".join(f"%{byte:02X}" for byte in value).encode()
    for media_type, content in (
        (MULTIPART, multipart([("interpreter_language", value)])),
        (URLENCODED, b"interpreter_language=" + value),
        (URLENCODED, b"interpreter_language=" + quoted),
    ):
        answer = agent("POST", OVERRIDE, content=content, media_type=media_type)
        assert (answer.status, answer.pointers) == (400, ["#"])
        assert "UTF-8" in answer.json["detail"]


@pytest.mark.parametrize("charset", ["undefined", "idna", "utf-16", "latin-1", "rot13", "nonsense"])
@pytest.mark.parametrize("media_type", [MULTIPART, URLENCODED])
def test_another_charset_is_not_supported(agent: Caller, media_type: str, charset: str) -> None:
    """Forms are UTF-8 whoever asks."""
    content = multipart([("status", "late")]) if media_type == MULTIPART else b"status=late"

    assert (
        agent("POST", OVERRIDE, content=content, media_type=f"{media_type}; charset={charset}").status == 415
    )
    assert agent("POST", OVERRIDE, content=content, media_type=f"{media_type}; charset=utf-8").status == 200


_PART = multipart([("status", "late")])


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (MULTIPART, b"junk"),
        (MULTIPART, multipart([("status", "late")], end=b"")),
        (MULTIPART, multipart([("status", "late")], end=b"--B")),
        (MULTIPART, _PART[:-12]),
        (MULTIPART, _PART[:40]),
        (MULTIPART, b"--B\r\nContent-Disposition: form-data\r\n\r\nlate\r\n--B--\r\n"),
        (MULTIPART, b"--B\r\n\r\nlate\r\n--B--\r\n"),
        (MULTIPART, b"--B\r\n" + b"x: y\r\n" * 5 + b"\r\n\r\n--B--\r\n"),
        ("multipart/form-data", _PART),
        ("multipart/form-data; boundary=", _PART),
        ("multipart/form-data; boundary=C", _PART),
        ("multipart/form-data; boundary=\xff", _PART),
        ("multipart/form-data; boundary=" + "B" * 10_000, _PART),
    ],
)
def test_parts_that_cannot_be_taken_apart_are_a_bad_request(
    agent: Caller, media_type: str, content: bytes
) -> None:
    """One that is cut short, too: what is missing is not known."""
    before = agent("GET", STATE).body

    answer = agent("POST", OVERRIDE, content=content, media_type=media_type)

    assert (answer.status, answer.pointers) == (400, ["#"])
    assert agent("GET", STATE).body == before


def test_a_form_may_come_in_pieces(agent: Caller) -> None:
    """Split anywhere."""
    content = multipart([("claimant[name]", "Zoë"), ("status", "late")])

    answer = agent("POST", OVERRIDE, content=[bytes([byte]) for byte in content], media_type=MULTIPART)

    assert (answer.json["data"]["claimant"]["name"], answer.json["data"]["status"]) == ("Zoë", "late")


def test_what_surrounds_the_parts_does_not_matter(agent: Caller) -> None:
    """A preamble and an epilogue are for those who cannot read it (RFC 2046 section 5.1.1)."""
    content = multipart([("status", "late")]) + b"an epilogue"

    assert agent("POST", OVERRIDE, content=content, media_type=MULTIPART).json["data"]["status"] == "late"


def test_a_large_field_is_taken(agent: Caller) -> None:
    """Only the body as a whole is limited."""
    text = "x" * 2_000_000

    answer = agent(
        "POST", OVERRIDE, content=multipart([("interpreter_language", text)]), media_type=MULTIPART
    )

    assert answer.json["data"]["interpreter_language"] == text
