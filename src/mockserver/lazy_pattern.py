"""Regular expressions that are compiled at their first use."""

import re
from collections.abc import Callable
from typing import Any

Search = Callable[[str], re.Match[str] | None]


class LazyPattern:
    """A regular expression that is compiled at its first use.

    For patterns that many runs never use: compiling one takes about 0.2 ms, and tables have hundreds.

    Attributes:
        text: the pattern as written.
        search: `re.Pattern.search`.
        fullmatch: `re.Pattern.fullmatch`.
        sub: `re.Pattern.sub`.
    """

    __slots__ = ("fullmatch", "search", "sub", "text")
    search: Search
    fullmatch: Search
    sub: Callable[[str, str], str]

    def __init__(self, text: str) -> None:
        self.text = text

    def __getattr__(self, name: str) -> Any:
        """Compile the pattern. Python calls this only while the slot `name` has no value."""
        if name not in {"search", "fullmatch", "sub"}:
            raise AttributeError(name)
        compiled = re.compile(self.text)
        self.search, self.fullmatch, self.sub = compiled.search, compiled.fullmatch, compiled.sub
        return getattr(compiled, name)
