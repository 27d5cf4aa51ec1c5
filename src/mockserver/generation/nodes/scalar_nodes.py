"""Generate numbers, texts and other scalars within all bounds of their shape."""

import base64
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from random import Random
from typing import Any, Protocol

from mockserver.generation import binary_samples
from mockserver.generation.by_name import countries, named_things, text_values
from mockserver.generation.by_name.name_rules import choose, is_named
from mockserver.generation.by_name.string_formats import FORMATS
from mockserver.generation.generation_context import (
    LONGEST,
    DeadEndError,
    GenerationContext,
    Maker,
    SchemaPosition,
)
from mockserver.generation.regex_text import PatternError, pattern
from mockserver.generation.seeds import derive
from mockserver.openapi import media_types
from mockserver.openapi.schema.merged_schema import Shape
from mockserver.openapi.versions.dialect_30 import INTEGERS

_TRIES = 40
_ADDRESSES = ("uri", "url", "iri")
_CODE = 5
"""A text whose exact length is below this is generated as a code."""
_ROOM_FOR_ADDRESS = 255
"""Maximum length of a URL of the mock, including the host of the request."""


class Node(Protocol):
    """One step of a plan: generates the values of one schema.

    Attributes:
        key: equal for equal schemas, to detect recursion.
        heavy: whether it generates objects or arrays.
        bare: whether its values are empty: null, or an object without properties.
    """

    key: tuple[Any, ...]
    heavy: bool
    bare: bool

    def make(self, draw: GenerationContext, number: int) -> Any:
        """Generate a value; raises `DeadEndError` when none matches."""
        ...


class ConstantNode:
    """Picks one of some values."""

    __slots__ = ("_values", "bare", "heavy", "key")

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = values
        self.key = ()
        self.heavy = False
        self.bare = values in ((), (None,))

    @property
    def is_certain(self) -> bool | None:
        """See `is_certain`."""
        is_scalar = not any(isinstance(value, dict | list) for value in self._values)
        return bool(self._values) if is_scalar else None

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        draw.left -= 1
        if not self._values:
            raise DeadEndError("no value is allowed")
        return self._values[number % len(self._values)]


class BooleanNode:
    """Generates a boolean."""

    __slots__ = ("_spot", "bare", "heavy", "key")

    def __init__(self, spot: SchemaPosition) -> None:
        self._spot = spot
        self.key = ()
        self.heavy = False
        self.bare = False

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        draw.left -= 1
        return text_values.flag(draw, number, self._spot)


class NumberNode:
    """Generates an integer, or any number."""

    __slots__ = (
        "_bound", "_high", "_low", "_maker", "_shape", "_spot", "_step", "_whole", "bare", "heavy", "key",
    )  # fmt: skip

    def __init__(self, shape: Shape, spot: SchemaPosition, *, whole: bool) -> None:
        self.key = ()
        self.heavy = False
        self.bare = False
        self._shape = shape
        self._whole = whole
        self._maker, self._spot = choose("integer" if whole else "number", spot)
        self._bound = _bound(spot.words)
        self._step = _common([Fraction(str(value)) for value in shape.multiples], whole=whole)
        self._low, self._high = _limits(shape, self._step)

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        draw.left -= 1
        value = self._maker(draw, number, self._spot)
        if self._bound is not None:
            stem, share = self._bound
            value = self._maker(draw, derive(draw.scope, stem), self._spot) * share
            value = round(value) if self._whole else round(value, 2)
        if self._whole and value != int(value):
            value = round(value)
        if self._fits(value):
            return value
        made = self._on_step(number) if self._step else self._between(number)
        if not self._fits(made):
            raise DeadEndError("no number is within its bounds")
        return made

    def _fits(self, value: float) -> bool:
        shape = self._shape
        return (
            (shape.minimum is None or value >= shape.minimum)
            and (shape.maximum is None or value <= shape.maximum)
            and (shape.above is None or value > shape.above)
            and (shape.below is None or value < shape.below)
            and (
                not self._step or (self._whole and self._step == 1) or Fraction(str(value)) % self._step == 0
            )
        )

    @property
    def is_unbounded(self) -> bool:
        """Whether every number is allowed."""
        bounds = (self._shape.minimum, self._shape.maximum, self._shape.above, self._shape.below)
        return not self._shape.multiples and bounds == (None, None, None, None)

    def may_be(self, value: Any) -> bool:
        """Whether a value is valid."""
        if not isinstance(value, int | float):
            return value is None and "null" in (self._shape.types or ())
        return self._fits(value)

    def _on_step(self, number: int) -> float:
        """A multiple of the step, within the bounds."""
        step = self._step
        assert step is not None  # noqa: S101  only called by make
        first, last = math.ceil(Fraction(self._low) / step), math.floor(Fraction(self._high) / step)
        first += self._shape.above is not None and first * step <= Fraction(self._shape.above)
        last -= self._shape.below is not None and last * step >= Fraction(self._shape.below)
        if first > last:
            raise DeadEndError("no number is within its bounds")
        value = (first + number % (last - first + 1)) * step
        return int(value) if value.denominator == 1 else float(value)

    def _between(self, number: int) -> float:
        """A number within the bounds, rounded to cents if possible."""
        low, high = self._low, self._high
        value = low + (high - low) * ((number >> 11) + 1) / ((1 << 53) + 2)
        return next((rounded for digits in (2, 4, 8) if self._fits(rounded := round(value, digits))), value)


_BOUNDS = {"min": 0.5, "minimum": 0.5, "low": 0.5, "lowest": 0.5, "least": 0.5} | dict.fromkeys(
    ("max", "maximum", "high", "highest", "most"), 2
)


def _bound(name: str) -> tuple[str, float] | None:
    """For a name such as `price_min`, the name without the bound, and a factor; None for other names.

    Minimum and maximum are derived from one number, so that they are in order.
    """
    parts = name.split("_")
    marks = [part for part in parts if part in _BOUNDS]
    if len(marks) != 1:
        return None
    return "_".join(part for part in parts if part not in _BOUNDS), _BOUNDS[marks[0]]


def _common(multiples: list[Fraction], *, whole: bool) -> Fraction | None:
    """The least common multiple; None when any number is allowed."""
    if whole:
        multiples = [*multiples, Fraction(1)]
    if not multiples:
        return None
    numerator = math.lcm(*(value.numerator for value in multiples))
    return Fraction(numerator, math.gcd(*(value.denominator for value in multiples)))


def _limits(shape: Shape, step: Fraction | None) -> tuple[float, float]:
    """The bounds; a missing one is guessed from the other: small and not negative if possible."""
    lows = [value for value in (shape.minimum, shape.above) if value is not None]
    highs = [value for value in (shape.maximum, shape.below) if value is not None]
    room = max(1000, 100 * int(step or 0))
    low = max(lows) if lows else None
    high = min(highs) if highs else None
    if low is None:
        low = 0 if high is None or high >= (step or 0) else high - room
    if high is None:
        high = low + room
    least, greatest = INTEGERS.get(shape.format or "", (-math.inf, math.inf))
    return max(low, least), min(high, greatest)


def is_certain(node: Node, form: str | None) -> bool | None:
    """Whether a node for scalars makes a valid value of every number; None for a node for other values.

    `form` is the format that the schema names.
    """
    if isinstance(node, BooleanNode):
        return True
    if isinstance(node, ConstantNode):
        return node.is_certain
    if isinstance(node, NumberNode):
        return node.is_unbounded and form in _CERTAIN_NUMBERS
    return node.is_free and form in _CERTAIN_TEXTS if isinstance(node, TextNode) else None


_CERTAIN_NUMBERS = frozenset((None, "int64", "float", "double"))
_CERTAIN_TEXTS = frozenset((None, "date-time", "date", "uuid", "uri", "email"))
"""Formats whose generated values are always valid."""


def takes(node: Node, value: Any) -> bool:
    """Whether a node for scalars may generate this value."""
    if isinstance(node, NumberNode | TextNode):
        return node.may_be(value)
    return isinstance(node, BooleanNode) and isinstance(value, bool)


class TextNode:
    """Generates a string."""

    __slots__ = (
        "_content", "_encoding", "_fits", "_hint", "_maker", "_shape", "_spot", "bare", "heavy", "key",
    )  # fmt: skip

    def __init__(
        self, shape: Shape, spot: SchemaPosition, fits: Callable[[Any], bool] | None, *, is_sent: bool = False
    ) -> None:
        """Create a generator of strings.

        Args:
            shape: the constraints of the strings.
            spot: their position in the document.
            fits: tests whether a string matches all constraints; None when there are none.
            is_sent: whether clients send them: the URLs of pictures are then not the mock's.
        """
        self.key = ()
        self.heavy = False
        self.bare = False
        self._shape = shape
        self._fits = fits
        named, self._spot = choose("string", spot)
        known = FORMATS.get(shape.format or "")
        self._maker = known or named
        if named is text_values.picture and (shape.format or "uri") in _ADDRESSES:
            # The mock's own URL may be longer than the generated one, and start with `http:`.
            is_bound = bool(shape.patterns) or (shape.max_length or _ROOM_FOR_ADDRESS) < _ROOM_FOR_ADDRESS
            self._maker = text_values.distant_picture if is_bound or is_sent else named
        # Numbers and codes take the form of the example; for other names the rule is more reliable.
        is_free = not is_named("string", spot) or named in _CODES
        self._hint = _like(shape.examples) if is_free and not known else None
        self._encoding = shape.encoding or {
            "byte": "base64",
            "base64": "base64",
            "base64url": "base64url",
        }.get(shape.format or "")
        self._content = _content(shape.content, self._encoding) if shape.content else None

    def make(self, draw: GenerationContext, number: int) -> str:
        """See `Node.make`."""
        draw.left -= 1
        if self._content is not None and (self._fits is None or self._fits(self._content)):
            return self._content
        if self._encoding:
            text = text_values.encoded_bytes(
                self._encoding, number, self._shape.min_length, self._shape.max_length
            )
            if text is not None and (self._fits is None or self._fits(text)):
                return text
        if self._fits is None:
            return str((self._hint or self._maker)(draw, number, self._spot))
        for candidate in self._candidates(draw, number):
            if self._fits(candidate):
                return candidate
        raise DeadEndError(f"no text found for {' and '.join(self._shape.patterns) or self._shape.format}")

    @property
    def is_free(self) -> bool:
        """Whether every string of the format is allowed."""
        return self._fits is None and self._content is None and not self._encoding

    def may_be(self, value: Any) -> bool:
        """Whether a value is valid."""
        if not isinstance(value, str):
            return value is None and "null" in (self._shape.types or ())
        return self._fits is None or self._fits(value)

    def _candidates(self, draw: GenerationContext, number: int) -> Iterator[str]:
        shape = self._shape
        text = str((self._hint or self._maker)(draw, number, self._spot))
        yield text
        if shape.min_length > LONGEST:
            raise DeadEndError(f"texts of {shape.min_length} characters are not made")
        draw.write(shape.min_length)
        codes = _THREE_LETTERS.get(self._maker)
        if codes is not None:
            yield str(codes(draw, number, self._spot))
        if not shape.patterns:
            yield from text_values.shorter_addresses(text, number)
            yield self._cut(draw, number, text)
            yield self._cut(draw, number, text_values.plain(draw, number, self._spot))
            yield self._cut(draw, number, text_values.token(draw, number, self._spot))
            yield from text_values.short(shape.format or "", number)
        else:
            yield text_values.slug(draw, number, self._spot)
            yield text_values.word(draw, number, self._spot)
            for written in _matching(shape, number):
                yield written
                if shape.format in _ADDRESSES:
                    yield f"https://example.com/{written.lstrip('/')}"
        yield from (example for example in shape.examples if isinstance(example, str))

    def _cut(self, draw: GenerationContext, number: int, text: str) -> str:
        """Shorten or extend a text to an allowed length."""
        least, most = self._shape.min_length, self._shape.max_length
        if len(text) < least:
            words, length = [text], len(text)
            while length + len(words) <= least and len(words) < _MOST_WORDS:
                words.append(text_values.word(draw, derive(number, len(words)), self._spot))
                length += len(words[-1])
            text = " ".join(words)
            text = " ".join([text] * -(-(least + 1) // (len(text) + 1)))
        if most is None or len(text) <= most:
            return text
        if least == most < _CODE:
            return text_values.letters(most, number)
        shorter = text_values.shortened(draw, number, text, most)
        if len(shorter) >= least:
            return shorter
        return text_values.letters(most, number) if most < _CODE else text[:most].rstrip().ljust(least, "x")


_MOST_WORDS = 500
"""Maximum number of different words of a text; more are repeated, as generating them takes seconds."""

_CODES = (text_values.code, text_values.ordinal)
"""Generators of numbers and codes, which are chosen only by the name."""

_THREE_LETTERS: Mapping[Maker, Maker] = {
    countries.alpha_2: countries.alpha_3,
    countries.name: countries.alpha_3,
    countries.language: named_things.three_letter_language,
}
"""Generators of three-letter codes, by those whose two-letter code or name does not match."""


def _content(media_type: str, encoding: str | None) -> str | None:
    """Sample content of a media type as text; None if it cannot be written as text."""
    if media_types.is_json(media_type):
        content: str | bytes | None = "{}"
    else:
        content = binary_samples.sample(media_type)
    if encoding in {"base64", "base64url"} and content is not None:
        raw = content.encode() if isinstance(content, str) else content
        return (base64.b64encode if encoding == "base64" else base64.urlsafe_b64encode)(raw).decode()
    return content if isinstance(content, str) and encoding is None else None


def _matching(shape: Shape, number: int) -> Iterator[str]:
    most = 1 << 20 if shape.max_length is None else shape.max_length
    random = Random(number)
    for expression in shape.patterns:
        try:
            written = pattern(expression)
        except PatternError:
            continue
        for _ in range(_TRIES):
            yield written.write(random, shape.min_length, most)


def _like(examples: tuple[Any, ...]) -> Maker | None:
    """A generator for text in the form of the first example with digits, if any."""
    for example in examples:
        if isinstance(example, str) and any(char in "123456789" for char in example) and len(example) < 80:
            return text_values.like(example)
    return None
