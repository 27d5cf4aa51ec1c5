"""Judge whether generated data agrees with itself: counts, sums, moments in order, references, bounds.

The rules are written here anew, and use nothing of how the mock makes its data.
"""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.corpus.calling import call
from bench.corpus.documents import name_of
from bench.corpus.requests import request_for
from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.errors import MockserverError
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator

_EXAMPLES = frozenset({"example", "examples", "x-example", "x-examples"})
_PAIRS = (
    ("start", "end"), ("starts", "ends"), ("started", "ended"), ("started", "finished"), ("begin", "end"),
    ("from", "to"), ("min", "max"), ("minimum", "maximum"), ("low", "high"), ("lower", "upper"),
    ("opened", "closed"), ("checkin", "checkout"), ("since", "until"),
    ("created", "updated"), ("created", "modified"), ("created", "completed"), ("created", "finished"),
    ("created", "closed"), ("created", "deleted"), ("created", "expires"), ("created", "expired"),
    ("created", "published"), ("created", "started"), ("created", "paid"), ("created", "shipped"),
    ("created", "resolved"), ("creation", "modification"), ("issued", "expires"), ("started", "completed"),
    ("remaining", "limit"), ("used", "total"), ("used", "limit"),
)  # fmt: skip
"""Words of two names, of which the first value is at most the second."""
_LATER = {"updated": "last", "modified": "last"}
_MOMENTS = ("at", "on", "date", "time", "timestamp", "datetime", "utc")
_BOUNDS = {"latitude": 90, "lat": 90, "longitude": 180, "lng": 180, "lon": 180}
_SUMS = (
    ("total", ("subtotal", "tax")),
    ("total", ("subtotal", "tax_amount")),
    ("total", ("subtotal", "shipping", "tax")),
    ("total_tokens", ("prompt_tokens", "completion_tokens")),
    ("total_tokens", ("input_tokens", "output_tokens")),
)
_WHOLES = ("total", "line_total", "total_price", "amount", "subtotal")


@dataclass
class Agreement:
    """What a document's generated data was judged by.

    Attributes:
        judged: how often each rule applied.
        wrong: the disagreements, each with its operation, rule and values.
    """

    name: str
    judged: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def note(self, rule: str, place: str, holds: bool, said: str) -> None:
        """Count a rule, and keep what does not hold."""
        self.judged[rule] = self.judged.get(rule, 0) + 1
        if not holds:
            self.wrong.append(f"{self.name} {place} {rule}: {said}")


def judge(file: Path) -> Agreement:
    """Serve a document without its examples, read what it can, and judge that."""
    logging.disable(logging.CRITICAL)
    found = Agreement(name_of(file))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "document.json"
        plain.write_text(json.dumps(_without_examples(json.loads(file.read_text("utf-8")))), "utf-8")
        try:
            application = build(Settings(specs=(plain,), auth="off", fixtures=None))
            asyncio.run(_judge(application, found))
        except MockserverError as error:
            found.wrong.append(f"{found.name} is refused: {error}")
        finally:
            logging.disable(logging.NOTSET)
    return found


def _without_examples(value: Any, *, named: bool = False) -> Any:
    """A document without its examples; in `properties` a name is no keyword."""
    if isinstance(value, list):
        return [_without_examples(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_examples(entry, named=key == "properties" and not named)
        for key, entry in value.items()
        if named or key not in _EXAMPLES
    }


async def _judge(application: Application, found: Agreement) -> None:
    service = next(iter(application.services.values()))
    generator = ValueGenerator(service.document.root, service.compiler, seed=1, now=service.clock.now())
    lists: dict[str, list[Any]] = {}
    for operation_id, key in service.document.index.items():
        if key.method != "get":
            continue
        try:
            operation = service.document.operation(operation_id)
            request = request_for(operation, service.document, generator)
        except (UnsatisfiableSchemaError, MockserverError, ValueError, LookupError, RecursionError):
            continue
        answer = await call(application, request, "judged")
        if answer.status >= 300 or "json" not in answer.headers.get("content-type", ""):
            continue
        said = {_snake(parameter.name) for parameter in operation.parameters}
        body = _without_said(json.loads(answer.body), said)
        judge_value(body, operation_id, found)
        if "{" not in key.path and (records := _records(body)):
            lists[_one(key.path.rstrip("/").rpartition("/")[2])] = records
    _judge_references(lists, found)


def _without_said(value: Any, said: set[str]) -> Any:
    """A body without what its request says, whose values are not generated by the mock."""
    if isinstance(value, list):
        return [_without_said(entry, said) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_said(entry, said)
        for name, entry in value.items()
        if _snake(name) not in said or name == "id" or isinstance(entry, list)
    }


def judge_value(value: Any, place: str, found: Agreement) -> None:
    """Judge a value and all inside of it."""
    if isinstance(value, list):
        for entry in value:
            judge_value(entry, place, found)
    if not isinstance(value, dict):
        return
    plain = {_snake(name): entry for name, entry in value.items()}
    _judge_counts(plain, place, found)
    _judge_sums(plain, place, found)
    _judge_order(plain, place, found)
    for name, most in _BOUNDS.items():
        if _is_number(plain.get(name)):
            found.note("bounds", place, abs(plain[name]) <= most, f"{name} {plain[name]}")
    for name, entry in plain.items():
        is_change = re.search("delta|change|diff|growth|varia", name)
        if name.endswith(("percent", "percentage")) and _is_number(entry) and not is_change:
            found.note("bounds", place, 0 <= entry <= 100, f"{name} {entry}")
    for entry in value.values():
        judge_value(entry, place, found)


def _judge_counts(plain: Mapping[str, Any], place: str, found: Agreement) -> None:
    for name, entry in plain.items():
        if not isinstance(entry, list):
            continue
        one = _one(name)
        for count in (f"{name}_count", f"{one}_count", f"num_{name}", f"number_of_{name}"):
            if _is_number(plain.get(count)):
                found.note(
                    "counts", place, plain[count] == len(entry), f"{count} {plain[count]}, {len(entry)}"
                )


def _judge_sums(plain: Mapping[str, Any], place: str, found: Agreement) -> None:
    for whole, parts in _SUMS:
        others = {"discount", "discount_amount", "shipping", "fee", "tip", "delivery_fee"} - set(parts)
        if not all(_is_number(plain.get(name)) for name in (whole, *parts)) or others & plain.keys():
            continue
        total = sum(plain[name] for name in parts)
        found.note(
            "sums", place, abs(total - plain[whole]) < 0.02, f"{whole} {plain[whole]} of {parts}: {total}"
        )
    wholes = [name for name in _WHOLES if _is_number(plain.get(name))]
    if wholes and _is_number(plain.get("quantity")) and _is_number(plain.get("unit_price")):
        worth = plain["quantity"] * plain["unit_price"]
        is_one = any(abs(plain[name] - worth) < 0.02 for name in wholes)
        found.note("sums", place, is_one, f"{wholes} of {plain['quantity']} times {plain['unit_price']}")


def _judge_order(plain: Mapping[str, Any], place: str, found: Agreement) -> None:
    stems = {_stem(name): name for name in plain}
    for first, second in _PAIRS:
        for stem, name in stems.items():
            words = stem.split("_")
            if first not in words:
                continue
            others = ["_".join(second if word == first else word for word in words)]
            if second in _LATER and words == [first]:
                others.append(f"{_LATER[second]}_{second}")
            for other in others:
                low, high = _comparable(plain[name], plain.get(stems.get(other, "")))
                if low is not None and high is not None:
                    said = f"{name} {plain[name]}, {stems[other]} {plain[stems[other]]}"
                    found.note("order", place, low <= high, said)


def _stem(name: str) -> str:
    """A name without the words that only say that it is a moment: `created_at` is `created`."""
    words = [word for word in name.split("_") if word not in _MOMENTS]
    return "_".join(words) or name


def _comparable(one: Any, other: Any) -> tuple[Any, Any]:
    if _is_number(one) and _is_number(other):
        return one, other
    moments = _moment(one), _moment(other)
    return moments if None not in moments else (None, None)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _judge_references(lists: Mapping[str, list[Any]], found: Agreement) -> None:
    """Judge whether `pet_id` and `petId` are ids of the pets that the document lists."""
    for owner, records in lists.items():
        for record in records:
            for name, value in record.items():
                target = re.fullmatch(r"(\w+)_id", _snake(name))
                others = lists.get(target[1], []) if target and target[1] != owner else []
                ids = [other.get("id") for other in others]
                if ids and type(ids[0]) is type(value):
                    found.note("references", f"{owner}.{name}", value in ids, f"{value} of {ids[:4]}")


def _records(body: Any) -> list[Any]:
    """The list of objects with ids in a body: itself, or the only one in it."""
    lists = (
        [body]
        if isinstance(body, list)
        else [one for one in body.values() if isinstance(one, list)]
        if isinstance(body, dict)
        else []
    )
    found = [one for one in lists if one and all(isinstance(entry, dict) and "id" in entry for entry in one)]
    return found[0] if len(found) == 1 else []


def _one(name: str) -> str:
    plain = _snake(name)
    return plain[:-3] + "y" if plain.endswith("ies") else plain.removesuffix("s")


def _snake(name: str) -> str:
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def judge_all(files: Sequence[Path], jobs: int) -> list[Agreement]:
    """Judge documents, so many at once."""
    with multiprocessing.get_context("forkserver").Pool(jobs) as pool:
        return pool.map(judge, files, chunksize=1)
