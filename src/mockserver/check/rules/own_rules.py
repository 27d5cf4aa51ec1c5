"""The user's rules, functions in a Python file: each checks one exchange and returns what is wrong."""

import linecache
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import MISSING, HttpRequest, HttpResponse
from mockserver.errors import ConfigurationError
from mockserver.openapi.operation import Operation

_TABLES = {"RULES": Verdict.CONTRACT, "WARNINGS": Verdict.WARNING}
_SCHEMATHESIS = "schemathesis"


@dataclass(frozen=True, slots=True)
class CheckedExchange:
    """A request and its response, as passed to a rule.

    Attributes:
        operation: what the document says about the operation: `operation.id`, `operation.path`.
        caller: the name of the identity that sent it; None without an identity.
        request: method, path, query, header fields and body; without the credential.
        response: status, header fields with names in lower case, body.
    """

    operation: Operation
    caller: str | None
    request: HttpRequest
    response: HttpResponse

    @property
    def sent(self) -> Any:
        """The body of the request as a value; None where it is not JSON."""
        return _value(HttpResponse(200, body=self.request.body or b""))

    @property
    def shown(self) -> Any:
        """The body of the answer as a value; None where it is not JSON."""
        return _value(self.response)


OwnRule = Callable[[CheckedExchange], str | None]
"""A rule returns a sentence about what is wrong, or None."""


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The rules of a file.

    Attributes:
        rules: the rules by name, each with the verdict for its issues.
        file: the file with the rules; None for no rules.
        is_for_schemathesis: whether the file has Schemathesis hooks.
    """

    rules: Mapping[str, tuple[OwnRule, Verdict]]
    file: Path | None = None
    is_for_schemathesis: bool = False

    def issues(self, step: TriedCase) -> Iterator[Issue]:
        """Apply the rules to a response.

        Raises:
            ConfigurationError: a rule fails, or returns something other than text.
        """
        case = step.case
        exchange = CheckedExchange(case.operation, case.request.caller.identity, case.request, step.answer)
        for name, (rule, verdict) in self.rules.items():
            try:
                said = rule(exchange)
            except Exception as error:
                raise ConfigurationError(
                    f"{self.file}: the rule {name} failed on an answer of {case.operation.id}: "
                    f"{type(error).__name__}: {error}"
                ) from error
            if said is not None and not isinstance(said, str):
                raise ConfigurationError(
                    f"{self.file}: the rule {name} returned {said!r}. "
                    "Return a sentence about what is wrong, or None."
                )
            if said:
                yield Issue(
                    case.operation,
                    Rule.OWN,
                    Category.OWN_RULE,
                    Subject((name,)),
                    said,
                    f"what {name} asks for",
                    described(step.answer),
                    case.operation.pointer,
                    verdict,
                )


NO_RULES = OwnRules({})


def read_rules(file: Path | None) -> OwnRules:
    """Run a file and read its `RULES` and `WARNINGS`; a file with Schemathesis hooks needs neither.

    Raises:
        ConfigurationError: it cannot be run, or has no rule and no hook.
    """
    if file is None:
        return NO_RULES
    module = ModuleType(f"mockserver_hooks_{file.stem}")
    module.__file__ = str(file)
    linecache.checkcache(str(file))
    try:
        text = file.read_bytes()
        exec(compile(text, str(file), "exec"), module.__dict__)  # noqa: S102  the user named the file
    except (Exception, SystemExit) as error:
        place = f"{file}:{error.lineno}" if isinstance(error, SyntaxError) else str(file)
        raise ConfigurationError(f"--hooks {place}: {type(error).__name__}: {error}") from error
    rules: dict[str, tuple[OwnRule, Verdict]] = {}
    for table, verdict in _TABLES.items():
        entries = getattr(module, table, ())
        if not isinstance(entries, (list, tuple)) or not all(map(callable, entries)):
            raise ConfigurationError(f"--hooks {file}: {table} is a list of functions: {table} = [my_rule].")
        rules |= {str(getattr(rule, "__name__", rule)): (rule, verdict) for rule in entries}
    is_for_schemathesis = _SCHEMATHESIS.encode() in text
    if not rules and not is_for_schemathesis:
        raise ConfigurationError(
            f"--hooks {file}: there is no rule and no hook of Schemathesis. "
            "Write at its end: RULES = [my_rule]."
        )
    return OwnRules(rules, file.resolve(), is_for_schemathesis)


def _value(message: HttpResponse) -> Any:
    value = message.value()
    return None if value is MISSING else value
