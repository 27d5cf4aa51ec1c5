"""Which faults of the reference backend are found, by stock Schemathesis and by `mockserver check`.

python -m bench.mutation                         every fault, directed requests alone
python -m bench.mutation --fuzz --stock          with generated requests, and stock Schemathesis beside it
python -m bench.mutation --stability 10          whether each fault has one verdict, whatever the seed
python -m bench.mutation --alarms 20 --fuzz      false alarms on the sound backend
python -m bench.mutation --others --stock        faults of five APIs without handlers
python -m bench.mutation --all --stock           both, and a table by what the check knows
python -m bench.mutation --ways 20               false alarms on 37 sound servers without handlers
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutation.faults import Fault, catalogue

from bench.mutation import keeping, other_trials, tables
from bench.mutation.crew import results
from bench.mutation.other_trials import OtherResult
from bench.mutation.trials import Result, Trial
from mockserver.check.check_options import PROFILES

APIS = ("sqod", "reservations", "citas")


def main() -> None:
    """Print a table; Ctrl-C prints it for the trials that are done."""
    arguments = _arguments()
    others = _without_handlers(arguments) if arguments.others or arguments.ways or arguments.all else []
    if not arguments.others and not arguments.ways:
        done = _with_handlers(arguments)
        if arguments.all:
            print()
            print("| the check knows | faults | stock finds | check finds | rightly named |")
            print("|---|--:|--:|--:|--:|")
            print(other_trials.row("handlers", tables.with_handlers(done)))
            for basis, count in other_trials.by_basis(others):
                print(other_trials.row(basis, count))


def _with_handlers(arguments: argparse.Namespace) -> list[Result]:
    wanted = [fault for fault in catalogue() if fault.name.startswith(arguments.only)][:: arguments.every]
    trials = list(_trials(wanted, arguments))
    known = keeping.read(arguments.keep, {fault.name: fault for fault in catalogue()})
    done = [known[trial] for trial in trials if trial in known]
    try:
        for result in results([trial for trial in trials if trial not in known], arguments.processes):
            keeping.append(arguments.keep, result)
            done.append(result)
            print(f"{len(done)}/{len(trials)} {_line(result)}", flush=True)
    except KeyboardInterrupt:
        print(f"interrupted: {len(done)} of {len(trials)} trials are done")
    for line in _summary(done, arguments):
        print(line)
    return done


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--profile", choices=list(PROFILES), default="ci")
    add("--seed", type=int, default=1)
    add("--fuzz", action="store_true", help="with the requests that Schemathesis generates")
    add("--stock", action="store_true", help="stock Schemathesis beside it")
    add("--examples", type=int, default=10, help="for stock: its --max-examples, which caps a run (10)")
    add("--only", default="", help="faults whose name begins so")
    add("--api", default="", help="of the APIs without handlers this one alone")
    add("--every", type=int, default=1, help="each so many faults, for a quick look")
    add("--stability", type=int, default=0, metavar="N", help="each fault with N seeds")
    add("--alarms", type=int, default=0, metavar="N", help="the sound backend with N seeds, nothing else")
    add("--others", action="store_true", help="the faults of the APIs without handlers, nothing else")
    add("--all", action="store_true", help="both, and a table by what the check knows")
    add("--ways", type=int, default=0, metavar="N", help="sound servers without handlers, with N seeds")
    add("--keep", type=Path, metavar="FILE", help="results; those that are there already are not repeated")
    add("--processes", type=int, default=os.cpu_count() or 1, help="trials at once (one per core)")
    return parser.parse_args()


def _without_handlers(arguments: argparse.Namespace) -> list[OtherResult]:
    first, profile, fuzz = arguments.seed, arguments.profile, arguments.fuzz
    seeds = range(first, first + arguments.ways)
    stock = arguments.examples if arguments.stock else None
    trials = other_trials.ways(seeds, profile, fuzz=fuzz)
    if arguments.others or arguments.all:
        trials += other_trials.faults(
            arguments.only, first, profile, fuzz=fuzz, stock=stock, every=arguments.every, api=arguments.api
        )
    done = []
    for result in other_trials.results(trials, arguments.processes):
        done.append(result)
        print(f"{len(done)}/{len(trials)} {other_trials.line(result)}", flush=True)
    for line in other_trials.table(done):
        print(line)
    return done


def _trials(wanted: Sequence[Fault], arguments: argparse.Namespace) -> Iterator[Trial]:
    profile, fuzz, first = arguments.profile, arguments.fuzz, arguments.seed
    sound = range(first, first + max(1, arguments.alarms))
    yield from (Trial(api, None, seed, profile, fuzz) for seed in sound for api in APIS)
    if arguments.alarms:
        return
    stock = arguments.examples if arguments.stock else None
    if stock is not None:
        faults = [*((api, None) for api in APIS), *((fault.api, fault) for fault in wanted)]
        yield from (Trial(api, fault, first, "ci", fuzz=False, stock=stock) for api, fault in faults)
    # Seed by seed, so that a run that is interrupted has something to say about every fault.
    for seed in range(first, first + max(1, arguments.stability)):
        yield from (Trial(fault.api, fault, seed, profile, fuzz) for fault in wanted)


def _line(result: Result) -> str:
    trial = result.trial
    what = f"{trial.fault.name} ({trial.fault.operation} {trial.fault.rule})" if trial.fault else "sound"
    found = ", ".join(dict.fromkeys(" ".join(kind) for kind in result.found))
    if trial.stock is not None:
        found = "stock: " + ", ".join(f"{count} x {code}" for code, count in result.codes.items())
    mark = " " if trial.stock is not None or trial.fault is None or result.is_attributed else "!"
    cost = f"{result.requests} requests {result.seconds:.1f} s"
    return f"{mark} {trial.api} {what} seed {trial.seed} {cost}: {found or 'nothing'}"


def _summary(done: Sequence[Result], arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.alarms:
        count = sum(len(result.found) for result in done)
        yield f"false alarms in {len(done)} runs on the sound backend: {count}"
    elif arguments.stability:
        yield from tables.stability(done)
    else:
        yield from tables.by_group(done)


if __name__ == "__main__":
    main()
