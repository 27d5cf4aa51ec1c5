"""The configuration that Schemathesis is given: all of it said, so that nothing is found by accident."""

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
    """The settings as Schemathesis' TOML file has them."""
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
        "with-security-parameters": False,  # callers are put in on the way, and strangers tried one by one
    }


def _checks() -> dict[str, Any]:
    """Its checks are on; what the referee decides by itself, and the probes for credentials, are off."""
    # The check of credentials sends further requests on its own, and callers are tried one by one anyway.
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
