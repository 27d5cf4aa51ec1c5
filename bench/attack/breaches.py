"""What did not hold, with the bytes that show it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.attack.messages import Attack
from bench.attack.wire import Outcome, Reply

_SHOWN = 10
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Breach:
    """One promise that was broken.

    Attributes:
        promise: which.
        text: what was sent, and what came of it.
        sent: the bytes that show it again; empty where it takes more than one connection.
    """

    promise: str
    text: str
    sent: bytes = b""


@dataclass(slots=True)
class Findings:
    """All breaches of a run, and what else was counted."""

    breaches: list[Breach] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def blame(self, promise: str, text: str, sent: bytes = b"") -> None:
        """Add a breach."""
        self.breaches.append(Breach(promise, text, sent))

    def report(self, folder: Path) -> Iterator[str]:
        """Say each breach in two lines, the first ten of each promise; the bytes go to files in a folder."""
        by_promise = Counter(breach.promise for breach in self.breaches)
        shown: Counter[str] = Counter()
        for breach in self.breaches:
            shown[breach.promise] += 1
            if shown[breach.promise] > _SHOWN:
                continue
            yield f"BREACH {breach.promise}: {breach.text}"
            if breach.sent:
                folder.mkdir(parents=True, exist_ok=True)
                file = folder / f"attack-{breach.promise.replace(' ', '-')}-{shown[breach.promise]}.bin"
                file.write_bytes(breach.sent)
                yield f"  {_abridged(breach.sent)}"
                yield f"  again, with the server on PORT: (cat {file}; sleep 90) | nc 127.0.0.1 PORT"
        for promise, count in by_promise.items():
            yield f"{count} x {promise}"


def _abridged(data: bytes) -> str:
    if len(data) <= _LONGEST:
        return repr(data)
    return f"{data[: _LONGEST // 2]!r} … {data[-_LONGEST // 2 :]!r} ({len(data):,} bytes)"


def is_undocumented(reply: Reply, documented: frozenset[int]) -> bool:
    """Whether an answer is a 5xx that the document does not have, or the mock's own 500."""
    is_own = reply.headers.get("content-type", "").startswith("application/problem+json")
    return reply.status >= 500 and (reply.status not in documented or (reply.status == 500 and is_own))


def judge(attack: Attack, outcome: Outcome) -> tuple[str, str] | None:
    """Which promise the server broke with one attack, and how; None where it held."""
    for reply in outcome.replies:
        if is_undocumented(reply, attack.documented):
            return "undocumented 5xx", f"{attack.name}: {reply.status} {reply.body[:300]!r}"
    if not outcome.replies and not outcome.is_closed:
        return "hang", f"{attack.name}: neither an answer nor a close in {outcome.seconds:.0f} s"
    return None
