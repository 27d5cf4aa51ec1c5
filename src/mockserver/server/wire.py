"""HTTP/1.1 as uvicorn reads it, trailers told apart from header fields."""

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # which of uvicorn's depends on the machine
    """uvicorn's protocol, in which a client's trailer cannot pass for a header field."""

    def on_chunk_header(self) -> None:
        """Let fields after a chunk go nowhere (RFC 9110 section 6.5.1); called for chunked bodies alone."""
        self.headers: list[tuple[bytes, bytes]] = []
