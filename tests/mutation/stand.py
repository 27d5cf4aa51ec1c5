"""The reference backend as a process, with a reset that keeps a fault switched on."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]


class Stand:
    """A running reference backend."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fault: str | None = None
        self._backend = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def reset_url(self) -> str:
        """Restores the records and leaves the fault as it is."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def switch(self, fault: str | None) -> None:
        """Have this fault, or none, from now on."""
        self.fault = fault
        self.reset()

    def reset(self) -> None:
        """Restore the records, with the fault that is switched on."""
        body = json.dumps({"fault": self.fault}).encode()
        headers = {"Content-Type": "application/json"}
        with self._lock:
            try:
                self._backend.request("POST", "/__reset", body, headers)
                response = self._backend.getresponse()
            except (http.client.HTTPException, OSError):  # it was idle for too long
                self._backend.close()
                self._backend.request("POST", "/__reset", body, headers)
                response = self._backend.getresponse()
            response.read()
        assert response.status == 200

    def close(self) -> None:
        """End the server that resets."""
        self._server.shutdown()
        self._server.server_close()
        self._backend.close()


def _handler(stand: Stand) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stand.reset()
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            """Say nothing."""

    return Handler


@contextmanager
def reference(python: str = sys.executable, root: Path = ROOT) -> Iterator[Stand]:
    """Run the reference backend for as long as it is needed."""
    command = [python, "-m", "tests.reference.serve", "--port", "0", "--fixtures", str(ROOT / "fixtures")]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        stand = Stand(process.stdout.readline().strip())
        try:
            yield stand
        finally:
            stand.close()
            process.terminate()
