"""Texts for people about situations, values and callers. No code compares them."""

from collections.abc import Iterable
from typing import Any

from mockserver.check.planning.situations import (
    CallerKind,
    PathValueKind,
    SampleKind,
    Situation,
    SituationKind,
)

_NAMED = 6
CALLERS: dict[CallerKind, str] = {
    CallerKind.ANONYMOUS: "an anonymous caller",
    CallerKind.IDENTITY: "{identity}",
    CallerKind.EMPTY_TOKEN: "a caller with an empty token",
    CallerKind.INVENTED_TOKEN: "a caller with an invented token",
    CallerKind.EXPIRED_TOKEN: "{identity}, whose token has expired",
    CallerKind.REVOKED_TOKEN: "{identity}, whose token was revoked",
    CallerKind.FORGED_TOKEN: "{identity}, with a token signed with another key",
    CallerKind.TAMPERED_TOKEN: "{identity}, with a token whose claims were changed",
    CallerKind.OUTDATED_TOKEN: "{identity}, with a token that expired a minute ago",
    CallerKind.ISSUER_TOKEN: "{identity}, with a token of another issuer",
    CallerKind.UNSIGNED_TOKEN: "{identity}, with an unsigned token",
    CallerKind.TOKEN_WITHOUT_SCHEME: "{identity}, without the name of the scheme before the token",
    CallerKind.TOKEN_CUT: "{identity}, with the first half of the token",
    CallerKind.TOKEN_WITH_MORE: "{identity}, with something behind the token",
    CallerKind.TOKEN_IN_OTHER_CASE: "{identity}, with capitals and small letters of the token exchanged",
}
ADDRESSES: dict[PathValueKind, str] = {
    PathValueKind.KNOWN: "a known {parameter}",
    PathValueKind.UNKNOWN: "an unknown {parameter}",
    PathValueKind.FOREIGN: "another record's {parameter}, {value}",
    PathValueKind.INVALID: "{shown} for {parameter}",
}
SITUATIONS: dict[SituationKind, str] = {
    SituationKind.PLAIN: "{operation}",
    SituationKind.FILLED: "{operation}",
    SituationKind.LOOK: "looking at it with {operation}",
    SituationKind.ANOTHER_RECORD: "the same on another record",
    SituationKind.AFTER: "{name}, then {operation}",
    SituationKind.CALLER: "{operation} by {caller}",
    SituationKind.METHOD: "{name}, which the path does not have",
    SituationKind.PATH: "{operation} with {address}",
    SituationKind.FIELD: "{operation} with {name}: {sample}",
    SituationKind.UNDOCUMENTED_FIELD: "{operation} with {name}, which is not among its fields",
    SituationKind.PARAMETER: "{operation} with {name}: {sample}",
    SituationKind.PARAMETER_MISSING: "{operation} without {name}",
    SituationKind.PARAMETER_INVALID: "{operation} with {name}={about}",
    SituationKind.BODY_MISSING: "{operation} without a body",
    SituationKind.BODY: "{operation} with {sample}",
    SituationKind.BODY_UNASKED: "{operation} with a body it does not ask for",
    SituationKind.MEDIA_TYPE: "{operation} with JSON sent as {name}",
    SituationKind.RULE: "{operation}, as the rule {name} has it",
    SituationKind.GENERATED: "a generated request",
    SituationKind.CHAIN: "{operation}, in a chain of generated requests",
}
SAMPLES: dict[SampleKind, str] = {
    SampleKind.FORMAT: "a {about}",
    SampleKind.PLAIN_TEXT: "plain text",
    SampleKind.EMPTY_TEXT: "empty text",
    SampleKind.NON_ASCII_TEXT: "text outside ASCII",
    SampleKind.PADDED_TEXT: "text with spaces around it",
    SampleKind.LONG_TEXT: "text of {about} characters",
    SampleKind.SPECIAL_TEXT: "text with characters that need escaping",
    SampleKind.LONGEST_TEXT: "text as long as allowed",
    SampleKind.SHORTEST_TEXT: "text as short as allowed",
    SampleKind.NAMED: "what its name asks for",
    SampleKind.PATTERN: "text of the documented pattern",
    SampleKind.ENUMERATED: "{about}, a value of the enumeration",
    SampleKind.EXAMPLE: "the documented example",
    SampleKind.NULL: "null",
    SampleKind.MINIMUM: "the least allowed number",
    SampleKind.MAXIMUM: "the greatest allowed number",
    SampleKind.NUMBER: "the number {about}",
    SampleKind.BEYOND_32_BITS: "a number beyond 32 bits",
    SampleKind.FRACTION: "a fraction",
    SampleKind.FALSE: "false",
    SampleKind.TRUE: "true",
    SampleKind.REFERENCE: "the id of an existing record",
    SampleKind.CHANGED_ITEM: "the item {about} changed",
    SampleKind.LEFT_OUT: "nothing, which is allowed",
    SampleKind.EMPTY_LIST: "an empty list",
    SampleKind.ONE_ITEM: "a list of one item, {about}",
    SampleKind.TWO_ITEMS: "a list of two items",
    SampleKind.ALTERNATIVE: "the alternative {about} of its schema",
    SampleKind.REQUIRED_LEFT_OUT: "nothing, though it is required",
    SampleKind.WRONG_ITEM: "a list with {about} in it",
    SampleKind.IMPOSSIBLE: "{about}, which no calendar and no clock has",
    SampleKind.LINE_BREAK_ADDED: "a line break behind a value in order",
    SampleKind.TOO_LONG: "text that is too long",
    SampleKind.TOO_SHORT: "text that is too short",
    SampleKind.TOO_MANY_ITEMS: "a list that is too long",
    SampleKind.REPEATED_ITEM: "a list with the same item twice",
    SampleKind.NULL_NOT_ALLOWED: "null, which is not allowed",
    SampleKind.OUTSIDE_ENUM: "a value outside the enumeration",
    SampleKind.EMPTY_OUTSIDE_ENUM: "empty text outside the enumeration",
    SampleKind.NOT_FORMAT: "text that is no {about}",
    SampleKind.EMPTY_NOT_FORMAT: "empty text, which is no {about}",
    SampleKind.TEXT_INSTEAD: "text in place of a {about}",
    SampleKind.NUMBER_INSTEAD: "a number in place of a {about}",
    SampleKind.LIST_INSTEAD: "a list in place of a {about}",
    SampleKind.OBJECT_INSTEAD: "an object in place of a {about}",
    SampleKind.FRACTION_INSTEAD: "a fraction in place of an integer",
    SampleKind.QUOTED_NUMBER: "a number in quotes",
    SampleKind.QUOTED_BOOLEAN: "a boolean in quotes",
    SampleKind.BELOW_MINIMUM: "a number below the minimum",
    SampleKind.ABOVE_MAXIMUM: "a number above the maximum",
    SampleKind.WORD: "a word",
    SampleKind.NEGATIVE: "a negative number",
    SampleKind.HUGE: "a huge number",
    SampleKind.DECIMAL: "a fraction",
    SampleKind.HEXADECIMAL: "a hexadecimal number",
    SampleKind.SUFFIXED: "letters behind a number in order",
    SampleKind.NOT_UUID: "text that is no UUID",
    SampleKind.DIGIT: "a digit",
    SampleKind.OVERLONG: "very long text",
    SampleKind.NUL: "an encoded NUL",
    SampleKind.NOT_JSON: "a body that is not JSON",
    SampleKind.TRAILING_COMMA: "a trailing comma in its JSON",
    SampleKind.LIST_BODY: "a list as its body",
    SampleKind.TEXT_BODY: "text as its body",
    SampleKind.NULL_BODY: "null as its body",
    SampleKind.OBJECT_BODY: "an object as its body",
}


def caller(kind: CallerKind, identity: str | None) -> str:
    """A caller's name."""
    return CALLERS[kind].format(identity=identity)


def address(kind: PathValueKind, parameter: str, value: Any) -> str:
    """Describe the special path value of a request."""
    shown = repr(value) if len(str(value)) < 40 else f"text of {len(str(value))} characters"
    return ADDRESSES[kind].format(parameter=parameter, value=value, shown=shown)


def sample(kind: SampleKind | None, about: str) -> str:
    """Describe the special value of a request."""
    return "" if kind is None else SAMPLES[kind].format(about=about)


def situation(found: Situation, *, operation: str, caller: str, address: str) -> str:
    """Describe what a request tries."""
    return SITUATIONS[found.kind].format(
        operation=operation,
        caller=caller,
        address=address,
        name=found.name,
        about=found.about,
        sample=sample(found.sample, found.about),
    )


def name_some(names: Iterable[str]) -> str:
    """The first few names, with the number of the others."""
    found = list(names)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more
