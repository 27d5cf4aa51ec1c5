"""Usual names of parameters, envelopes and fields that belong to no vendor or framework."""

from mockserver.openapi.names import words as words_of
from mockserver.resources.conventions.convention import Words, table, words

PARAMETERS = table(
    {
        "page": "page pagenumber pageno pagenum p currentpage pageindex",
        "size": """
            perpage pagesize size limit pagelimit count take first results num rows itemsperpage pageitems
            maxresults maxitems
            """,
        "offset": "offset skip start startindex pageoffset",
        "after": "cursor after continuation bookmark nextcursor pagecursor pageafter",
        "before": "before previouscursor pagebefore",
        "search": "q query search searchterm searchtext term keyword keywords text",
        "filters": "filter filters where",
        "sort": "sort sortby orderby sortfield sortcolumn order sortkey",
        "direction": "order direction sortorder sortdirection sortdir orderdirection dir orderdir",
    }
)
"""Query parameters, by the field of a plan that they are for."""

FIELDS = words("fields field select only fieldset attributes columns")
"""First words of query parameters that choose the properties of the response."""

METADATA = table(
    {
        "total": """
            total totalcount totalitems totalresults totalrecords totalentries totalsize totalrows itemcount
            matches recordstotal resultstotal
            """,
        "count": "count returned resultcount numresults numberofresults currentcount itemsreturned",
        "page": "page pagenumber currentpage pageno pageindex",
        "size": "perpage pagesize limit itemsperpage maxresults take pagelimit",
        "offset": "offset skip startindex",
        "pages": "totalpages pages pagecount lastpage numpages pagetotal pagestotal",
        "more": "hasmore hasnext hasnextpage more moreavailable moreresults ismore",
        "fewer": "hasprevious hasprev haspreviouspage hasprevpage",
        "next": """
            next nextcursor nextpage nexturl nextlink nexthref nextoffset cursor after
            """,
        "prev": """
            previous prev previouspage prevpage previousurl prevurl previouslink prevlink previouscursor
            prevcursor before
            """,
        "first": "firsturl firstpagelink firstlink firsthref",
        "first_id": "firstid",
        "last_id": "lastid",
        "last": "lasturl lastpagelink lastlink lasthref",
    }
)
"""Properties of an envelope that hold list metadata, by meaning."""

FLAGS = ("more", "fewer", "only", "end", "empty")
"""The list metadata that are booleans."""

HEADER_MEANINGS = ("total", "count", "page", "size", "offset", "pages", "link")
"""Meanings that a response header may have for a list."""

MEANINGS = (*METADATA, "self", "here", "only", "end", "empty")
"""Meanings that a property of an envelope may have for its list."""

PAGE_OBJECTS = words("page pageable pagination paging pageinfo pagemetadata")
"""Objects of an envelope that hold only list metadata; `PAGE_NUMBERS` applies inside them, too."""

PAGE_NUMBERS = {"number": "page", "size": "size", "first": "only", "last": "end", "empty": "empty"}

POSITIONS = words("offset cursor token path uri page number")
"""Properties of an object called `next` or `previous`: `{"next": {"offset": 20}}`."""

LISTS = (
    "data",
    "items",
    "item",
    "results",
    "result",
    "values",
    "value",
    "records",
    "list",
    "content",
    "entries",
    "elements",
    "rows",
    "resources",
    "objects",
    "members",
)
"""Properties of an envelope that hold a list of records, the likeliest first."""

ENVELOPES = words("data item result response payload content object entity resource record")
"""Properties of an envelope that hold a record."""

ELEMENTS = words("node resource")
"""Properties of a list's element that hold the record: `edges` of Relay, `entry` of FHIR."""

IDS = ("id", "uuid", "uid", "guid", "sid", "identifier", "key")
"""Properties that identify a record, the likeliest first."""

NAMES = ("name", "slug", "code", "login", "username", "number", "title")
"""Properties that name a record, the likeliest to identify it first."""

NAMING = words("name slug login key code email address")
"""Properties other than the id by which a bulk delete may name records."""

STATES = words("status state stage phase estado estatus etat statut stato zustand")
"""Last words of properties that hold a record's state."""

CREATED = words("created create creation inserted added placed ordered posted submitted")
UPDATED = words("updated update modified modification changed change")
MOMENTS = words("at on date time timestamp datetime utc")
"""Verbs and nouns of timestamps: `created_at`, `dateCreated`, `updateTime`."""

MOMENTS_ALONE = words("created updated modified")
"""Verbs that name a timestamp without a second word."""

FIRST_STATES = (
    "new",
    "draft",
    "created",
    "pending",
    "open",
    "active",
    "available",
    "queued",
    "placed",
    "scheduled",
    "todo",
    "backlog",
    "received",
    "requested",
    "submitted",
    "unpaid",
    "notstarted",
)
"""Initial states of records, the likeliest first."""

OWN = frozenset(IDS) | words(
    "number no reference ref code slug handle token secret etag version revision object self arn"
)
"""Properties for which the server generates a value for each record: its own names and numbers."""

NUMBERED = words("number no reference ref code slug handle token secret sku barcode serial")
"""Last words of properties that are generated anew for each record, even if the document has an example."""

NUMBERED_TOO = words("num nr seq sequence ticket confirmation booking folio awb")
"""The same for numbers that only a server assigns."""

OTHERS_NUMBERS = words(
    "phone mobile telephone fax house street building card page room floor seat bank routing tax vat status"
    " error country currency language locale postal zip post area color colour region state product item"
    " category type reason response http exit airport airline unit parent account iban swift mcc license"
)
"""Words before a number or code that does not identify the record."""

OWN_CODES = words(
    "confirmation booking reservation tracking order ticket voucher redemption invite referral pickup"
)
"""Words before a code that is generated for each record."""

TROUBLES = words("errors error warnings warning failures violations problems")
"""Last words of lists of problems, which are empty on success."""

LINKS = words("url uri href link links")
SELF = words("self selflink selfurl selfuri selfhref href")
ADDRESSES = words("url uri href link address location")
"""URLs; the record's own URL; names that mean the record's own URL if the description confirms it."""

WORK = words("job task operation asyncoperation work run process workitem")
"""Names of resources that show the progress of a request accepted with 202."""

MAKERS = words("createdby creator createdbyid creatorid")
COUNTERS = words(
    "count counts views likes followers votes upvotes downvotes shares downloads clicks visits plays"
)
"""Last words of numbers that count events of a record."""

CREATED_OTHERWISE = ("timestamp", "date")
"""Properties that hold the time of creation when no other property does."""

SINCE = words("since from fromdate startdate datefrom starttime mindate after")
UNTIL = words("until to todate enddate dateto endtime maxdate before")
"""Query parameters that bound the time of creation, or of the last change."""

DAYS = words("date day on ondate onday")
"""Query parameters that select records by day."""

HAVING = ("in", "has", "have", "is", "with", "only", "having")
"""First words of boolean parameters that ask for a nonzero amount: `inStock`, `hasImages`."""

IN_STOCK = words("instock available isavailable availableonly instockonly onlyavailable")
STOCK = ("stock", "stockquantity", "stockcount", "quantity", "inventory", "availablequantity", "instock")
TO_BE_HAD = words("available availability stock inventory left remaining free")
"""Boolean parameters that ask for available records, numbers of what is available, words in their names."""

ALL = words("all any both") | {"*"}
"""Filter values that select every record."""

COUNTING = words("count counts total totalcount")
"""Last path segments of operations that count records."""

STATISTICS = words("stats statistics summary overview metrics")
"""Last path segments of operations that count records by the values of a property."""

NUMBERS = words("count total totalcount totalitems number quantity")
"""Properties that say how many records there are."""

DELETED_NUMBERS = words("deleted removed count total affected cleared")
"""Properties that say how many records were deleted."""

WRITTEN_NUMBERS = words(
    "updated changed modified created imported inserted added affected count total succeeded processed"
)
"""Properties that say how many records were created or changed."""

CALLER = words("me self myself")
"""Path segments that mean the caller: `/me/playlists`."""

FOLLOWING = words("stream watch tail follow live feed changes updates subscribe events firehose")
"""Last path segments of streams in lines that stay open; others, as `/export`, end after the records."""

SEARCHING = words("search query filter find list lookup")
"""Last path segments of operations that search with POST."""

CREATING_MANY = words(
    "bulk batch batchcreate bulkcreate createbatch createmany createbulk import multiple many"
)
"""Last path segments of operations that create several records."""

CHANGING_MANY = words("bulkupdate batchupdate updatemany updatebulk updatebatch updatemultiple bulkpatch")
"""Last path segments of operations that change several records."""

DELETING_MANY = words(
    "bulkdelete batchdelete deletemany deletebulk deletebatch deletemultiple bulkremove batchremove delete"
    " remove"
)
"""Last path segments of operations that delete several records with POST."""

WITH_DELETED = words("includedeleted withdeleted showdeleted includetrashed withtrashed showtrashed")
"""Boolean parameters of lists that ask for deleted records, too."""

CREATING = words("create new add make")
"""Last path segments of operations that create one record: `POST /volumes/create`."""

METHOD_VERBS = {
    "get": words("get list read fetch details all getall listall findall find getbyid"),
    "post": words("create add new insert"),
    "put": words("update edit replace save modify"),
    "patch": words("update edit patch modify"),
    "delete": words("delete remove destroy"),
}
"""Path segments that say what the method of an operation says: `GET /Customer/List`."""

CONTAINING = words("contains check exists has includes")
"""Last path segments of operations that say for each id whether a list has it."""

RESTORING = words(
    "restore undelete recover untrash undestroy restaurar restaurer ripristinare wiederherstellen"
)
"""Actions that restore a deleted record, or an archived one."""

TOGGLING = words("toggle flip invert")
"""First words of actions that set a flag to what it is not: `toggle`, `toggle-done`."""

DONE = words("done completed finished checked enabled active favorite favourite starred read on")
"""Flags that `toggle` alone means, the likeliest of several."""

ARCHIVED = "archiv"
"""The first letters of properties that mark a record as archived, in several languages."""

PARENTS = (
    "managerid",
    "supervisorid",
    "replytoid",
    "replyto",
    "inreplytoid",
    "inreplyto",
    "parentuuid",
    "parent",
    "parentid",
)
"""Properties that hold the id of a record of the same collection above, the likeliest last."""

LATEST = words("latest newest last mostrecent")
"""Last path segments of operations that read the newest record."""

COPYING = words("duplicate copy clone fork")
"""Actions that make a copy of a record."""

FILLERS = words("make set mark as")
"""First words of actions that say nothing about what is done: `make-default`, `markAsRead`."""

SINGLED_OUT = words("default primary main")
"""Words of flags that one record of a collection has."""

REVISIONS = words("version revision rev lockversion versionnumber revisionnumber versionno rowversion")
"""Numbers that count the changes of a record."""

DELETED_MOMENTS = words("deletedat deletedon")
DELETED_FLAGS = words("deleted isdeleted trashed")
"""Properties that mark a record as deleted: a timestamp, or a flag."""

HOLDERS = words("attributes fields properties")
"""Objects that hold a record's own properties; parameters name these without the object."""


def is_moment_of(name: str, what: Words) -> bool:
    """Return whether a name means the time of such an event: `created`, `dateCreated`, `updated_at`."""
    parts = words_of(name)
    if parts[:1] == ("last",):
        parts = parts[1:]
    if len(parts) == 1:
        return bool(what & MOMENTS_ALONE & set(parts))
    return len(parts) <= 3 and bool(what & set(parts)) and bool(MOMENTS & set(parts))
