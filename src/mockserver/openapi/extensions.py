"""Read the extensions that are ours: who may call an operation, what it stands in for, what is inferred."""

from collections.abc import Collection, Mapping
from typing import Any

from mockserver.openapi.parts import mapping

ACCESS = "x-access"
OVERRIDE = "x-method-override"
MOCK = "x-mock"
_SWITCHES: Mapping[str, type] = {"stateless": bool, "resource": str, "id": str}


def read_roles(operation: Mapping[str, Any]) -> frozenset[str] | None:
    """The roles that may call an operation; None where the document does not say.

    Raises:
        ValueError: it says so in a way that cannot be read, so that nobody is let in by a slip of the pen.
    """
    if ACCESS not in operation:
        return None
    roles = mapping(operation[ACCESS]).get("roles")
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
        raise ValueError(f"{ACCESS} needs `roles`, a list of names")
    return frozenset(roles)


def misread_switches(holder: Mapping[str, Any]) -> str | None:
    """What is wrong with the `x-mock` of a document, path or operation; None when nothing is."""
    switches = holder.get(MOCK, {})
    if not isinstance(switches, Mapping):
        return f"{MOCK} is read as an object with {', '.join(_SWITCHES)}"
    for name, value in switches.items():
        if name not in _SWITCHES:
            return f"{MOCK} knows no {name!r}; it has {', '.join(_SWITCHES)}"
        if not isinstance(value, _SWITCHES[name]):
            wanted = "true or false" if _SWITCHES[name] is bool else "a name"
            return f"{name} of {MOCK} is {value!r}; {wanted} is expected"
    return None


def read_override(operation: Mapping[str, Any], known: Collection[str]) -> str | None:
    """The operation that this one stands in for, if any.

    Raises:
        ValueError: the document has no such operation.
    """
    if OVERRIDE not in operation:
        return None
    name = mapping(operation[OVERRIDE]).get("operationId")
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"{OVERRIDE} names no operation of this document: {name!r}")
    return name
