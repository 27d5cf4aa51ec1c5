"""The configuration of Schemathesis: given in full, so that runs are comparable."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.check.check_options import Options
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.openapi.operation import Operation

MARK = "mockserver-check-credential"
_VALUES = 25


def configuration(
    context: PlanningContext,
    operations: Sequence[Operation],
    options: Options,
    headers: Mapping[str, str],
    cache: str,
) -> dict[str, Any]:
    """The settings in the structure of Schemathesis's TOML file."""
    dictionaries = _dictionaries(context, operations)
    known = (
        {"dictionaries": dictionaries, "parameters": _bindings(context, operations)} if dictionaries else {}
    )
    return {
        "seed": options.seed,
        "workers": 1,
        "continue-on-failure": True,
        "request-timeout": 30,
        "max-redirects": 0,
        "cache": {"directory": cache},
        "headers": dict(headers),
        "generation": _generation(options),
        "auth": {"auto-signup": False},
        "analysis": {"constants": {"enabled": False}},
        "phases": {"coverage": {"unexpected-methods": []}, "stateful": {"max-steps": 6}},
        "checks": _checks(),
        "warnings": {"display": []},
        **known,
        **({"hooks": str(options.hooks.resolve())} if options.hooks is not None else {}),
    }


def _generation(options: Options) -> dict[str, Any]:
    return {
        "database": "none",
        "max-examples": options.limits.examples,
        "allow-x00": options.profile == "deep",
        "no-shrink": True,
        "codec": "utf-8",
        "with-security-parameters": False,  # the proxy adds credentials, and other scenarios try invalid ones
    }


def _checks() -> dict[str, Any]:
    """The enabled checks: all but those for credentials and methods, which the checker does itself."""
    # The credentials check sends extra requests; `caller_scenarios` tries every caller anyway.
    return {"ignored_auth": {"enabled": False}, "unsupported_method": {"enabled": False}}


def _dictionaries(context: PlanningContext, operations: Sequence[Operation]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for operation in operations:
        for place in context.places(operation)[:_VALUES]:
            for name, value in place.address.values.items():
                values = found.setdefault(_key(name), {"values": []})["values"]
                if value not in values and isinstance(value, (str, int, float)):
                    values.append(value)
    return {name: entry for name, entry in found.items() if entry["values"]}


def _bindings(context: PlanningContext, operations: Sequence[Operation]) -> dict[str, Any]:
    names = {
        name
        for operation in operations
        for place in context.places(operation)
        for name in place.address.values
    }
    return {f"path.{name}": {"dictionary": _key(name), "probability": 0.8} for name in sorted(names)}


def _key(name: str) -> str:
    return "path-" + "".join(sign if sign.isalnum() else "-" for sign in name)
