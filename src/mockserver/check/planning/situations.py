"""What a request tries and who sends it, as stable values for finding ids. `phrases` has their texts."""

from dataclasses import dataclass
from enum import StrEnum


class CallerKind(StrEnum):
    """The kind of credential that a caller sends."""

    ANONYMOUS = "anonymous"
    IDENTITY = "identity"
    EMPTY_TOKEN = "empty-token"  # noqa: S105  a kind, not a token
    INVENTED_TOKEN = "invented-token"  # noqa: S105
    EXPIRED_TOKEN = "expired-token"  # noqa: S105
    REVOKED_TOKEN = "revoked-token"  # noqa: S105
    FORGED_TOKEN = "forged-token"  # noqa: S105
    TAMPERED_TOKEN = "tampered-token"  # noqa: S105
    OUTDATED_TOKEN = "outdated-token"  # noqa: S105
    ISSUER_TOKEN = "wrong-issuer-token"  # noqa: S105
    UNSIGNED_TOKEN = "unsigned-token"  # noqa: S105
    TOKEN_WITHOUT_SCHEME = "token-without-scheme"  # noqa: S105
    TOKEN_CUT = "token-cut"  # noqa: S105
    TOKEN_WITH_MORE = "token-with-more"  # noqa: S105
    TOKEN_IN_OTHER_CASE = "token-in-other-case"  # noqa: S105


class PathValueKind(StrEnum):
    """What kind of record the path parameters of a request name."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"
    INVALID = "invalid"


class SituationKind(StrEnum):
    """What is special about a request."""

    PLAIN = "plain"
    FILLED = "filled"
    LOOK = "look"
    ANOTHER_RECORD = "another-record"
    AFTER = "after"
    CALLER = "caller"
    METHOD = "method"
    PATH = "path"
    FIELD = "field"
    UNDOCUMENTED_FIELD = "undocumented-field"
    PARAMETER = "parameter"
    PARAMETER_MISSING = "parameter-missing"
    PARAMETER_INVALID = "parameter-invalid"
    BODY_MISSING = "body-missing"
    BODY = "body"
    BODY_UNASKED = "body-unasked"
    MEDIA_TYPE = "media-type"
    RULE = "rule"
    GENERATED = "generated"
    CHAIN = "chain"


class SampleKind(StrEnum):
    """What is special about a value that is sent."""

    # Allowed by the schema.
    FORMAT = "format"
    PLAIN_TEXT = "plain-text"
    EMPTY_TEXT = "empty-text"
    NON_ASCII_TEXT = "non-ascii-text"
    PADDED_TEXT = "padded-text"
    LONG_TEXT = "long-text"
    SPECIAL_TEXT = "special-text"
    LONGEST_TEXT = "longest-text"
    SHORTEST_TEXT = "shortest-text"
    NAMED = "named"
    PATTERN = "pattern"
    ENUMERATED = "enumerated"
    EXAMPLE = "example"
    NULL = "null"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    NUMBER = "number"
    BEYOND_32_BITS = "beyond-32-bits"
    FRACTION = "fraction"
    FALSE = "false"
    TRUE = "true"
    REFERENCE = "reference"
    CHANGED_ITEM = "changed-item"
    LEFT_OUT = "left-out"
    EMPTY_LIST = "empty-list"
    ONE_ITEM = "one-item"
    TWO_ITEMS = "two-items"
    ALTERNATIVE = "alternative"
    # Not allowed by the schema.
    NULL_NOT_ALLOWED = "null-not-allowed"
    OUTSIDE_ENUM = "outside-enum"
    EMPTY_OUTSIDE_ENUM = "empty-outside-enum"
    NOT_FORMAT = "not-format"
    EMPTY_NOT_FORMAT = "empty-not-format"
    TEXT_INSTEAD = "text-instead"
    NUMBER_INSTEAD = "number-instead"
    LIST_INSTEAD = "list-instead"
    OBJECT_INSTEAD = "object-instead"
    FRACTION_INSTEAD = "fraction-instead"
    QUOTED_NUMBER = "quoted-number"
    QUOTED_BOOLEAN = "quoted-boolean"
    BELOW_MINIMUM = "below-minimum"
    ABOVE_MAXIMUM = "above-maximum"
    REQUIRED_LEFT_OUT = "required-left-out"
    WRONG_ITEM = "wrong-item"
    IMPOSSIBLE = "impossible"
    LINE_BREAK_ADDED = "line-break-added"
    TOO_LONG = "too-long"
    TOO_SHORT = "too-short"
    TOO_MANY_ITEMS = "too-many-items"
    REPEATED_ITEM = "repeated-item"
    # In a path, and not of the parameter's type.
    WORD = "word"
    NEGATIVE = "negative"
    HUGE = "huge"
    DECIMAL = "decimal"
    HEXADECIMAL = "hexadecimal"
    SUFFIXED = "suffixed"
    NOT_UUID = "not-uuid"
    DIGIT = "digit"
    OVERLONG = "overlong"
    NUL = "nul"
    # Bodies as a whole.
    NOT_JSON = "not-json"
    TRAILING_COMMA = "trailing-comma"
    LIST_BODY = "list-body"
    TEXT_BODY = "text-body"
    NULL_BODY = "null-body"
    OBJECT_BODY = "object-body"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a request tries, stable from run to run.

    Attributes:
        name: the field, parameter, media type, method or operation that is special.
        address: what the path parameters name, if that is special.
        sample: the kind of value that is sent.
        about: the detail of the kind, such as the format or the number.
        number: index among the values of one kind.
    """

    kind: SituationKind
    name: str = ""
    address: PathValueKind = PathValueKind.KNOWN
    sample: SampleKind | None = None
    about: str = ""
    number: int = 0
