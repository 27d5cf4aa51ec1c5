"""Books that are lent: unique numbers, copies that are used up, loans that only their member sees."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from tests.mutation.stated.served import Call, Record, RefusedError, Reply, Served, has, start

USERS = {"alice-token-1": "alice", "bob-token-2": "bob", "eve-token-3": "eve"}
books: dict[int, Record] = {}
loans: dict[int, Record] = {}
_IDS = {"next": count(1)}
_DEFAULTS: Record = {"publisher": "", "copies": 1, "condition": "good", "subjects": []}
_CONDITIONS = ("good", "fair", "poor")


def _auth(headers: Mapping[str, str]) -> tuple[str, str, str]:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token not in USERS:
        raise RefusedError(401, "No valid token", headers={"WWW-Authenticate": "Bearer"})
    return USERS[token], "", ""


def _open(book: Record) -> list[Record]:
    return [one for one in loans.values() if one["book_id"] == book["id"] and one["status"] == "open"]


def _show(book: Record) -> Record:
    counted = [one for one in loans.values() if one["book_id"] == book["id"]]
    lent = len(counted) if has("returned-loans-counted") else len(_open(book))
    return {name: one for name, one in book.items() if name != "reviews"} | {"lent": lent}


def _book(call: Call) -> Record:
    if call.p["id"] not in books:
        raise RefusedError(404, "No such book")
    return books[call.p["id"]]


def _loan(call: Call) -> Record:
    found = loans.get(call.p["id"])
    if found is None or found["member"] != call.user[0]:
        raise RefusedError(404, "No such loan")
    return found


def _conflict(when: object, text: str) -> None:
    if when:
        raise RefusedError(409, text)


def _list_books(call: Call) -> Reply:
    found = [_show(one) for one in books.values() if not one["archived"]]
    wanted, least = call.p["publisher"], call.p["pages_from"]
    if wanted is not None:
        is_exact = has("publisher-in-capitals")
        found = [
            one
            for one in found
            if (one["publisher"] == wanted if is_exact else one["publisher"].lower() == wanted.lower())
        ]
    if least is not None:
        found = [
            one
            for one in found
            if (one["pages"] > least if has("pages-exclusive") else one["pages"] >= least)
        ]
    if call.p["sort"] == "condition":
        found.sort(key=lambda one: _CONDITIONS.index(one["condition"]))
        return 200, found[call.p["offset"] :][: call.p["limit"]], {}
    descends = call.p["sort"] == "-pages"
    if descends and has("equal-ones-turned"):
        found.sort(key=lambda one: one["pages"])
        found.reverse()
    else:
        found.sort(key=lambda one: one["pages"], reverse=descends)
    return 200, found[call.p["offset"] :][: call.p["limit"]], {}


def _add_book(call: Call) -> Reply:
    _conflict(any(one["isbn"] == call.body["isbn"] for one in books.values()), "The number exists")
    book = {"id": next(_IDS["next"]), **_DEFAULTS, **call.body, "archived": False, "reviews": {}}
    books[book["id"]] = book
    return 201, _show(book), {}


def _replace_book(call: Call) -> Reply:
    book = _book(call)
    others = [one for one in books.values() if one is not book]
    _conflict(
        any(one["isbn"] == call.body["isbn"] for one in others) and not has("number-twice"), "It exists"
    )
    kept = {"subjects": book["subjects"]} if has("put-keeps-subjects") else {}
    book.update({**_DEFAULTS, **kept, **call.body})
    return 200, _show(book), {}


def _archive(call: Call) -> Reply:
    book = _book(call)
    _conflict(_open(book), "It is lent")
    book["archived"] = True
    return 200, _show(book), {}


def _borrow(call: Call) -> Reply:
    book, member = _book(call), call.user[0]
    _conflict(len(_open(book)) >= book["copies"], "No copy is left")
    _conflict(any(one["member"] == member for one in _open(book)) and not has("lent-twice"), "You have it")
    loan = {
        "id": next(_IDS["next"]),
        "book_id": book["id"],
        "member": member,
        "status": "open",
        "reminder": "in two weeks",
        "renewals": 0,
        "note": "",
        "since": "2031-03-01",
        "until": "2031-03-15",
    }
    loans[loan["id"]] = loan
    return 201, loan, {}


def _list_loans(call: Call) -> Reply:
    found = [one for one in loans.values() if one["member"] == call.user[0]]
    found = [one for one in found if call.p["status"] in {one["status"], "all"}]
    return 200, found[call.p["offset"] :][: call.p["limit"]], {}


def _note(call: Call) -> Reply:
    loan = _loan(call)
    _conflict(loan["status"] != "open", "It is returned")
    if has("noted-before-the-check"):
        loan["note"] = call.body.get("note", loan["note"])
    changed = {**loan, **call.body}
    if changed["until"] < changed["since"]:
        raise RefusedError(422, "Until is before since")
    loan.update(call.body)
    return 200, loan, {}


def _renew(call: Call) -> Reply:
    loan = _loan(call)
    _conflict(loan["status"] != "open" and not has("returned-one-renewed"), "It is returned")
    loan["renewals"] += 1
    return 200, loan, {}


def _return(call: Call) -> Reply:
    loan = loans.get(call.p["id"]) if has("returned-by-others") else None
    loan = loan or _loan(call)
    _conflict(loan["status"] != "open", "It is returned")
    loan["status"] = "returned"
    if not has("reminder-kept"):
        loan["reminder"] = None
    return 200, loan, {}


def _remind(call: Call) -> Reply:
    loan = _loan(call)
    _conflict(loan["status"] != "open", "It is returned")
    loan["reminder"] = "today"
    return 200, loan, {}


def _list_reviews(call: Call) -> Reply:
    return 200, list(_book(call)["reviews"].values()), {}


def _add_review(call: Call) -> Reply:
    review = {"id": next(_IDS["next"]), "author": call.user[0], "text": call.body["text"]}
    _book(call)["reviews"][review["id"]] = review
    return 201, review, {}


def _edit_review(call: Call) -> Reply:
    review = _book(call)["reviews"].get(call.p["review_id"])
    if review is None:
        raise RefusedError(404, "No such review")
    if review["author"] != call.user[0] and not has("edited-by-others"):
        raise RefusedError(403, "Only its author may edit it")
    review["text"] = call.body["text"]
    return 200, review, {}


def _fail(error: RefusedError) -> Reply:
    return error.status, {"error": error.message}, error.headers


def build(fault: str) -> Served:
    """The server with a fault, or with none."""
    books.clear()
    loans.clear()
    _IDS["next"] = count(1)
    handlers = {
        "listBooks": _list_books,
        "addBook": _add_book,
        "getBook": lambda call: (200, _show(_book(call)), {}),
        "replaceBook": _replace_book,
        "archiveBook": _archive,
        "borrowBook": _borrow,
        "listLoans": _list_loans,
        "getLoan": lambda call: (200, _loan(call), {}),
        "noteLoan": _note,
        "renewLoan": _renew,
        "returnLoan": _return,
        "remind": _remind,
        "listReviews": _list_reviews,
        "addReview": _add_review,
        "editReview": _edit_review,
    }
    return start("lending", fault, handlers, _fail, auth=_auth)
