"""The coverage map: which operations, statuses and parameters of a document were exercised."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from mockserver.http.journal.request_journal import Exercised
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation


def coverage_of(service: Service, exercised: Mapping[Exercised, int], session: str | None) -> dict[str, Any]:
    """Count per operation: calls by status and by parameter.

    Answers that come from a fault, a forced answer, a scenario or a preference are counted separately.
    """
    calls: dict[str, list[tuple[int, tuple[tuple[str, str], ...], int]]] = {}
    others: dict[str, Counter[tuple[str, int]]] = {}
    for (name, api, operation_id, status, parameters, source), count in exercised.items():
        if api != service.name or session not in {None, name} or operation_id is None:
            continue
        if source == "operation":
            calls.setdefault(operation_id, []).append((status, parameters, count))
        else:
            others.setdefault(operation_id, Counter())[source, status] += count
    operations = [
        {**_operation(entry, calls.get(entry.id, [])), "interventions": _interventions(others.get(entry.id))}
        for entry in service.document.understood()
    ]
    cells = [cell for entry in operations for cell in (*entry["statuses"], *entry["parameters"])]
    documented = [cell for cell in cells if cell["documented"]]
    return {
        "api": service.name,
        "title": service.document.title,
        "documented": len(documented),
        "exercised": sum(1 for cell in documented if cell["calls"]),
        "operations": operations,
    }


def _interventions(counts: Mapping[tuple[str, int], int] | None) -> list[dict[str, Any]]:
    """The answers that an override gave instead of the operation."""
    found = sorted((counts or {}).items())
    return [{"by": source, "status": str(status), "calls": count} for (source, status), count in found]


def _operation(
    operation: Operation, calls: list[tuple[int, tuple[tuple[str, str], ...], int]]
) -> dict[str, Any]:
    statuses = dict.fromkeys(operation.responses, 0)
    others: dict[str, int] = {}
    for status, _, count in calls:
        response = operation.response(status)
        found = statuses if response is not None else others
        name = response.status if response is not None else str(status)
        found[name] = found.get(name, 0) + count
    sent = {
        (entry.location, entry.name): sum(
            count
            for _, parameters, count in calls
            if entry.location == "path" or (entry.location, entry.name) in parameters
        )
        for entry in operation.parameters
    }
    return {
        "operation": operation.id,
        "method": operation.method.upper(),
        "path": operation.path,
        "calls": sum(count for _, _, count in calls),
        "statuses": [
            *({"status": name, "documented": True, "calls": count} for name, count in statuses.items()),
            *({"status": name, "documented": False, "calls": count} for name, count in others.items()),
        ],
        "parameters": [
            {"in": location, "name": name, "documented": True, "calls": count}
            for (location, name), count in sent.items()
        ],
    }
