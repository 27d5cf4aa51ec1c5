"""Which faults of the reference backend are found, by stock Schemathesis and by `mockserver check`.

python -m bench.mutation                    every fault, directed requests alone
python -m bench.mutation --fuzz --stock     with generated requests, and stock Schemathesis beside it
python -m bench.mutation --seeds 20         false alarms on the sound backend
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.mutation.faults import Fault, catalogue
from tests.mutation.stand import ROOT, Stand, reference

from mockserver.contract.options import PROFILES, Options, ProfileName
from mockserver.contract.runner import run

APIS = ("sqod", "reservations", "citas")
TOKENS = {"sqod": "administrator-token", "reservations": "admin-token", "citas": "admin-token"}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one fault: found is what was blamed, in order; stock whether Schemathesis alone saw it."""

    fault: Fault
    found: tuple[tuple[str, str], ...]
    requests: int
    seconds: float
    stock: bool | None

    @property
    def is_attributed(self) -> bool:
        """Whether what is listed first names the operation and the rule."""
        return self.found[:1] == ((self.fault.operation, self.fault.rule),)


def check(
    stand: Stand, api: str, *, profile: ProfileName, seed: int, fuzz: bool
) -> tuple[tuple[tuple[str, str], ...], int, float]:
    """Check one API of the reference as it is; return what was found, the requests and the seconds."""
    begun = time.monotonic()
    outcome = run(
        Options(
            specs=(ROOT / f"specs/{api}.yaml",),
            url=stand.url,
            fixtures=ROOT / "fixtures",
            reset_url=stand.reset_url,
            profile=profile,
            seed=seed,
            fuzz=fuzz,
        )
    )
    found = tuple((finding.blame.operation.id, finding.blame.rule) for finding in outcome.findings)
    return found, outcome.requests, time.monotonic() - begun


def stock(stand: Stand, api: str, seed: int) -> Counter[str]:
    """The failures that `schemathesis run` reports as it comes, by their codes."""
    start = "from schemathesis.cli import schemathesis; schemathesis()"
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", start, "--no-color", "run"),
                *(str(ROOT / f"specs/{api}.yaml"), "--url", stand.url, "--seed", str(seed)),
                *("-n", "10", "-H", f"Authorization: Bearer {TOKENS[api]}"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    return Counter(line.strip() for line in result.stdout.splitlines() if line.strip().startswith("- ST"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", choices=list(PROFILES), default="ci")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fuzz", action="store_true", help="with the requests that Schemathesis generates")
    parser.add_argument("--stock", action="store_true", help="stock Schemathesis beside it")
    parser.add_argument("--only", default="", help="faults whose name begins so")
    parser.add_argument("--every", type=int, default=1, help="each so many faults, for a quick look")
    parser.add_argument(
        "--seeds", type=int, default=0, help="check the sound backend with so many seeds, and nothing else"
    )
    arguments = parser.parse_args()
    with reference() as stand:
        if arguments.seeds:
            _alarms(stand, arguments.seeds, arguments.profile)
            return
        wanted = [fault for fault in catalogue() if fault.name.startswith(arguments.only)][:: arguments.every]
        _table(_measured(stand, wanted, arguments))


def _alarms(stand: Stand, seeds: int, profile: ProfileName) -> None:
    total = 0
    for seed in range(1, seeds + 1):
        for api in APIS:
            stand.switch(None)
            found, requests, seconds = check(stand, api, profile=profile, seed=seed, fuzz=True)
            total += len(found)
            print(
                f"seed {seed:2} {api:14} {requests:6} requests {seconds:6.1f} s {len(found)} findings",
                flush=True,
            )
    print(f"false alarms over {seeds} seeds: {total}")


def _measured(stand: Stand, wanted: Iterable[Fault], arguments: argparse.Namespace) -> list[Result]:
    results: list[Result] = []
    alarms = {api: _sound(stand, api, arguments.seed) for api in APIS if arguments.stock}
    if alarms:
        print("false alarms of stock:", {api: dict(found) for api, found in alarms.items()}, flush=True)
    for fault in wanted:
        stand.switch(fault.name)
        found, requests, seconds = check(
            stand, fault.api, profile=arguments.profile, seed=arguments.seed, fuzz=arguments.fuzz
        )
        seen = None
        if arguments.stock:
            stand.switch(fault.name)
            # What it says of the sound backend, too, says nothing of the fault.
            seen = bool(stock(stand, fault.api, arguments.seed) - alarms[fault.api])
        result = Result(fault, found, requests, seconds, seen)
        if not result.is_attributed:
            kinds = list(dict.fromkeys(result.found))[:4]
            print(f"{fault.name}: wanted {fault.operation} {fault.rule}, got {kinds}", flush=True)
        results.append(result)
    return results


def _sound(stand: Stand, api: str, seed: int) -> Counter[str]:
    stand.switch(None)
    return stock(stand, api, seed)


def _table(results: list[Result]) -> None:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.fault.group].append(result)
    groups["all"] = results
    print(
        f"\n{'group':16} {'faults':>6} {'stock':>6} {'found':>6} {'right':>6} {'requests':>9} {'seconds':>8}"
    )
    for name, rows in groups.items():
        count = max(1, len(rows))
        seen = "-" if any(row.stock is None for row in rows) else str(sum(bool(row.stock) for row in rows))
        found = sum(bool(row.found) for row in rows)
        right = sum(row.is_attributed for row in rows)
        requests = sum(row.requests for row in rows) // count
        seconds = sum(row.seconds for row in rows) / count
        print(f"{name:16} {len(rows):6} {seen:>6} {found:6} {right:6} {requests:9} {seconds:8.1f}")


if __name__ == "__main__":
    main()
