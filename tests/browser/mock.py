"""A mock that a browser looks at: started as users do, called over HTTP."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from tests.http.records import APPOINTMENT, CITA


@contextmanager
def serving(command: list[str], folder: Path, *arguments: str, name: str = "serve") -> Iterator[str]:
    """Run `mockserver serve`, or `proxy`, on a free port; the value is its URL, said once it answers."""
    with subprocess.Popen(
        [*command, name, "--port", "0", *arguments], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        # What is said after the URL must not fill the pipe.
        reading = threading.Thread(target=process.stdout.read, daemon=True)
        try:
            url = _url(process.stdout)
            reading.start()
            yield url
        finally:
            process.terminate()
            process.wait()
            if reading.ident is not None:
                reading.join()


def _url(output: Iterable[str]) -> str:
    for line in output:
        found = re.search(r"http://[\d.]+:\d+", line)
        if found:
            return found[0]
    raise AssertionError("the server did not start")


class Mock:
    """Calls the mocked APIs and the admin API."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self._client = client

    def admin(self, method: str, target: str, json: Any = None, session: str = "default") -> Any:
        """Ask the admin API."""
        headers = {"x-mock-session": session}
        response = self._client.request(method, f"/__admin/{target}", json=json, headers=headers)
        assert response.status_code < 400, response.text
        return response.json() if response.content else None

    def clear(self) -> None:
        """Make it what it was at the start."""
        for entry in self.admin("GET", "sessions")["sessions"]:
            self.admin("POST", "reset", session=entry["name"])
            if entry["used"]:
                self._client.delete(f"/__admin/sessions/{entry['name']}")
        self.admin("DELETE", "requests?session=*")
        self.admin("DELETE", "coverage?session=*")

    def call(
        self, method: str, path: str, token: str = "", json: Any = None, session: str = "default"
    ) -> int:
        """Send a request to a mocked API."""
        headers = {"x-mock-session": session}
        if token:
            headers["authorization"] = f"Bearer {token}"
        return self._client.request(method, path, json=json, headers=headers).status_code

    def make_traffic(self) -> None:
        """One request of each kind: answered, refused for body, token, path and rule."""
        self.call("PATCH", APPOINTMENT, "agent-token", {"duration_in_minutes": 45})
        wrong = {"duration_in_minutes": "long", "claimant": {"email": "no"}}
        self.call("PATCH", APPOINTMENT, "agent-token", wrong)
        self.call("PUT", CITA)
        self.call("PUT", "/api/cita/1/cancelar", "asistente-token")
        self.call("DELETE", "/api/users/42/reservations/90", "patient-token")
        self.call("PUT", CITA, "asistente-token")


def open_view(page: Page, mock: Mock, view: str) -> None:
    """Go to a view of the console, in the session that the tab has or in another: `~mine/traffic`."""
    page.goto(f"{mock.url}/__admin/#/{view}")
    name = re.sub("^~[^/]*/", "", view).partition("/")[0]
    expect(page.locator(f"main:not([aria-busy]) .view-{name} h1")).to_be_visible()


def open_row(page: Page, text: str) -> None:
    """Open the latest request of the list that shows a text."""
    page.locator(".v-space .v-row", has_text=text).first.click()
    expect(page.locator(".detail h2")).to_be_visible()


class Quiet(BaseHTTPRequestHandler):
    """Serves every method by one function, and logs nothing."""

    disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise

    def serve(self) -> None:
        """Answer a request."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer a request of any method."""
        self.serve()

    do_POST = do_PUT = do_GET  # noqa: N815  the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""

    def answer(self, status: int, media_type: str = "", body: bytes = b"") -> None:
        """Send a whole answer."""
        self.send_response(status)
        if media_type:
            self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running(handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> Iterator[str]:
    """Serve with a handler on a free port of this machine; the value is the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{host}:{server.server_port}"
        server.shutdown()
