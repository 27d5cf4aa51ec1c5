"""The request that is measured, the same for every server."""

import json
from http.client import HTTPConnection
from pathlib import Path

from bench.answer import Answer

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "specs" / "sqod.yaml"

METHOD = "PATCH"
APPOINTMENT = "9a0f170e-0aa0-47db-ab14-4ddcdcbad061"
PATH = f"/api/v1/appointments/{APPOINTMENT}"
TOKEN = "agent-token"  # noqa: S105  the fixture's public one
CHANGES = {
    "duration_in_minutes": 45,
    "claimant": {
        "name": "John Doe",
        "email": "john.doe@example.com",
        "data": [{"id": "3f2b8c74-5d16-4e0a-9b83-c7a1e4d20f11", "value": "CR-204918"}],
    },
}
BODY = json.dumps(CHANGES, separators=(",", ":")).encode()
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def ask(
    port: int,
    body: bytes = BODY,
    *,
    method: str = METHOD,
    path: str = PATH,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send one request on a connection of its own.

    Raises:
        OSError: nobody listens.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, HEADERS if headers is None else headers)
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, fields, response.read())
    finally:
        connection.close()


def script(method: str = METHOD, body: bytes = BODY, headers: dict[str, str] = HEADERS) -> str:
    """The request as wrk is told to send it; its figures come back as one line of JSON."""
    lines = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    return f"""
wrk.method = "{method}"
wrk.body = [==[{body.decode()}]==]
{lines}
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{{"requests": %d, "microseconds": %d, "failed": %d, "p50": %.3f, "p99": %.3f}}\\n',
    summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""
