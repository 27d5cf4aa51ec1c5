"""Print to terminals and logs: text of documents, requests and servers never controls the terminal.

All printing goes through this module; a house test forbids `click.echo` and `click.style` elsewhere.
"""

import logging
import re
from typing import Any

import click

from mockserver.standard_output import OutputError

UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: they move the cursor, set the title, ring the bell
    "\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # bidirectional controls and invisible characters
    "\u2028\u2029\ud800-\udfff\U000e0000-\U000e007f]"  # line separators, surrogates, tags
)
"""Characters that control a terminal, or that make text look like other text."""


def printable(text: str) -> str:
    r"""The text with every control character written as an escape, such as `\x1b` or `\n`."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class Styled(str):
    """Text that is safe to print: without control characters except this module's own colours."""

    __slots__ = ()


def style(text: str, **look: Any) -> Styled:
    """Printable text in a colour or in bold; the arguments are those of `click.style`."""
    return Styled(click.style(printable(text), **look))


def line(*parts: str) -> Styled:
    """Join parts to one line; those that are not `Styled` are made printable.

    An f-string around a `Styled` is a plain string again, and its colours are escaped.
    """
    return Styled("".join(part if isinstance(part, Styled) else printable(part) for part in parts))


# What a GitHub Actions runner treats as a command at the start of a line, after any white space.
_COMMAND = re.compile(r"(?:\x1b\[[0-9;]*m|\s)*(?:::|##\[)")


def echo(*parts: str, err: bool = False, is_command: bool = False) -> None:
    """Print one line; only with `is_command` may it be a command to a workflow's runner.

    Raises:
        OutputError: standard output cannot be written.
    """
    text = line(*parts)
    if not is_command and _COMMAND.match(text):
        text = line("\\", text)
    try:
        click.echo(text, err=err)
    except OSError as error:
        if err:
            raise
        raise OutputError(error) from None


def complain(label: str, message: str) -> None:
    """Print an error on standard error; the message keeps its lines."""
    first, *more = message.split("\n")
    echo(style(label, fg="red", bold=True), first, err=True)
    for text in more:
        echo(text, err=True)


def overwrite(text: str) -> None:
    """Print a line of progress on standard error, over the one before it."""
    click.echo("\r\x1b[2K" + printable(text), nl=False, err=True)


class LogFormatter(logging.Formatter):
    """Formats records of the log: a message is one printable line, a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name is logging's
        """See `logging.Formatter.formatMessage`."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  the name is logging's
        """See `logging.Formatter.formatException`."""
        return "\n".join(map(printable, super().formatException(ei).split("\n")))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  the name is logging's
        """See `logging.Formatter.formatStack`."""
        return "\n".join(map(printable, super().formatStack(stack_info).split("\n")))


def set_up_log(level: str) -> None:
    """Write the log of every library to standard error, one printable line for each message."""
    handler = logging.StreamHandler()
    handler.setFormatter(LogFormatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for noisy in ("httpx", "httpcore", "connexion", "watchfiles", "faker"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # The response describes a form that cannot be parsed.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
