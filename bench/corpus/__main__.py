"""`make corpus`: serve each document, call each operation, and print what came of it by cause."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.corpus.documents import documents, fetch, name_of, sample
from bench.corpus.measure import Measured, measure

RESULTS = Path(__file__).parents[1] / "results" / "corpus.json"


def main() -> None:
    """Measure the documents that are asked for; exit with 1 when one crashed or hung."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="sixty of the smaller documents")
    parser.add_argument("--only", default="", help="documents whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    arguments = parser.parse_args()
    fetch()
    files = [
        file for file in (sample() if arguments.sample else documents()) if arguments.only in name_of(file)
    ]
    begun = time.perf_counter()
    found = sorted(_run(files, arguments.jobs), key=lambda measured: measured.name)
    print(table(found, time.perf_counter() - begun))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps([vars(measured) for measured in found], indent=1))
    sys.exit(any(cause.startswith(("crash", "too slow")) for entry in found for cause in entry.causes))


def _run(files: list[Path], jobs: int) -> Iterable[Measured]:
    said = time.monotonic()
    # A process for a few documents only, so that what one of them takes is not held against the others.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=20) as pool:
        for number, measured in enumerate(pool.imap_unordered(measure, files), 1):
            if time.monotonic() - said > 2:
                said = time.monotonic()
                print(f"{number} of {len(files)} documents", file=sys.stderr)
            yield measured


def table(found: list[Measured], seconds: float) -> str:
    """The figures and the causes, as Markdown."""
    served = [entry for entry in found if not entry.refused]
    operations = sum(entry.operations for entry in served)
    answered = sum(entry.answered for entry in served)
    causes: Counter[str] = sum((entry.causes for entry in served), Counter())
    builds = sorted(entry.seconds_to_build for entry in served) or [0.0]
    lines = [
        f"{len(served)} of {len(found)} documents served, {answered:,} of {operations:,} operations "
        f"({answered / max(operations, 1):.2%}) answered as documented, in {seconds:.0f} s.",
        f"Until ready: median {builds[len(builds) // 2] * 1000:.0f} ms, longest {builds[-1]:.2f} s. "
        f"Most memory of a process: {max((entry.megabytes for entry in found), default=0):.0f} MB.",
        "",
    ]
    lines += [f"- refused: {entry.name}: {entry.refused}" for entry in found if entry.refused]
    if causes:
        lines += ["", "| operations | documents | cause | for example |", "|---:|---:|---|---|"]
    for cause, number in causes.most_common(60):
        where = [entry for entry in served if cause in entry.causes]
        example = where[0].examples.get(cause, "").replace("|", "\\|")[:160]
        lines.append(f"| {number} | {len(where)} | {cause} | {example} |".replace("\n", " "))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
