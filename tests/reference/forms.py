"""Form bodies as PHP reads them: bracketed names nest, text becomes what the field holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesParser
from urllib.parse import parse_qsl

from .faults import active
from .sqod_rules import FLAGS

NAME = re.compile(r"([^\[]+)((?:\[[^\[\]]*\])*)")
WHOLE_NUMBER = re.compile(r"[+-]?\d{1,40}", re.ASCII)
TRUTH = {"true": True, "1": True, "false": False, "0": False}
DEEPEST = 8
EMPTY_IS_NULL = ("is_interpreter_needed", "status")


class Upload:
    """A file where a field was expected; no rule accepts it."""


def read_form(content_type: str, raw: bytes) -> dict[str, object]:
    """Decode a form into nested values; raise ValueError when it is not one."""
    multipart = content_type.lower().startswith("multipart/")
    pairs = _parts(content_type, raw) if multipart else parse_qsl(raw.decode(), keep_blank_values=True)
    form = _nested(pairs)
    if not active("not-coerced"):
        _coerce(form)
    claimant = form.get("claimant")
    if isinstance(claimant, dict) and isinstance(claimant.get("data"), dict):
        claimant["data"] = list(claimant["data"].values())
    return form


def _parts(content_type: str, raw: bytes) -> Iterable[tuple[str, object]]:
    header = content_type.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
    message = BytesParser().parsebytes(b"Content-Type: " + header + b"\r\n\r\n" + raw)
    if raw.strip() == f"--{message.get_boundary()}--".encode():
        return []
    if not message.is_multipart() or message.defects:
        raise ValueError("a multipart body without parts")
    return [pair for part in message.get_payload() if isinstance(part, Message) for pair in _part(part)]


def _part(part: Message) -> list[tuple[str, object]]:
    name = part.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise ValueError("a part without a name")  # noqa: TRY004 - the client's value
    if part.get_filename() is not None:
        return [(name, Upload())]
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise ValueError("a multipart body inside a field")  # noqa: TRY004 - the client's value
    return [(name, payload.decode("latin-1" if active("text-mangled") else "utf-8"))]


def _nested(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    form: dict[str, object] = {}
    for name, value in pairs:
        parts = NAME.fullmatch(name)
        if not parts or (parts[2] and active("nested-lost")):
            continue
        keys = [parts[1], *re.findall(r"\[([^\[\]]*)\]", parts[2])]
        if len(keys) <= DEEPEST:
            _put(form, keys, value)
    return form


def _put(form: dict[str, object], keys: list[str], value: object) -> None:
    level = form
    for key in keys[:-1]:
        name = key or str(len(level))
        below = level.get(name)
        level[name] = level = below if isinstance(below, dict) else {}
    level[keys[-1] or str(len(level))] = value


def _coerce(form: dict[str, object]) -> None:
    # A form has no null: where empty text cannot be a value, it is one.
    form |= {field: None for field in EMPTY_IS_NULL if form.get(field) == ""}
    minutes = form.get("duration_in_minutes")
    if isinstance(minutes, str) and WHOLE_NUMBER.fullmatch(minutes):
        form["duration_in_minutes"] = int(minutes)
    for flag in FLAGS:
        text = form.get(flag)
        if isinstance(text, str) and text.lower() in TRUTH:
            form[flag] = True if active("false-is-true") else TRUTH[text.lower()]
