"""What may be sent about an appointment: each field's rule, and Laravel's words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from .answers import Refused
from .faults import active

Rule = Callable[[object], object]
Errors = dict[str, list[str]]

STATUSES = ("no_show", "late", "complete", "being_seen", "waiting", "scheduled", "cancelled")
BANDWIDTHS = ("low", "medium", "high")
LARGEST_INTEGER = 2**63 - 1
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
EMAIL = re.compile(
    r"""(?:[\w.!#$%&'*+/=?^`{|}~-]+|"[^"\\]+")@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[\da-f.:v]+\])""",
    re.ASCII | re.IGNORECASE,
)


class InvalidError(ValueError):
    """A value that its rule refuses, and why."""


def string(value: object) -> str:
    """Accept text that can be stored."""
    if not isinstance(value, str):
        raise InvalidError("must be a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidError("must be valid UTF-8") from None
    if active("unicode-500") and not value.isascii():
        raise RuntimeError("Incorrect string value for a latin1 column")
    return value


def integer(value: object) -> int:
    """Accept a whole number that fits into the column."""
    if active("number-as-string") and isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidError("must be an integer")
    if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        raise InvalidError("is out of range")
    if (active("zero-500") and value == 0) or (active("negative-500") and value < 0):
        raise RuntimeError("division by zero")
    if active("huge-500") and value > 2**31 - 1:
        raise RuntimeError("Out of range value for column")
    return value


def boolean(value: object) -> bool:
    """Accept true and false alone."""
    if active("boolean-as-string") and isinstance(value, str):
        return value in ("yes", "true", "on", "1")
    if not isinstance(value, bool):
        raise InvalidError("must be true or false")
    return value


def moment(value: object) -> str:
    """Accept an RFC 3339 date-time and give it in UTC, with the fraction that was sent."""
    text = string(value)
    if active("date-format-open"):
        return text
    parts = MOMENT.fullmatch(text)
    if not parts:
        raise InvalidError("must be a valid date-time")
    day, minute, second, fraction, offset = parts.groups()
    leap = timedelta(seconds=int(second == "60"))
    try:
        local = datetime.fromisoformat(
            f"{day}T{minute}:{'59' if leap else second}{offset.upper().replace('Z', '+00:00')}"
        )
        universal = (local + leap).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidError("must be a valid date-time") from None
    return f"{universal.replace(tzinfo=None).isoformat()}.{(fraction or '').ljust(3, '0')}Z"


def day(value: object) -> str:
    """Accept a calendar date."""
    text = string(value)
    if active("birth-date-format-open"):
        return text
    if not DAY.fullmatch(text):
        raise InvalidError("must be a valid date")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise InvalidError("must be a valid date") from None
    return text


def email(value: object) -> str:
    """Accept an address."""
    text = string(value)
    local = text.rpartition("@")[0]
    dots = ".." in local or local.startswith(".") or local.endswith(".")
    if (not EMAIL.fullmatch(text) or dots) and not active("email-format-open"):
        raise InvalidError("must be a valid email address")
    return text


def uuid(value: object) -> str:
    """Accept a UUID in either case."""
    text = string(value)
    if not UUID.fullmatch(text):
        raise InvalidError("must be a valid UUID")
    return text


def status(value: object) -> str:
    """Accept one of the states that an appointment can have."""
    text = string(value)
    if text not in STATUSES and not active("status-open"):
        raise InvalidError("is invalid")
    return text


def bandwidth(value: object) -> str:
    """Accept one of the three bandwidths."""
    text = string(value)
    if text not in BANDWIDTHS and not active("bandwidth-open"):
        raise InvalidError("is invalid")
    return text


FLAGS = (
    "is_interpreter_needed",
    "features_call_recording_enable",
    "features_breakout_room_enable",
    "features_webcam_access_agent_enable",
    "features_webcam_access_claimant_enable",
    "features_webcam_background_blurring_enable",
    "features_microphone_access_enable",
    "features_screen_sharing_enable",
    "features_messages_chat_enable",
    "features_participant_list_enable",
    "use_custom_post_call_redirect",
)
NULLABLE = (
    "is_interpreter_needed",
    "interpreter_language",
    "status",
    "custom_user_post_call_redirect_url",
    "custom_agent_post_call_redirect_url",
)
FIELDS: dict[str, Rule] = {
    "appointment_at": moment,
    "duration_in_minutes": integer,
    "department_id": uuid,
    "interpreter_language": string,
    "status": status,
    "features_bandwidth": bandwidth,
    "custom_user_post_call_redirect_url": string,
    "custom_agent_post_call_redirect_url": string,
    **dict.fromkeys(FLAGS, boolean),
}
CLAIMANT: dict[str, Rule] = {"name": string, "email": email, "phone_number": string, "date_of_birth": day}
CLAIMANT_ITEM: dict[str, Rule] = {"id": uuid, "value": string}


def unprocessable(errors: Errors) -> Refused:
    """Refuse as Laravel does: the first message, how many more, and all of them by field."""
    messages = [message for found in errors.values() for message in found]
    more = len(messages) - 1
    summary = messages[0] + (f" (and {more} more error{'s' if more > 1 else ''})" if more else "")
    body = "<h1>Unprocessable</h1>" if active("error-as-text") else {"message": summary, "errors": errors}
    return Refused(422, body)


def checked(body: dict[str, object]) -> dict[str, object]:
    """Give the fields that were sent, each by its rule, or refuse with all that is wrong."""
    errors: Errors = {}
    clean = _fields(body, FIELDS, "", errors)
    if "claimant" in body:
        clean["claimant"] = _claimant(body["claimant"], errors)
    if errors:
        raise unprocessable(errors)
    return clean


def _fields(
    body: dict[str, object], rules: dict[str, Rule], prefix: str, errors: Errors
) -> dict[str, object]:
    clean: dict[str, object] = {}
    for field, rule in rules.items():
        if field not in body:
            continue
        value = body[field]
        try:
            clean[field] = None if value is None and _may_be_null(field, prefix) else rule(value)
        except InvalidError as refusal:
            _complain(errors, prefix + field, str(refusal))
    return clean


def _may_be_null(field: str, prefix: str) -> bool:
    if active("null-language-refused") and field == "interpreter_language":
        return False
    if active("null-nested-accepted") and prefix == "claimant.":
        return True
    return field in NULLABLE or (active("null-accepted") and field == "duration_in_minutes")


def _claimant(claimant: object, errors: Errors) -> dict[str, object]:
    if not isinstance(claimant, dict):
        _complain(errors, "claimant", "must be an object")
        return {}
    clean = _fields(claimant, CLAIMANT, "claimant.", errors)
    items = claimant.get("data", [])
    if not isinstance(items, list):
        _complain(errors, "claimant.data", "must be an array")
        return clean
    if "data" in claimant:
        clean["data"] = [_item(item, f"claimant.data.{index}", errors) for index, item in enumerate(items)]
    return clean


def _item(item: object, path: str, errors: Errors) -> dict[str, object]:
    if not isinstance(item, dict):
        _complain(errors, path, "must be an object")
        return {}
    return _fields(item, CLAIMANT_ITEM, f"{path}.", errors)


def _complain(errors: Errors, field: str, reason: str) -> None:
    errors.setdefault(field, []).append(f"The {field.replace('_', ' ')} field {reason}.")
