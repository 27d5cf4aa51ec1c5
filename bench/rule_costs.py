"""What rules cost a request, and what the OpenID provider costs the start, which nobody has asked."""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bench.layers import caller, print_table, through_uvicorn
from bench.measured import DOCUMENT, ROOT
from mockserver.app import Application, build
from mockserver.config import Settings

RULES = 20
MOST = 0.1
"""The share of a request that twenty rules may cost."""
_OPERATION, _OTHER = "patchAppointmentById", "postCancelAppointment"
_PROVIDER = ("authlib", "joserfc", "cryptography", "mockserver.openid")
_ROUNDS, _TIMES = 200, 200


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request takes, in microseconds of processor time.

    Attributes:
        inside: from the gateway to the answer.
        whole: with uvicorn's protocol, without sockets.
    """

    name: str
    inside: float
    whole: float


def costs() -> list[Cost]:
    """The same request without rules, with rules of another operation, and with rules of its own.

    They take turns every few milliseconds, and differences are medians: a slow moment of the machine is
    everyone's.
    """
    with TemporaryDirectory() as folder:
        applications = {
            "without rules": _served(Path(folder) / "none", {}),
            f"{RULES} rules of another operation": _served(Path(folder) / "other", {_OTHER: 0}),
            f"{RULES} rules, none of which matches": _served(Path(folder) / "own", {_OPERATION: 0}),
        }
        # As a server does once it has started.
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)
        calls = [caller(application) for application in applications.values()]
        rounds = [[_block(call) for call in calls] for _ in range(_ROUNDS)]
        whole = through_uvicorn(next(iter(applications.values())))
    first = statistics.median(one[0] for one in rounds)
    more = [statistics.median(one[place] - one[0] for one in rounds) for place in range(len(calls))]
    return [Cost(name, first + extra, whole + extra) for name, extra in zip(applications, more, strict=True)]


def _block(call: Callable[[], None]) -> float:
    begun = time.process_time()
    for _ in range(_TIMES):
        call()
    return (time.process_time() - begun) / _TIMES * 1e6


def _served(folder: Path, rules: dict[str, int]) -> Application:
    """A mock of the measured document whose fixture file has twenty rules for each operation."""
    fixtures = folder / "fixtures"
    fixtures.mkdir(parents=True)
    content: Any = yaml.safe_load((ROOT / "fixtures" / DOCUMENT.name).read_text("utf-8"))
    content["operations"] = {name: {"rules": [*_rules()]} for name in rules}
    (fixtures / DOCUMENT.name).write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return build(Settings(specs=(DOCUMENT,), fixtures=fixtures))


def _rules() -> Iterator[dict[str, Any]]:
    """Rules about the body, the header fields, the path and the caller, five of each."""
    for number in range(RULES // 4):
        yield _rule(
            body={
                "properties": {"duration_in_minutes": {"const": 1000 + number}},
                "required": ["duration_in_minutes"],
            }
        )
        yield _rule(headers={"properties": {"x-try": {"const": str(number)}}, "required": ["x-try"]})
        yield _rule(path={"properties": {"appointment": {"const": f"none-{number}"}}})
        yield _rule(identity={"properties": {"name": {"const": f"nobody-{number}"}}})


def _rule(**when: Any) -> dict[str, Any]:
    return {"when": when, "answer": {"status": 403}}


def imported_at_start() -> list[str]:
    """The parts of the OpenID provider that serving the bundled documents has imported."""
    code = (
        "import sys; from mockserver.app import build; from mockserver.config import Settings\n"
        "build(Settings())\n"
        f"print(*(name for name in {_PROVIDER!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def print_rule_costs() -> bool:
    """Print what rules cost, as a Markdown table; whether that is little enough."""
    found = costs()
    first = found[0]
    print_table(
        "rules of an operation | µs, without uvicorn | with it | more",
        [
            f"{one.name} | {one.inside:.2f} | {one.whole:.2f} | {one.whole / first.whole - 1:+.1%}"
            for one in found
        ],
    )
    parts = imported_at_start()
    print(f"\nImported at start-up of the OpenID provider: {', '.join(parts) or 'nothing'}")
    return found[-1].whole / first.whole - 1 < MOST and not parts


if __name__ == "__main__":
    sys.exit(0 if print_rule_costs() else 1)
