"""Names of the properties of records: what they refer to, what they copy, and what identifies an object."""

from mockserver.resources.conventions.convention import words
from mockserver.resources.conventions.usual import NAMES

IDENTIFYING = words("id uuid guid gid sid key slug code name login")
"""Properties by which a request may name an object."""

CALLED = ("name", "slug", "nameorid")
"""Last words of parameters that hold no id: `{project_name}` is not the record's `project_id`."""

VAGUE = words("code status type name title message version date time data")
"""Properties that identify a record only if the path's parameter has the same name."""

REFERRING = frozenset(NAMES) - {"title"} | {"email", "sku"}
"""Properties other than the id by which a reference may name a record: `customerEmail`."""

PARENTS = words("parent")

PLACES = words(
    """
    billing shipping primary secondary main default from to source target destination origin old new previous
    prev next current last first home away related linked original assigned preferred root replaced merged
    """
)
"""Words before a resource's name that do not change which resource is meant: `billingAddress`."""

ROLES = words(
    """
    owner author assignee creator reporter reviewer approver requester sender recipient receiver manager
    supervisor organizer organiser user createdby updatedby modifiedby deletedby closedby mergedby approvedby
    assignedto lead
    """
)
"""Names of persons by their role: they refer to users."""

PEOPLE = (
    *("user", "person", "member", "account", "employee", "contact", "customer", "profile", "agent", "staff"),
    *("colleague", "teammember", "operator", "technician"),
)
"""Normalised names of collections of persons, the likeliest first."""

PLURALS = ("e", "es", "en", "n", "er", "nen")
"""Endings of plurals in other languages: `autores`, `Bestellungen`, `Produkte`."""

DISPLAY_NAMES = ("name", "fullname", "displayname", "title", "label")
"""Properties that name a record to people, the likeliest first."""

COPIED = frozenset(NAMES) - {"number"} | words("label displayname sku currency image imageurl")
"""Properties copied from the record that an object refers to: an order line has its product's name."""

PRICES = words("price rate fee tariff fare cost precio tarifa")
"""Last words of amounts of money that an object copies from the record that it refers to."""

OTHER_AMOUNTS = words("total tax shipping discount exchange")
"""Words of names of amounts that are not copied: `totalPrice`, `exchangeRate`."""

SCALAR_PLACES = ("name", "title", "label", "value", "text", "slug", "code", "id")
"""Properties that take a scalar sent in place of an object, the likeliest first."""

FILE_NAMES = words("filename originalfilename originalname name")
FILE_SIZES = words("size filesize bytes sizebytes sizeinbytes bytesize contentlength")
FILE_TYPES = words("contenttype mimetype mediatype mime filetype type")
FILE_DIGESTS = words("md5 sha1 sha256 sha512")
"""Properties that describe an uploaded file; a digest is named after its algorithm."""

DESCENDING = words("desc descending -1 -")
"""Values of a direction that sort from the largest to the smallest; all others sort the other way."""

NEWEST = {"newest": True, "latest": True, "recent": True, "mostrecent": True, "oldest": False}
"""Orders by the time of creation, and whether the latest is first."""
