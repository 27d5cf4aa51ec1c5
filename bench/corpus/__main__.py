"""`make corpus`: serve each document, call each operation, go round with each resource."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from bench.corpus import public_apis
from bench.corpus.documents import documents, fetch, name_of, sample
from bench.corpus.measure import measure_all
from bench.corpus.peers import compare, comparison
from bench.corpus.tables import table

RESULTS = Path(__file__).parents[1] / "results" / "corpus.json"


def main() -> None:
    """Measure the documents that are asked for; exit with 1 when one crashed or hung."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("--sample", action="store_true", help="sixty of the smaller documents")
    parser.add_argument("--public", action="store_true", help="well-known APIs that are not in the directory")
    parser.add_argument("--only", default="", help="documents whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--peers", action="store_true", help="beside Prism and Connexion's mock, over HTTP")
    arguments = parser.parse_args()
    if arguments.public:
        public_apis.fetch()
        every = [public_apis.FOLDER / document.name for document in public_apis.DOCUMENTS]
    else:
        fetch()
        every = sample() if arguments.sample else documents()
    files = [file for file in every if arguments.only in name_of(file)]
    if arguments.peers:
        print("\n".join(comparison(compare(files, arguments.jobs))))
        return
    begun = time.perf_counter()
    found = sorted(measure_all(files, arguments.jobs), key=lambda measured: measured.name)
    print(table(found, time.perf_counter() - begun))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(measured) for measured in found], indent=1))
    sys.exit(any(entry.failed for entry in found))


if __name__ == "__main__":
    main()
