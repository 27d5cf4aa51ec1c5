"""Six APIs whose documents state much of their behaviour in words, and 82 faults.

The faults were written by somebody who had not read the checker. Of 48 chosen at random, 32 were then looked
at while the checker was improved (`tuned`), and 16 were not (`held out`); the others, `unused`, were never
tried. At the first run, with the documents alone, 5 of 32 and 4 of 16 were found; `docs/check.md` has more.
The faults of `lending` were written together with the checks that find them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.mutation.stated import book, contacts, desk, lending, media, shop
from tests.mutation.stated.served import Served, document


@dataclass(frozen=True)
class StatedFault:
    """A fault.

    Attributes:
        kind: whether the issue of the checker names its kind: `foreseen` or `unforeseen`.
        group: `tuned`, `held out`, or `unused`.
        operations: those whose code may be blamed.
    """

    kind: str
    group: str
    operations: tuple[str, ...]


@dataclass(frozen=True)
class StatedApi:
    """One API.

    Attributes:
        server: makes a server with a fault, or with none for an empty name.
        tokens: by identity.
    """

    document: str
    server: Callable[[str], Served]
    faults: Mapping[str, StatedFault]
    tokens: Mapping[str, str] = field(default_factory=dict)


_SHOP = {
    "total-rounded": StatedFault("unforeseen", "tuned", ("createOrder",)),
    "max-price-exclusive": StatedFault("foreseen", "held out", ("listProducts",)),
    "one-category-ignored": StatedFault("foreseen", "unused", ("listProducts",)),
    "price-sorted-as-text": StatedFault("foreseen", "held out", ("listProducts",)),
    "put-keeps-tags": StatedFault("foreseen", "held out", ("replaceProduct",)),
    "cancel-keeps-the-goods": StatedFault("unforeseen", "held out", ("cancelOrder",)),
    "placed-twice": StatedFault("foreseen", "unused", ("placeOrder",)),
    "etag-kept-by-patch": StatedFault("foreseen", "tuned", ("updateProduct", "getProduct")),
    "if-match-ignored": StatedFault("foreseen", "unused", ("updateProduct",)),
    "restock-sets-the-stock": StatedFault("unforeseen", "tuned", ("restockProduct",)),
    "search-case-sensitive": StatedFault("unforeseen", "tuned", ("listProducts",)),
    "ordered-product-deleted": StatedFault("unforeseen", "unused", ("deleteProduct",)),
    "location-of-another": StatedFault("foreseen", "held out", ("createProduct",)),
    "always-not-modified": StatedFault("unforeseen", "tuned", ("getProduct",)),
    "updated-at-kept": StatedFault("unforeseen", "tuned", ("updateProduct",)),
}
_DESK = {
    "first-status-only": StatedFault("foreseen", "unused", ("tickets_list",)),
    "priority-by-alphabet": StatedFault("unforeseen", "tuned", ("tickets_list",)),
    "offset-off-by-one": StatedFault("foreseen", "tuned", ("tickets_list",)),
    "total-of-the-page": StatedFault("foreseen", "held out", ("tickets_list",)),
    "count-keeps-deleted": StatedFault(
        "foreseen", "tuned", ("comments_delete", "tickets_get", "tickets_list")
    ),
    "comments-survive": StatedFault("unforeseen", "tuned", ("tickets_delete", "comments_list")),
    "time-zone-dropped": StatedFault("unforeseen", "held out", ("tickets_create", "tickets_update")),
    "patch-empties-tags": StatedFault("foreseen", "tuned", ("tickets_update",)),
    "null-is-absent": StatedFault("unforeseen", "tuned", ("tickets_update",)),
    "closed-at-not-set": StatedFault("foreseen", "unused", ("tickets_close",)),
    "siblings-deleted": StatedFault("foreseen", "tuned", ("comments_delete",)),
    "closed-tickets-counted": StatedFault(
        "unforeseen", "unused", ("agents_list", "agents_get", "tickets_close")
    ),
    "subject-normalised": StatedFault("foreseen", "held out", ("tickets_create",)),
    "apostrophe-fails": StatedFault("unforeseen", "tuned", ("tickets_create",)),
    "default-is-true": StatedFault("unforeseen", "tuned", ("comments_create",)),
    "closed-at-kept": StatedFault("foreseen", "unused", ("tickets_reopen",)),
}
_MEDIA = {
    "upload-cut": StatedFault("foreseen", "tuned", ("uploadFile", "downloadFile")),
    "content-type-lost": StatedFault("unforeseen", "tuned", ("downloadFile",)),
    "size-in-characters": StatedFault("unforeseen", "tuned", ("uploadFile", "replaceContent")),
    "page-repeats-the-last": StatedFault("foreseen", "tuned", ("listFiles",)),
    "last-page-missing": StatedFault("foreseen", "tuned", ("listFiles",)),
    "moved-file-counted": StatedFault("foreseen", "unused", ("updateFile", "getFolder", "listFolders")),
    "files-survive": StatedFault("unforeseen", "tuned", ("deleteFolder",)),
    "full-folder-deleted": StatedFault("unforeseen", "unused", ("deleteFolder",)),
    "checksum-kept": StatedFault("unforeseen", "unused", ("replaceContent",)),
    "inner-paths-kept": StatedFault("unforeseen", "tuned", ("renameFolder", "getFolder", "listFolders")),
    "location-of-the-original": StatedFault("foreseen", "held out", ("copyFile",)),
    "file-name-in-ascii": StatedFault("unforeseen", "tuned", ("uploadFile",)),
}
_BOOK = {
    "others-shown": StatedFault("foreseen", "tuned", ("getBooking", "changeBooking", "cancelBooking")),
    "key-ignored": StatedFault("unforeseen", "unused", ("book",)),
    "key-shared": StatedFault("unforeseen", "held out", ("book",)),
    "neighbours-refused": StatedFault("unforeseen", "tuned", ("book",)),
    "cancelled-twice": StatedFault("foreseen", "unused", ("cancelBooking",)),
    "others-cancelled": StatedFault("foreseen", "unused", ("cancelBooking", "changeBooking")),
    "others-disclosed": StatedFault("foreseen", "tuned", ("cancelBooking", "changeBooking")),
    "creator-taken": StatedFault("foreseen", "held out", ("book",)),
    "cancel-not-stored": StatedFault("foreseen", "held out", ("cancelBooking",)),
    "end-before-start": StatedFault("unforeseen", "tuned", ("book",)),
    "from-ignored": StatedFault("foreseen", "held out", ("listBookings",)),
    "too-many-attendees": StatedFault("unforeseen", "unused", ("book",)),
    "bookings-survive": StatedFault("unforeseen", "tuned", ("removeRoom",)),
    "mine-ignored": StatedFault("foreseen", "tuned", ("listBookings",)),
    "members-remove-rooms": StatedFault("foreseen", "unused", ("removeRoom",)),
}
_CONTACTS = {
    "default-is-true": StatedFault(
        "unforeseen", "unused", ("create_contact_contacts__post", "import_contacts_contacts_import_post")
    ),
    "skip-counts-pages": StatedFault("foreseen", "held out", ("read_contacts_contacts__get",)),
    "birthday-a-day-early": StatedFault(
        "unforeseen",
        "held out",
        (
            "create_contact_contacts__post",
            "replace_contact_contacts__contact_id__put",
            "update_contact_contacts__contact_id__patch",
            "import_contacts_contacts_import_post",
        ),
    ),
    "zeros-lost": StatedFault(
        "foreseen",
        "unused",
        (
            "create_contact_contacts__post",
            "replace_contact_contacts__contact_id__put",
            "update_contact_contacts__contact_id__patch",
            "import_contacts_contacts_import_post",
        ),
    ),
    "stats-keep-deleted": StatedFault(
        "foreseen", "tuned", ("stats_stats_get", "delete_contact_contacts__contact_id__delete")
    ),
    "length-unchecked": StatedFault("foreseen", "tuned", ("create_contact_contacts__post",)),
    "read-is-stale": StatedFault(
        "foreseen",
        "unused",
        ("read_contact_contacts__contact_id__get", "replace_contact_contacts__contact_id__put"),
    ),
    "import-stores-the-first": StatedFault("unforeseen", "unused", ("import_contacts_contacts_import_post",)),
    "last-name-not-searched": StatedFault("unforeseen", "unused", ("read_contacts_contacts__get",)),
    "labels-sorted": StatedFault(
        "unforeseen",
        "tuned",
        (
            "create_contact_contacts__post",
            "replace_contact_contacts__contact_id__put",
            "update_contact_contacts__contact_id__patch",
            "import_contacts_contacts_import_post",
        ),
    ),
    "name-cut-at-comma": StatedFault(
        "unforeseen",
        "unused",
        (
            "create_contact_contacts__post",
            "replace_contact_contacts__contact_id__put",
            "update_contact_contacts__contact_id__patch",
            "import_contacts_contacts_import_post",
        ),
    ),
    "false-ignored": StatedFault("unforeseen", "held out", ("read_contacts_contacts__get",)),
}
_LENDING = {
    "put-keeps-subjects": StatedFault("foreseen", "tuned", ("replaceBook",)),
    "number-twice": StatedFault("unforeseen", "tuned", ("replaceBook",)),
    "lent-twice": StatedFault("unforeseen", "tuned", ("borrowBook",)),
    "returned-one-renewed": StatedFault("foreseen", "tuned", ("renewLoan",)),
    "returned-by-others": StatedFault("foreseen", "tuned", ("returnLoan",)),
    "returned-loans-counted": StatedFault("unforeseen", "tuned", ("returnLoan", "getBook", "listBooks")),
    "reminder-kept": StatedFault("unforeseen", "tuned", ("returnLoan",)),
    "noted-before-the-check": StatedFault("foreseen", "tuned", ("noteLoan",)),
    "edited-by-others": StatedFault("foreseen", "tuned", ("editReview",)),
    "publisher-in-capitals": StatedFault("unforeseen", "tuned", ("listBooks",)),
    "pages-exclusive": StatedFault("foreseen", "tuned", ("listBooks",)),
    "equal-ones-turned": StatedFault("unforeseen", "tuned", ("listBooks",)),
}
_TOKENS = {"alice": "alice-token-1", "bob": "bob-token-2", "eve": "eve-token-3"}
STATED: Mapping[str, StatedApi] = {
    "corner": StatedApi(document("shop"), shop.build, _SHOP),
    "desk": StatedApi(document("desk"), desk.build, _DESK),
    "media": StatedApi(document("media"), media.build, _MEDIA),
    "meetings": StatedApi(document("book"), book.build, _BOOK, _TOKENS),
    "contacts": StatedApi(document("contacts"), contacts.build, _CONTACTS),
    "lending": StatedApi(document("lending"), lending.build, _LENDING, _TOKENS),
}
