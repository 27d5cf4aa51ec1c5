"""The request that resets the implementation's records, and its form in reports."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from mockserver.check.rules.document_rules import described
from mockserver.check.target.credentials import HEADER_FIELD
from mockserver.check.target.implementation import Implementation
from mockserver.curl import Secret, command, variable
from mockserver.errors import ConfigurationError, NoAnswerError, NoVerdictError


@dataclass(frozen=True, slots=True)
class Reset:
    """A POST that restores the implementation's initial records.

    Attributes:
        url: without credentials.
        headers: header fields of the request; the values are secrets.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def carry_out(self, target: Implementation) -> None:
        """Send the request.

        Raises:
            NoVerdictError: there is no successful response.
        """
        try:
            answer = target.call(self.url, list(self.headers.items()))
        except NoAnswerError as error:
            raise NoVerdictError(f"the reset at {self.url} {error}") from None
        if not answer.succeeded:
            hint = " (--reset-header sends a credential)" if answer.status in {401, 403} else ""
            raise NoVerdictError(f"the reset at {self.url} answers {described(answer)}{hint}")

    def curl(self, tls: Sequence[str] = ()) -> str:
        """The request as a curl command, with variables such as `$RESET_AUTHORIZATION` as header values."""
        headers = [(name, Secret(variable("RESET", name))) for name in self.headers]
        return command("POST", self.url, headers=headers, tls=tls)

    @property
    def secrets(self) -> list[str]:
        """Texts that reports must mask: the header values, and the part of each after its scheme."""
        return [part for value in self.headers.values() for part in (value, value.split(" ")[-1])]


def reset_of(url: str | None, fields: Iterable[str]) -> Reset | None:
    """The reset of the command line's options; a name and a password in the URL are sent as HTTP Basic.

    Raises:
        ConfigurationError: a header field cannot be read, or belongs to no reset.
    """
    headers: dict[str, str] = {}
    for entry in fields:
        match = HEADER_FIELD.fullmatch(entry.strip())
        if match is None:  # not repeated: it may be a secret
            raise ConfigurationError("--reset-header: write 'NAME: VALUE'.")
        headers[match[1]] = match[2]
    if url is None:
        if headers:
            raise ConfigurationError("--reset-header belongs to --reset-url, which is not given.")
        return None
    plain, credentials = without_credentials(url)
    if credentials:
        headers.setdefault("Authorization", "Basic " + base64.b64encode(credentials.encode()).decode())
    return Reset(plain, headers)


def without_credentials(url: str) -> tuple[str, str]:
    """A URL without the name and the password in it, and those."""
    parts = urlsplit(url)
    user, separator, host = parts.netloc.rpartition("@")
    return (urlunsplit(parts._replace(netloc=host)), unquote(user)) if separator else (url, "")
