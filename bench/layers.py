"""Where a request's time goes: each layer of the mock timed in one process, without sockets.

A layer is called where the layers before it have left the request, so that its time is its own and that
of all behind it; the difference to the next one is its own. uvicorn's share comes from its protocol class
on a transport that forgets what is written.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
import uvloop
from uvicorn.server import ServerState

from bench.load import CONNECTIONS
from bench.measured import APPOINTMENT, BODY, CHANGES, DOCUMENT, HEADERS, METHOD, PATH, ROOT
from bench.peers.echo import app as echo
from mockserver.app import Application, build
from mockserver.behaviour.backend import Backend
from mockserver.config import Settings
from mockserver.http import json_text
from mockserver.http.exchange import EXCHANGE, ASGIApp, Message, Receive, Scope, Send
from mockserver.http.request.request_parameters import ParameterReaders
from mockserver.http.server.connection_limits import ConnectionLimits
from mockserver.http.server.http_protocol import protocol
from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.fault_model import Fault
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import SessionOverrides
from mockserver.state.storage import completed

_OPERATION = "patchAppointmentById"
_TIMES = 3_000
_REPEATS = 9
_ON_THE_WIRE = (
    f"{METHOD} {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    + "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    + f"Content-Length: {len(BODY)}\r\n\r\n"
).encode() + BODY


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of the profile; `depth` is 1 for a part of the layer above."""

    name: str
    microseconds: float
    depth: int = 0


def profile() -> list[Layer]:
    """Time every layer, the outermost first; the parts of a layer follow it."""
    settings = Settings(specs=(DOCUMENT.parent,), fixtures=ROOT / "fixtures")
    application = build(settings)
    application.sessions.warm_up()
    inside = list(_stack(application))
    parts = _parts(application)
    served, echoed = through_uvicorn(application), _under_uvicorn(echo)
    layers = [
        Layer("uvicorn's protocol, without sockets", echoed),
        Layer(
            "the same code between uvicorn's: a task a request, colder caches", served - echoed - inside[0][1]
        ),
    ]
    for (name, microseconds), (_, behind) in zip(inside, [*inside[1:], ("", 0.0)], strict=True):
        layers.append(Layer(name, microseconds - behind))
        layers += [Layer(part, spent, depth=1) for part, spent in parts.get(name, ())]
    return [*layers, Layer("all", served)]


def print_layers() -> None:
    """Print the profile as a Markdown table."""
    layers = profile()
    whole = layers[-1].microseconds
    print("| layer | µs | share |\n|---|--:|--:|")
    for layer in layers:
        indent = "  of it: " if layer.depth else ""
        print(f"| {indent}{layer.name} | {layer.microseconds:.2f} | {layer.microseconds / whole:.0%} |")
    print_console_costs()


def print_console_costs() -> None:
    """Print what the console takes from a request, as a Markdown table."""
    costs = console_costs()
    print_table("with the console | µs, without uvicorn", [f"{name} | {spent:.2f}" for name, spent in costs])


def print_table(head: str, rows: Iterable[str]) -> None:
    """Print a Markdown table; all of its columns but the first are numbers."""
    print(f"\n| {head} |\n|---|{'--:|' * head.count('|')}")
    for row in rows:
        print(f"| {row} |")


def console_costs() -> Iterator[tuple[str, float]]:
    """What a request costs when nobody looks, and when somebody does."""
    settings = Settings(specs=(DOCUMENT.parent,), fixtures=ROOT / "fixtures")
    fault = SessionOverrides(faults=(Fault("1", "status", operation="none"),))
    application = build(replace(settings, admin=False))
    yield "left out (`--no-admin`)", through_the_application(application)
    application = build(settings)
    yield "there, nobody looks", through_the_application(application)
    _set(application, "other", fault)
    yield "a fault in another session", through_the_application(application)
    listener = application.journal.listen()
    yield "somebody watches the traffic", through_the_application(application)
    listener.close()
    _set(application, DEFAULT_SESSION, fault)
    yield "a fault in this session, that strikes another operation", through_the_application(application)


def _set(application: Application, session: str, conditions: SessionOverrides) -> None:
    completed(application.sessions.run(session, lambda overlay: overlay.set_conditions(conditions)))


def through_uvicorn(application: Application) -> float:
    """Microseconds of the measured request with uvicorn's protocol, without sockets."""
    return _under_uvicorn(application.asgi)


def through_the_application(application: Application) -> float:
    """Microseconds of the measured request from the gateway to the answer."""
    return _clock(caller(application))


def caller(application: Application) -> Callable[[], None]:
    """Sends the measured request to an application, from the gateway to the answer."""
    application.sessions.warm_up()
    scope = _scope()
    return lambda: _run(application.asgi, scope)


def _clock(call: Callable[[], object]) -> float:
    """Microseconds of processor time that a call takes: the best of several repeats."""
    best = float("inf")
    for _ in range(_REPEATS):
        begun = time.process_time()
        for _ in range(_TIMES):
            call()
        best = min(best, (time.process_time() - begun) / _TIMES * 1e6)
    return best


def _stack(application: Application) -> Iterator[tuple[str, float]]:
    """Each layer's name and its time together with those behind it."""
    scope = _scope()
    _run(application.asgi, scope)
    if scope[EXCHANGE].status != 200:
        raise RuntimeError(f"the measured request is answered {scope[EXCHANGE].status}")
    # The gateway puts another exchange into its scope at every call; the layers behind it share one.
    own = dict(scope)
    yield _name(application.asgi), _clock(lambda: _run(application.asgi, own))
    scope[EXCHANGE].path_parameters = {"appointment": APPOINTMENT}  # which the journal lets go
    layer: Any = _behind(application.asgi)
    while layer is not None:
        yield _name(layer), _clock(lambda layer=layer: _run(layer, scope))  # type: ignore[misc]
        layer = _behind(layer)


def _behind(layer: object) -> Any:
    """The layer that a layer passes requests to; None for the last one."""
    return getattr(layer, "_app", None) or getattr(layer, "app", None)


def _name(layer: object) -> str:
    return type(layer).__name__


def _parts(application: Application) -> dict[str, list[tuple[str, float]]]:
    """What the two heaviest layers do, piece by piece."""
    service = application.services["sqod"]
    operation = service.document.operation(_OPERATION)
    scope = _scope()
    _run(application.asgi, scope)
    exchange = scope[EXCHANGE]
    parameters = ParameterReaders(operation, service.compiler)
    handler = service.handlers.handlers[_OPERATION]

    session = Overlay(service.sessions.baseline, service.settings.session_bytes)

    def handle() -> Any:
        backend = Backend(session, service.name, service.clock, exchange.identity)
        return handler(backend, appointment=APPOINTMENT, body=CHANGES)

    exchange.path_parameters = {"appointment": APPOINTMENT}
    exchange.arguments = {}
    response = handle()
    body_fits = _checker(application, "request")
    answer_fits = _checker(application, "response")
    endpoint = application.endpoints.endpoint("sqod", _OPERATION)
    return {
        "ValidationSlot": [
            ("parameters read and checked", _clock(lambda: parameters.read(exchange))),
            ("body decoded", _clock(lambda: json_text.decode(BODY))),
            ("body checked", _clock(lambda: body_fits(CHANGES))),
        ],
        "Dispatcher": [
            ("handler", _clock(handle)),
            ("answer checked and encoded", _clock(lambda: endpoint.response.encode(response))),
            ("the check alone", _clock(lambda: answer_fits(response.body))),
            ("the encoding alone", _clock(lambda: json_text.encode(response.body))),
        ],
    }


def _checker(application: Application, direction: Any) -> Callable[[Any], bool]:
    service = application.services["sqod"]
    operation = service.document.operation(_OPERATION)
    holder = operation.request_body if direction == "request" else operation.response(200)
    if holder is None:
        raise RuntimeError(f"{_OPERATION} has no JSON {direction}")
    schema = holder.content["application/json"].schema
    fits: Callable[[Any], bool] = service.compiler.compile(
        True if schema is None else schema, direction
    ).is_valid
    return fits


def _scope() -> Scope:
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": METHOD,
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), *headers, (b"content-length", b"%d" % len(BODY))],
    }


async def _receive() -> Message:
    return {"type": "http.request", "body": BODY, "more_body": False}


async def _send(message: Message) -> None:
    del message


def _run(application: ASGIApp, scope: Scope) -> None:
    """Run an application that never has to wait."""
    awaiting: Any = application(scope, _receive, _send)
    try:
        awaiting.send(None)
    except StopIteration:
        return
    raise RuntimeError("the application waits for something")


class _Nowhere(asyncio.Transport):
    """A connection whose other end takes everything."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Both ends have an address."""
        return ("127.0.0.1", 1) if name in {"sockname", "peername"} else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Forget what is written."""

    def is_closing(self) -> bool:
        """It stays open."""
        return False

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0


def _under_uvicorn(application: ASGIApp) -> float:
    """Microseconds of a request through uvicorn's protocol, with our limits, sixteen connections at once."""
    make = protocol(ConnectionLimits.of(Settings()))

    # uvicorn looks whether this is a coroutine function.
    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await application(scope, receive, send)

    async def measure() -> float:
        config = uvicorn.Config(served, lifespan="off", access_log=False, log_level="warning")
        config.load()
        state = ServerState()
        state.default_headers = [(b"date", b"Thu, 01 Jan 1970 00:00:00 GMT")]
        protocols = [make(config, state, {}) for _ in range(CONNECTIONS)]
        for connection in protocols:
            connection.connection_made(_Nowhere())
        return min([await _rounds(protocols) for _ in range(_REPEATS)])

    return uvloop.run(measure())


async def _rounds(protocols: list[Any]) -> float:
    rounds = _TIMES // len(protocols)
    begun = time.process_time()
    for _ in range(rounds):
        for connection in protocols:
            connection.data_received(_ON_THE_WIRE)
        while not all(connection.cycle.response_complete for connection in protocols):
            await asyncio.sleep(0)
    return (time.process_time() - begun) / (rounds * len(protocols)) * 1e6


if __name__ == "__main__":
    print_layers()
