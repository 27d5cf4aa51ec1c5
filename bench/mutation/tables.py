"""What the trials say, as tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bench.mutation.other_trials import Tally
from bench.mutation.trials import Result

Name = str


def by_group(results: Iterable[Result]) -> Iterator[str]:
    """How many faults of each group are found by stock Schemathesis and by the check, and at what cost."""
    checked, stock, alarms = _sorted(results)
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in checked.values():
        groups[_group(result)].append(result)
    yield ""
    yield "| group | faults | stock finds | check finds | rightly named | requests | stock | s | stock |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for name, rows in [*groups.items(), ("**all**", list(checked.values()))]:
        others = [stock[_name(row)] for row in rows if _name(row) in stock]
        seen = sum(bool(row.codes - alarms[row.trial.api].codes) for row in others) if others else "-"
        found, right = sum(bool(row.found) for row in rows), sum(row.is_attributed for row in rows)
        costs = (_mean(row.requests for row in rows), _mean(row.requests for row in others))
        times = (_mean(row.seconds for row in rows), _mean(row.seconds for row in others))
        yield (
            f"| {name} | {len(rows)} | {seen} | {found} | {right} "
            f"| {costs[0]:.0f} | {costs[1]:.0f} | {times[0]:.1f} | {times[1]:.1f} |"
        )
    yield ""
    yield from _false_alarms(results)


def with_handlers(results: Iterable[Result]) -> Tally:
    """How many faults there are, and are found, of APIs whose handlers are part of the model."""
    checked, stock, alarms = _sorted(results)
    others = [stock[name] for name in checked if name in stock]
    seen = sum(bool(row.codes - alarms[row.trial.api].codes) for row in others) if others else None
    found = sum(bool(row.found) for row in checked.values())
    return Tally(len(checked), seen, found, sum(row.is_attributed for row in checked.values()))


def _sorted(
    results: Iterable[Result],
) -> tuple[dict[Name, Result], dict[Name, Result], dict[str, Result]]:
    """The results of the check by fault, those of stock by fault, and stock's on the sound backend by API."""
    checked, stock, alarms = {}, {}, {}
    for result in results:
        if result.trial.fault is None:
            if result.trial.stock is not None:
                alarms[result.trial.api] = result
        elif result.trial.stock is None:
            checked[_name(result)] = result
        else:
            stock[_name(result)] = result
    return checked, stock, alarms


def _false_alarms(results: Iterable[Result]) -> Iterator[str]:
    for result in results:
        if result.trial.fault is None:
            who = "check" if result.trial.stock is None else "stock"
            what = dict(result.codes) or [*result.found] or "nothing"
            yield f"false alarms of {who} on the sound {result.trial.api}: {what}"


def stability(results: Iterable[Result]) -> Iterator[str]:
    """For how many faults every seed ends in the same verdict."""
    seeds = _seeds(results)
    runs = min((len(rows) for rows in seeds.values()), default=0)
    seeds = {name: sorted(rows, key=lambda row: row.trial.seed)[:runs] for name, rows in seeds.items()}
    wavering = {name: _spread(rows) for name, rows in seeds.items() if len(_spread(rows)) > 1}
    split = {name for name, rows in seeds.items() if len({bool(row.found) for row in rows}) > 1}
    yield ""
    for name, kinds in wavering.items():
        yield f"{name}: {', '.join(f'{count} x {kind}' for kind, count in kinds.most_common())}"
    yield f"found or not found alike in {runs} of {runs} seeds: {_share(len(seeds) - len(split), len(seeds))}"
    yield (
        f"the same operation and rule first in {runs} of {runs} seeds: "
        f"{_share(len(seeds) - len(wavering), len(seeds))}"
    )


def _seeds(results: Iterable[Result]) -> dict[Name, list[Result]]:
    found: dict[Name, list[Result]] = defaultdict(list)
    for result in results:
        if result.trial.fault is not None and result.trial.stock is None:
            found[_name(result)].append(result)
    return found


def _spread(rows: Sequence[Result]) -> Counter[str]:
    return Counter(" ".join(row.found[0]) if row.found else "nothing" for row in rows)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} faults, {100 * part / max(1, whole):.1f} %"


def _name(result: Result) -> Name:
    return result.trial.fault.name if result.trial.fault else ""


def _group(result: Result) -> str:
    return result.trial.fault.group if result.trial.fault else ""


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / max(1, len(found))
