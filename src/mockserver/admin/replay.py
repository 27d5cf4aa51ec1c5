"""Send a request of the journal again, through the whole mock, without a socket."""

from urllib.parse import unquote

from mockserver.http.exchange import EXCHANGE, ASGIApp, Exchange, Message, Scope


async def send_again(gateway: ASGIApp, exchange: Exchange) -> Exchange:
    """Send it as it came, credentials included; return the request that it made, as the journal has it."""
    headers = {name: value for name, value in exchange.headers.items() if name != b"content-length"}
    headers[b"x-mock-session"] = exchange.session.encode()
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": exchange.method,
        "path": unquote(exchange.path, errors="replace"),
        "raw_path": exchange.path.encode("latin-1"),
        "query_string": exchange.query_string,
        "root_path": "",
        "headers": [*headers.items(), (b"content-length", b"%d" % len(exchange.body))],
        "client": None,
        "server": None,
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": exchange.body, "more_body": False}

    async def send(message: Message) -> None:
        """Let the answer go: the journal has it."""

    await gateway(scope, receive, send)
    sent: Exchange = scope[EXCHANGE]
    return sent
