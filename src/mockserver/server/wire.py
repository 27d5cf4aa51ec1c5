"""HTTP/1.1 as uvicorn reads it, with trailers told from header fields, and half-closed connections served."""

from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # which of uvicorn's depends on the machine
    """uvicorn's protocol, with what it leaves out."""

    pipeline: Any = ()
    cycle: Any = None

    def on_chunk_header(self) -> None:
        """Let fields after a chunk go nowhere (RFC 9110 section 6.5.1); called for chunked bodies alone."""
        self.headers: list[tuple[bytes, bytes]] = []

    def eof_received(self) -> bool:
        """Answer what was asked in full before the client stopped sending (RFC 9112 section 9.6)."""
        last = self.pipeline[0][0] if self.pipeline else self.cycle
        if last is None or last.more_body or last.response_started:
            return False
        last.keep_alive = False
        return True
