"""Make generated fields consistent: counts match lists, totals match lines, fields match the status."""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from mockserver.generation.by_name.lifecycle_words import FINAL, implies, is_beginning, outcome
from mockserver.generation.by_name.people import slug
from mockserver.openapi.names import snake_case

_PARTS: Mapping[str, str] = {
    "lines": r"(.*_)?(items|lines|line_items|products|entries|articles|positions|rows|articulos|lineas"
    r"|lignes|positionen|posten|righe|linhas|itens)",
    "quantity": r"quantity|qty|units|pieces|pcs|copies|nights|hours|cantidad|quantite|quantita|quantidade"
    r"|menge|anzahl",
    "each": r"(unit_|item_)?(price|amount|cost)(_each|_per_(unit|item|piece|night|hour))?"
    r"|(hourly|nightly|unit)_rate|(precio|prezzo|preco)(_unitario)?|prix(_unitaire)?|(einzel|stueck)?preis",
    "whole": r"((line_|item_|extended_)?(total|subtotal|amount|price)(_price|_amount)?|importe"
    r"|montant|betrag)",
    "subtotal": r"(sub|sous)_?total(_(amount|price))?|items_total|zwischensumme|subtotale",
    "tax": r"tax(es)?|tax_(amount|total)|total_tax(es)?|vat(_amount)?|iva|impuestos?|tva|mwst|impostos?",
    "discount": r"(total_)?discounts?(_(amount|total))?|descuento|remise|rabatt|sconto|desconto",
    "freight": r"(shipping|delivery|freight)(_(cost|amount|price|fee|total))?|gastos_de_envio|frais_de_port"
    r"|versandkosten",
    "total": r"(grand_|order_)?total(_(amount|price|cost))?|amount_total|montant_total|gesamt"
    r"|gesamt(betrag|summe|preis)|totale",
    "state": r"(.*_)?(status|state|estado|statut|stato|zustand)",
    "name": r"name|title|label|nombre|titulo|display_name|headline|nom|titre|titel|bezeichnung|nome|titolo",
    "slug": r"slug",
}
_PAIRS = (
    ("prompt", "completion"), ("input", "output"), ("open", "closed"), ("active", "inactive"),
    ("read", "unread"), ("sent", "received"), ("used", "free"), ("used", "available"),
    ("used", "remaining"), ("paid", "unpaid"), ("online", "offline"), ("enabled", "disabled"),
)  # fmt: skip
"""Prefixes for the two parts of a total: `total_tokens` is `input_tokens` plus `output_tokens`."""
_COUNTED = frozenset(("count", "items", "pages", "results", "records", "elements", "size", "entries", "hits"))
"""Units of totals that count elements."""
_OF_ONE = re.compile(
    r"(unit|item)_(price|cost|rate)|price_(each|per_\w+)|precio_unitario|prix_unitaire|einzelpreis"
)
_ADDED = re.compile(r"\b(plus|sum|added|adds up)\b|\+", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"\b(minus|less|times|multipl\w*|divided|product of|without|per)\b|[*/-] ", re.IGNORECASE
)
_RECORD = r"(.*_)?(id|uuid|guid|key)|created(_(at|on))?"
_DECIMAL = re.compile(r"\d+\.\d\d")


class ObjectContext(Protocol):
    """The object whose values are made consistent."""

    def takes(self, name: str, value: Any) -> bool:
        """Whether a property may get this value instead of its own."""
        ...

    def may_leave_out(self, name: str) -> bool:
        """Whether a property may be left out."""
        ...


class Names(NamedTuple):
    """The properties of an object by their role, with their original spelling; empty when there is none."""

    counts: Mapping[str, str]
    sums: Mapping[str, tuple[str, ...]]
    totals: Mapping[str, str]
    outcomes: Mapping[str, str]
    lines: str
    quantity: str
    each: str
    whole: str
    subtotal: str
    tax: str
    discount: str
    freight: str
    total: str
    state: str
    name: str
    slug: str

    @property
    def are_related(self) -> bool:
        """Whether the value of a property may depend on those of others."""
        return bool(
            self.counts
            or self.sums
            or self.outcomes
            or (self.slug and self.name)
            or (self.quantity and self.each and self.whole)
            or self.totals
            or self.subtotal
            or self.total
        )


def names_in(properties: Iterable[str]) -> Names:
    """Find the roles of some properties."""
    return _names_in(tuple(properties))


@lru_cache(maxsize=4096)
def _names_in(properties: tuple[str, ...]) -> Names:
    plain = {snake_case(name): name for name in properties}
    found = {part: _first(pattern, plain) for part, pattern in _PARTS.items()}
    # A name that says that it is of one is likelier: `unitPrice`, not the line's `amount`.
    found["each"] = next((plain[said] for said in plain if _OF_ONE.fullmatch(said)), found["each"])
    # `amount` next to a unit price is the quantity, if there is no other quantity.
    if not found["quantity"] and "amount" in plain and _OF_ONE.fullmatch(_spelled(plain, found["each"])):
        found["quantity"] = plain["amount"]
    mine = {found["each"], found["quantity"]}
    others = {said: name for said, name in plain.items() if name not in mine}
    found["whole"] = _first(_PARTS["whole"], others)
    # Events only apply to things that have an id or a creation time.
    happened = {name: outcome(said) for said, name in plain.items()} if _first(_RECORD, plain) else {}
    outcomes = {name: stem for name, stem in happened.items() if stem is not None}
    sums = dict(_sums(plain))
    mine = {*sums, found["total"], found["subtotal"], found["whole"], found["tax"], found["discount"]}
    totals = {name: unit for name, unit in _totals(plain) if name not in mine}
    return Names(counts=dict(_counts(plain)), sums=sums, totals=totals, outcomes=outcomes, **found)


def _spelled(plain: Mapping[str, str], name: str) -> str:
    """The snake case name of a property."""
    return next((said for said, known in plain.items() if known == name), "")


def described_sums(descriptions: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """The properties that are the sum of others by their description, with those others.

    Args:
        descriptions: those of the properties of an object, by name; empty when there is none.
    """
    found = {}
    for name, said in descriptions.items():
        if _ADDED.search(said) and not _OTHERWISE.search(said):
            others = (other for other in descriptions if other != name)
            parts = tuple(
                other for other in others if re.search(rf"\b{re.escape(other)}\b", said, re.IGNORECASE)
            )
            if len(parts) > 1:
                found[name] = parts
    return found


def _sums(plain: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The properties that are the sum of two others by their names, with those two."""
    for said, name in plain.items():
        match = re.fullmatch(r"total_(\w+)|(\w+)_total", said)
        unit = (match[1] or match[2]) if match else None
        for pair in _PAIRS if unit else ():
            parts = [plain.get(f"{part}_{unit}") for part in pair]
            if None not in parts:
                yield name, tuple(part for part in parts if part is not None)
                break


def _totals(plain: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The properties that may be the sum of a property of the elements of a list, with its name."""
    for said, name in plain.items():
        match = re.fullmatch(r"total_(\w+)|(\w+)_total|sum_(?:of_)?(\w+)", said)
        unit = next(filter(None, match.groups()), "") if match else ""
        if unit and unit not in _COUNTED:
            yield name, unit


def _first(pattern: str, plain: Mapping[str, str]) -> str:
    return next((name for said, name in plain.items() if re.fullmatch(pattern, said)), "")


def _counts(plain: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The properties that may count the elements of another, with that one."""
    for said, name in plain.items():
        one = said.removesuffix("s")
        for count in (f"{said}_count", f"{one}_count", f"num_{said}", f"number_of_{said}"):
            if count in plain:
                yield plain[count], name


def agree(value: dict[str, Any], names: Names, host: ObjectContext) -> None:
    """Change inconsistent values, as far as the document allows."""
    for count, many in names.counts.items():
        if isinstance(value.get(many), list):
            _put(value, count, len(value[many]), host)
    if names.slug and isinstance(value.get(names.name), str):
        _put(value, names.slug, slug(value[names.name]), host)
    _worth(value, names, host)
    _sum(value, names, host)
    _add(value, names, host)
    _total(value, names, host)
    _happen(value, names, host)


def follow(value: dict[str, Any], names: Names, changed: AbstractSet[str], host: ObjectContext) -> None:
    """Update values that depend on changed ones: counts of lists, totals of lines."""
    for count, many in names.counts.items():
        if many in changed and isinstance(value.get(many), list):
            _put(value, count, len(value[many]), host)
    if changed & {names.quantity, names.each}:
        _worth(value, names, host)
    if any(changed & set(parts) for parts in names.sums.values()):
        _add(value, names, host)
    if any(isinstance(value.get(name), list) for name in changed):
        _total(value, names, host)
    if changed & {lines_in(value, names), names.subtotal, names.tax, names.discount, names.freight}:
        _sum(value, names, host, shares=False)


def _put(value: dict[str, Any], name: str, new: Any, host: ObjectContext) -> None:
    """Replace a value by another of the same type, if allowed."""
    if name in value and type(value[name]) is type(new) and new != "" and host.takes(name, new):
        value[name] = new


def _amount(value: Mapping[str, Any], name: str) -> float | None:
    """The amount of money in a property; None when there is none."""
    found = value.get(name)
    if isinstance(found, str) and _DECIMAL.fullmatch(found):
        return float(found)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _pay(value: dict[str, Any], name: str, amount: float, host: ObjectContext) -> None:
    """Write an amount of money in the format of the existing value."""
    found = value.get(name)
    if isinstance(found, str):
        _put(value, name, f"{amount:.2f}", host)
    elif isinstance(found, int):
        _put(value, name, round(amount), host)
    else:
        _put(value, name, round(float(amount), 2), host)


def _worth(value: dict[str, Any], names: Names, host: ObjectContext) -> None:
    """Set a line's total to quantity times unit price."""
    quantity, each = _amount(value, names.quantity), _amount(value, names.each)
    if quantity is not None and each is not None and _amount(value, names.whole) is not None:
        _pay(value, names.whole, quantity * each, host)


def _add(value: dict[str, Any], names: Names, host: ObjectContext) -> None:
    """Set properties that are sums to the sum of their parts."""
    for name, parts in names.sums.items():
        amounts = [found for part in parts if (found := _amount(value, part)) is not None]
        if len(amounts) == len(parts) and _amount(value, name) is not None:
            _pay(value, name, sum(amounts), host)


def _total(value: dict[str, Any], names: Names, host: ObjectContext) -> None:
    """Set `total_points` to the sum of the `points` of the elements of the only list that has them."""
    for name, unit in names.totals.items():
        lists = [entry for entry in value.values() if isinstance(entry, list) and entry]
        found = [amounts for entry in lists if (amounts := _amounts(entry, unit)) is not None]
        if len(found) == 1 and _amount(value, name) is not None:
            _pay(value, name, sum(found[0]), host)


def _amounts(elements: list[Any], unit: str) -> list[float] | None:
    """The amounts of a unit in the elements of a list; None when an element has none."""
    found = []
    for element in elements:
        plain = {snake_case(name): name for name in element} if isinstance(element, dict) else {}
        amount = next(
            (
                _amount(element, plain[one])
                for one in (unit, unit + "s", unit.removesuffix("s"))
                if one in plain
            ),
            None,
        )
        if amount is None:
            return None
        found.append(amount)
    return found


def costs(value: Mapping[str, Any], names: Names) -> bool:
    """Whether an object has lines with prices."""
    return _of_lines(value, lines_in(value, names)) is not None


def lines_in(value: Mapping[str, Any], names: Names) -> str:
    """The list of an object's lines: by its name, else the only one with quantities and prices."""
    if names.lines and _of_lines(value, names.lines) is not None:
        return names.lines
    if not (names.total or names.subtotal):
        return ""
    found = [name for name, entry in value.items() if isinstance(entry, list) and _are_priced(entry)]
    return found[0] if len(found) == 1 else ""


def _are_priced(elements: list[Any]) -> bool:
    """Whether each element of a list has a quantity and the price of one."""
    if not elements or not all(isinstance(element, dict) for element in elements):
        return False
    names = names_in(elements[0])
    return bool(names.quantity and names.each)


def _of_lines(value: Mapping[str, Any], lines: str) -> float | None:
    """The total of an object's lines; None when they have no prices."""
    found = value.get(lines)
    if not isinstance(found, list) or not found or not all(isinstance(line, dict) for line in found):
        return None
    worths = [_line(line) for line in found]
    return None if None in worths else sum(worth for worth in worths if worth is not None)


def _line(line: Mapping[str, Any]) -> float | None:
    names = names_in(line)
    whole, each = _amount(line, names.whole), _amount(line, names.each)
    quantity = _amount(line, names.quantity)
    if each is not None and quantity is not None:
        return each * quantity
    return whole if whole is not None else each


def _sum(value: dict[str, Any], names: Names, host: ObjectContext, *, shares: bool = True) -> None:
    """Set the total to the subtotal of the lines, minus discount, plus tax and shipping.

    `shares`: whether tax, discount and shipping are set to shares of the subtotal.
    """
    lines = _of_lines(value, lines_in(value, names))
    if lines is not None:
        _pay(value, names.subtotal, lines, host)
    subtotal = _amount(value, names.subtotal)
    base = subtotal if subtotal is not None else lines
    if base is None or _amount(value, names.total) is None:
        return
    for name, share in ((names.tax, 0.2), (names.discount, 0.1), (names.freight, 0.05)) if shares else ():
        _pay(value, name, base * share, host)
    less = _amount(value, names.discount) or 0
    more = (_amount(value, names.tax) or 0) + (_amount(value, names.freight) or 0)
    _pay(value, names.total, base - less + more, host)


def _happen(value: dict[str, Any], names: Names, host: ObjectContext) -> None:
    """Remove timestamps and reasons of events that have not happened in the object's state."""
    state = value.get(names.state)
    for name, stem in names.outcomes.items():
        if name not in value or name == names.state or _is_likely(stem, state):
            continue
        if isinstance(value[name], bool):
            _put(value, name, False, host)
        elif host.takes(name, None):
            value[name] = None
        elif host.may_leave_out(name):
            del value[name]


def _is_likely(stem: str, state: Any) -> bool:
    """Whether an event may have happened to a thing in a state."""
    if not isinstance(state, str):
        return stem not in FINAL or stem == "fail"
    return implies(stem, state) if stem in FINAL else not is_beginning(state)
