"""Trials of APIs without handlers: faults, and ways of sound servers, each in a process of its own."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.check.test_manners import MANNERS
from tests.mutation.ways import WAYS

from bench.mutation.other_apis import OTHER_APIS
from bench.mutation.trials import run_stock
from mockserver.check.check_options import Options, ProfileName
from mockserver.check.runner import run


@dataclass(frozen=True, slots=True)
class OtherTrial:
    """A server with a fault or none, in a way; and how it is checked: by stock Schemathesis, or by us."""

    api: str
    fault: str
    way: str
    seed: int
    profile: ProfileName
    fuzz: bool
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class OtherResult:
    """What came of it: the operations that are blamed, in order, warnings last, and what it cost.

    Attributes:
        codes: of stock Schemathesis, how many failures of each code.
    """

    trial: OtherTrial
    found: tuple[str, ...]
    unserved: tuple[str, ...]
    requests: int
    seconds: float
    codes: Counter[str]


def attempt(trial: OtherTrial) -> OtherResult:
    """Start the server on this machine and check it."""
    api = OTHER_APIS[trial.api]
    with tempfile.TemporaryDirectory() as folder, api.serve(trial.way, trial.fault) as url:
        file = api.write(trial.api, Path(folder), trial.fault)
        if trial.stock is not None:
            begun = time.monotonic()
            token = next(iter(api.tokens.values()), "")
            codes, requests = run_stock(file, url, trial.seed, trial.stock, token)
            return OtherResult(trial, (), (), requests, time.monotonic() - begun, codes)
        fixtures = Path(folder) / "fixtures" if api.fixtures is not None else None
        base = {"specs": (file,), "url": url, "fixtures": fixtures, "identities": api.tokens}
        more = {"seed": trial.seed, "profile": trial.profile, "fuzz": trial.fuzz}
        outcome = run(Options(**{**base, **more, **api.options}))
    (checked,) = outcome.apis
    found = tuple(one.issue.operation.id for one in (*checked.findings, *checked.unstable, *checked.warnings))
    unserved = tuple(name for name, record in checked.operations.items() if not record.served)
    return OtherResult(trial, found, unserved, outcome.requests, outcome.seconds, Counter())


def results(trials: Sequence[OtherTrial], processes: int) -> Iterator[OtherResult]:
    """Carry out the trials in order."""
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(attempt, trials)


def faults(
    first: str,
    seed: int,
    profile: ProfileName,
    *,
    fuzz: bool,
    stock: int | None,
    every: int = 1,
    api: str = "",
) -> list[OtherTrial]:
    """The sound servers, and each fault whose name begins so; by stock Schemathesis, too."""
    chosen = [
        (each, name)
        for each, one in OTHER_APIS.items()
        if api in {"", each}
        for name in ("", *list(one.faults)[::every])
        if not name or name.startswith(first)
    ]
    trials = [OtherTrial(each, name, "", seed, profile, fuzz) for each, name in chosen]
    if stock is not None:
        trials += [OtherTrial(each, name, "", seed, profile, fuzz, stock) for each, name in chosen]
    return trials


def ways(seeds: Sequence[int], profile: ProfileName, *, fuzz: bool) -> list[OtherTrial]:
    """Each way of a sound server of projects and of rooms with each seed."""
    known = [*(("projects", name) for name in WAYS), *(("rooms", name) for name in MANNERS)]
    return [OtherTrial(api, "", name, seed, profile, fuzz) for seed in seeds for api, name in known]


def line(result: OtherResult) -> str:
    """One result."""
    trial = result.trial
    what = f"{trial.api} {trial.fault or trial.way or 'sound'}"
    said = ", ".join(dict.fromkeys(result.found)) or "nothing"
    if trial.stock is not None:
        said = "stock: " + (
            ", ".join(f"{count} x {code}" for code, count in result.codes.items()) or "nothing"
        )
    left = f"; never served: {', '.join(result.unserved)}" if result.unserved else ""
    return f"{what} seed {trial.seed} {result.requests} requests {result.seconds:.1f} s: {said}{left}"


@dataclass(frozen=True, slots=True)
class Tally:
    """Of some faults: how many there are, stock Schemathesis finds, we find, and are rightly named."""

    faults: int
    stock: int | None
    found: int
    right: int


def tally(rows: Sequence[OtherResult], done: Sequence[OtherResult]) -> Tally:
    """Count the faults of some trials of ours; `done` has those of stock, too."""
    stock = {(one.trial.api, one.trial.fault): one for one in done if one.trial.stock is not None}
    others = [
        (stock[key], stock[key[0], ""]) for one in rows if (key := (one.trial.api, one.trial.fault)) in stock
    ]
    right = sum(
        bool(one.found) and one.found[0] in OTHER_APIS[one.trial.api].faults[one.trial.fault][1].split()
        for one in rows
    )
    seen = sum(bool(one.codes - sound.codes) for one, sound in others) if others else None
    return Tally(len(rows), seen, sum(bool(one.found) for one in rows), right)


def table(done: Sequence[OtherResult]) -> Iterator[str]:
    """How many faults of each kind are found, and for how many the right operation comes first."""
    broken = [one for one in done if one.trial.fault and one.trial.stock is None]
    kinds = dict.fromkeys(OTHER_APIS[one.trial.api].faults[one.trial.fault][0] for one in broken)
    if broken:
        yield ""
        yield "| kind | faults | stock finds | check finds | rightly named |"
        yield "|---|--:|--:|--:|--:|"
        for kind in kinds:
            rows = [one for one in broken if OTHER_APIS[one.trial.api].faults[one.trial.fault][0] == kind]
            yield row(kind, tally(rows, done))
        yield row("**all**", tally(broken, done))
    sound = [one for one in done if not one.trial.fault and one.trial.stock is None]
    alarms = sum(len(one.found) for one in sound)
    yield f"false alarms in {len(sound)} runs on sound servers: {alarms}"


def by_basis(done: Sequence[OtherResult]) -> Iterator[tuple[str, Tally]]:
    """The same by what a check knows: the document alone, or rules, too."""
    for basis in ("rules", "document alone"):
        rows = [
            one
            for one in done
            if one.trial.fault and one.trial.stock is None and OTHER_APIS[one.trial.api].basis == basis
        ]
        if rows:
            yield basis, tally(rows, done)


def row(name: str, count: Tally) -> str:
    """A row of a table."""
    stock = "-" if count.stock is None else count.stock
    return f"| {name} | {count.faults} | {stock} | {count.found} | {count.right} |"
