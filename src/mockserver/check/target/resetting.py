"""How the implementation's records are brought back, and what reports show of the request that does it."""

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
    """A POST that gives the implementation its first records again.

    Attributes:
        url: without credentials.
        headers: what is sent with it; the values are secrets.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def carry_out(self, target: Implementation) -> None:
        """Send it.

        Raises:
            NoVerdictError: it is not answered with success.
        """
        try:
            answer = target.call(self.url, list(self.headers.items()))
        except NoAnswerError as error:
            raise NoVerdictError(f"the reset at {self.url} {error}") from None
        if not answer.succeeded:
            hint = " (--reset-header sends a credential)" if answer.status in {401, 403} else ""
            raise NoVerdictError(f"the reset at {self.url} answers {described(answer)}{hint}")

    def curl(self, tls: Sequence[str] = ()) -> str:
        """The request as a curl command; values of header fields are variables: `$RESET_AUTHORIZATION`."""
        headers = [(name, Secret(variable("RESET", name))) for name in self.headers]
        return command("POST", self.url, headers=headers, tls=tls)

    @property
    def secrets(self) -> list[str]:
        """What no report may show: the values, and the words of them that a scheme announces."""
        return [part for value in self.headers.values() for part in (value, value.split(" ")[-1])]


def reset_of(url: str | None, fields: Iterable[str]) -> Reset | None:
    """The reset that the command line asks for; a name and a password in the URL are sent as HTTP Basic.

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
