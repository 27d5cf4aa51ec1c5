"""Read and write YAML with JSON's types: a date stays text, only true and false are booleans, keys are text.

Values are built from the parser's events: this is several times faster than the usual constructors, and deep
nesting cannot exhaust the stack.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Any

import yaml

MAXIMUM_DEPTH = 250
"""Maximum nesting; no useful document is nested more deeply."""

MAXIMUM_VALUES = 20_000_000
"""Maximum number of values: a small file can expand to gigabytes by aliases."""

# The core schema of YAML 1.2, section 10.3.2, but without leading zeros: 01234 is no JSON number.
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OTHER_BASE = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_NUMERIC = frozenset("-+.0123456789")
_LONGEST_NUMBER = 400
_TEXT = "tag:yaml.org,2002:str"
_NO_KEY = object()
_LINE_BREAK = re.compile(r"[\x85\u2028\u2029]")


class YamlFault(Enum):
    """Kinds of YAML errors."""

    ENCODING = "it is not text in UTF-8 or UTF-16"
    SYNTAX = "it is not YAML"
    VALUE = "it is YAML that cannot be represented as plain values"
    SIZE = "it is nested too deeply, or its aliases expand to too much"


class YamlError(ValueError):
    """The text is not YAML, or cannot be represented as plain values.

    Attributes:
        line: the line, counted from 1.
        fault: the kind of error; code must not depend on the message, which may be the parser's.
        at: the index of the character that the parser cannot accept.
        token_start: the start index of the token that it was reading: of a quote or bracket, for example.
    """

    def __init__(
        self,
        reason: str,
        line: int | None,
        fault: YamlFault = YamlFault.VALUE,
        *,
        at: int | None = None,
        token_start: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.line = line
        self.fault = fault
        self.at = at
        self.token_start = token_start


def read_yaml(content: bytes) -> Any:
    """Read the one document of a YAML stream; None when it is empty.

    Raises:
        YamlError: the content is invalid.
    """
    builder = _Builder()
    try:
        for event in yaml.parse(content, yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, content) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise YamlError(str(error), None, YamlFault.ENCODING) from None
    return builder.value


def _syntax_error(error: yaml.MarkedYAMLError, content: bytes) -> YamlError:
    mark, context = error.problem_mark, error.context_mark
    line, at = (mark.line + 1, mark.index) if mark else (None, None)
    # The parser has its own limit, which differs between versions, and reads ahead within a line.
    before = content.decode("utf-8", "replace")[:at]
    if sum(before.count(bracket) for bracket in "[{") - sum(before.count(bracket) for bracket in "]}") > (
        MAXIMUM_DEPTH
    ):
        return _too_deep(line)
    token_start = context.index if context else None
    return YamlError(error.problem or str(error), line, YamlFault.SYNTAX, at=at, token_start=token_start)


def _too_deep(line: int | None) -> YamlError:
    return YamlError(f"is nested more than {MAXIMUM_DEPTH} levels deep", line, YamlFault.SIZE)


class _Builder:
    """Builds a value from parser events, with an explicit stack of open objects and arrays."""

    def __init__(self) -> None:
        self.value: Any = None
        self._documents = 0
        self._open: list[tuple[Any, Any, list[Any]]] = []
        #: The innermost open object or array, the key whose value comes next, and the merged mappings (`<<`).
        self._current: Any = None
        self._key: Any = _NO_KEY
        self._merged: list[Any] = []
        self._anchors: dict[str, Any] = {}
        #: The number of values with aliases expanded, and that of each anchor.
        self._count = 0
        self._sizes: dict[str, int] = {}
        self._open_anchors: list[tuple[str | None, int]] = []
        self._takers: dict[type[Any], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._begin,
            yaml.SequenceStartEvent: self._begin,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def take(self, event: Any) -> None:
        taker = self._takers.get(type(event))
        if taker is not None:
            taker(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise YamlError("a second document begins here; one file holds one", event.start_mark.line + 1)

    def _scalar(self, event: Any) -> None:
        text = event.value
        if self._key is _NO_KEY and type(self._current) is dict:
            self._take_key(text, event)
            return
        plain = event.implicit[0] and (text in _WORDS or text[0] in _NUMERIC)
        self._add(_resolve(text) if plain or event.tag not in {None, _TEXT} else text, event)

    def _take_key(self, text: str, event: Any) -> None:
        # Keys are strings in JSON: a status code such as 200 keeps its spelling.
        self._key = text
        if event.anchor is not None:
            self._anchors[event.anchor] = text

    def _add(self, value: Any, event: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        self._put(value)

    def _put(self, value: Any) -> None:
        self._count += 1
        current = self._current
        if type(current) is dict:
            if self._key == "<<" and isinstance(value, dict | list):
                self._merged += [value] if isinstance(value, dict) else value
            else:
                current[self._key] = value
            self._key = _NO_KEY
        elif current is None:
            self.value = value
        else:
            current.append(value)

    def _begin(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if len(self._open) >= MAXIMUM_DEPTH:
            raise _too_deep(line)
        if self._key is _NO_KEY and type(self._current) is dict:
            raise YamlError("a key must be text", line)
        value: Any = {} if type(event) is yaml.MappingStartEvent else []
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        self._open_anchors.append((event.anchor, self._count))
        self._open.append((self._current, self._key, self._merged))
        self._current, self._key, self._merged = value, _NO_KEY, []

    def _end(self, event: Any) -> None:
        del event
        anchor, before = self._open_anchors.pop()
        if anchor is not None:
            self._sizes[anchor] = self._count - before
        value = self._current
        for other in self._merged:
            if isinstance(other, dict):
                for name, entry in other.items():
                    value.setdefault(name, entry)
        self._current, self._key, self._merged = self._open.pop()
        self._put(value)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            raise YamlError(f"the alias *{event.anchor} has no anchor before it", line)
        value = self._anchors[event.anchor]
        if value is self._current or any(value is entry for entry, _, _ in self._open):
            raise YamlError(f"the alias *{event.anchor} refers to a value that contains it", line)
        self._count += self._sizes.get(event.anchor, 0)
        if self._count > MAXIMUM_VALUES:
            reason = f"has more than {MAXIMUM_VALUES:,} values once its aliases are expanded"
            raise YamlError(reason, line, YamlFault.SIZE)
        if self._key is _NO_KEY and type(self._current) is dict:
            self._key = str(value)
        else:
            self._put(value)


def _resolve(text: str) -> Any:
    """Convert a plain scalar to its value."""
    if text in _WORDS:
        return _WORDS[text]
    if INTEGER.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
        return int(text)
    if FLOAT.fullmatch(text):
        number = float(text)
        return text if number in {float("inf"), float("-inf")} else number
    return int(text, 0) if _OTHER_BASE.fullmatch(text) and len(text) <= _LONGEST_NUMBER else text


class _Dumper(yaml.SafeDumper):
    """Quotes text that `read_yaml` would read as a number, and writes text of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value again each time it occurs, without aliases: the files are for editing."""
        del data
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Write Unicode line breaks as escapes: other YAML readers fold them."""
        style = '"' if _LINE_BREAK.search(data) else "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)
for _pattern, _tag in ((INTEGER, "int"), (_OTHER_BASE, "int"), (FLOAT, "float")):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, list("-+.0123456789"))


def write_yaml(value: Any) -> str:
    """Write a JSON value as YAML that `read_yaml` reads as an equal value."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
