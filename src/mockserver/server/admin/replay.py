"""Send a request of the journal again, through the whole mock, without a socket."""

from urllib.parse import unquote

from mockserver.server.exchange import ASGIApp, Exchange, Message, Scope


async def send_again(gateway: ASGIApp, exchange: Exchange) -> int:
    """Send it as it came, credentials included; return the status of the answer."""
    headers = {name: value for name, value in exchange.headers.items() if name != b"content-length"}
    headers[b"x-mock-session"] = exchange.session.encode()
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": exchange.method,
        "path": unquote(exchange.path),
        "raw_path": exchange.path.encode("latin-1"),
        "query_string": exchange.query_string,
        "root_path": "",
        "headers": [*headers.items(), (b"content-length", b"%d" % len(exchange.body))],
        "client": None,
        "server": None,
    }
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": exchange.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    await gateway(scope, receive, send)
    return status
