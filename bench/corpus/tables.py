"""What was measured, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from bench.corpus.measure import Causes, Measured

_LINES = 60


def table(found: Sequence[Measured], seconds: float) -> str:
    """The figures, then the causes."""
    served = [entry for entry in found if not entry.refused]
    operations, answered = _sums(served, "operations", "answered")
    trips, held = _sums(served, "trips", "held")
    lines = [
        f"{len(served):,} of {len(found):,} documents served, {sum(entry.failed for entry in found)} "
        f"crashed or hung, in {seconds:.0f} s.",
        f"{answered:,} of {operations:,} operations ({_share(answered, operations)}) "
        "answered with a documented, valid success.",
        f"{held:,} of {trips:,} resources ({_share(held, trips)}) held from create to gone.",
        "",
        *_spread(served),
        "",
        *[f"- refused: {entry.name}: {entry.refused}" for entry in found if entry.refused],
        *causes("operations", [entry.causes for entry in served]),
        *causes("resources", [entry.broken for entry in served]),
    ]
    return "\n".join(lines)


def _sums(served: Sequence[Measured], *names: str) -> list[int]:
    return [sum(getattr(entry, name) for entry in served) for name in names]


def _share(part: int, whole: int) -> str:
    return f"{part / max(whole, 1):.2%}"


def _spread(served: Sequence[Measured]) -> list[str]:
    """Median, 95th percentile and the worst, named, of what starting takes."""
    rows: list[tuple[str, Callable[[Measured], float], str]] = [
        ("seconds to the first answer", lambda entry: entry.to_first_answer, ".3f"),
        ("megabytes by then", lambda entry: entry.started, ".0f"),
        ("megabytes after all of it", lambda entry: entry.megabytes, ".0f"),
    ]
    lines = ["| a document | median | p95 | most | which |", "|---|--:|--:|--:|---|"]
    for title, value, form in rows:
        ordered = sorted((entry for entry in served if entry.started), key=value)
        if ordered:
            middle, high, last = (
                ordered[len(ordered) // 2],
                ordered[int(len(ordered) * 0.95)],
                ordered[-1],
            )
            figures = " | ".join(format(value(entry), form) for entry in (middle, high, last))
            lines.append(f"| {title} | {figures} | {last.name} |")
    return lines


def causes(title: str, found: Sequence[Causes]) -> list[str]:
    """What did not hold, the most frequent first, as a table."""
    total: Counter[str] = Counter()
    for entry in found:
        total.update(entry.count)
    if not total:
        return []
    lines = ["", f"| {title} | documents | cause | for example |", "|---:|---:|---|---|"]
    for cause, number in total.most_common(_LINES):
        where = [entry for entry in found if cause in entry.count]
        example = where[0].examples.get(cause, "").replace("|", "\\|")[:160]
        lines.append(f"| {number} | {len(where)} | {cause} | {example} |".replace("\n", " "))
    return lines
