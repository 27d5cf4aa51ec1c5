"""Words that no vendor and no framework owns: what most APIs call parameters, envelopes and fields."""

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
"""How a query parameter begins that chooses the properties that are shown."""

METADATA = table(
    {
        "total": """
            total totalcount totalitems totalresults totalrecords totalentries totalsize totalrows itemcount
            matches recordstotal resultstotal
            """,
        "count": "count returned resultcount currentcount itemsreturned",
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
"""Properties of an envelope, by what they say about the list in it."""

FLAGS = ("more", "fewer", "only", "end", "empty")
"""The parts of a list's metadata that are true or false."""

HEADER_MEANINGS = ("total", "count", "page", "size", "offset", "pages", "link")
"""What a header field may say about a list."""

MEANINGS = (*METADATA, "self", "here", "only", "end", "empty")
"""What a property of an envelope may say about the list in it."""

PAGE_OBJECTS = words("page pageable pagination paging pageinfo pagemetadata")
"""Objects in an envelope that hold metadata alone; in them `PAGE_NUMBERS` are known, too."""

PAGE_NUMBERS = {"number": "page", "size": "size", "first": "only", "last": "end", "empty": "empty"}

POSITIONS = words("offset cursor token path uri page number")
"""What an object called `next` or `previous` has: `{"next": {"offset": 20}}`."""

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

IDS = ("id", "uuid", "uid", "guid", "sid", "identifier", "key")
"""What identifies a record, the likeliest first."""

NAMES = ("name", "slug", "code", "login", "username", "number", "title")
"""What a record is called by, the likeliest to identify it first."""

NAMING = words("name slug login key code email address")
"""What a list of records to delete may call them by, besides their ids."""

STATES = words("status state stage phase")
"""The last word of a property that says how a record is doing."""

CREATED = words("created create creation inserted added placed ordered posted submitted")
UPDATED = words("updated update modified modification changed change")
MOMENTS = words("at on date time timestamp datetime utc")
"""`created_at`, `dateCreated`, `updateTime`: what was done, and a word for the moment."""

MOMENTS_ALONE = words("created updated modified")
"""Moments that are called by what was done alone."""

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
"""States that records begin with, the likeliest first."""

OWN = frozenset(IDS) | words(
    "number no reference ref code slug handle token secret etag version revision object self arn"
)
"""What a server gives to each record: names and numbers of the record itself."""

NUMBERED = words("number no reference ref code slug handle token secret sku barcode serial")
"""The last word of what each record has as its own, whatever the document's example of it is."""

NUMBERED_TOO = words("num nr seq sequence ticket confirmation booking folio awb")
"""The same for what only a server numbers."""

OTHERS_NUMBERS = words(
    "phone mobile telephone fax house street building card page room floor seat bank routing tax vat status"
    " error country currency language locale postal zip post area color colour region state product item"
    " category type reason response http exit airport airline unit parent account iban swift mcc license"
)
"""Words before a number or a code that is not the record's own."""

OWN_CODES = words(
    "confirmation booking reservation tracking order ticket voucher redemption invite referral pickup"
)
"""Words before a code that each record has as its own."""

TROUBLES = words("errors error warnings warning failures violations problems")
"""The last word of a list that is empty where all went well."""

LINKS = words("url uri href link links")
SELF = words("self selflink selfurl selfuri selfhref href")
ADDRESSES = words("url uri href link address location")
"""Properties that hold the address of the record itself; the second where the document says so."""

WORK = words("job task operation asyncoperation work run process workitem")
"""What a thing is called that tells how something goes on which was only accepted."""

MAKERS = words("createdby creator createdbyid creatorid")
COUNTERS = words("count counts views likes followers")
"""The last word of a number that counts what happens to a record."""

CREATED_OTHERWISE = ("timestamp", "date")
"""Properties that are the moment of creation where no other is."""

SINCE = words("since from fromdate startdate datefrom starttime mindate after")
UNTIL = words("until to todate enddate dateto endtime maxdate before")
"""Query parameters that bound the moment of creation, or of the last change."""

DAYS = words("date day on ondate onday")
"""Query parameters that say on which day something is."""

HAVING = ("in", "has", "have", "is", "with", "only", "having")
"""How a flag begins that asks whether there is any of a thing: `inStock`, `hasImages`."""

IN_STOCK = words("instock available isavailable availableonly instockonly onlyavailable")
STOCK = ("stock", "stockquantity", "stockcount", "quantity", "inventory", "availablequantity", "instock")
TO_BE_HAD = words("available availability stock inventory left remaining free")
"""Flags that ask for what can be had, numbers that say how much of it there is, and words in their names."""

ALL = words("all any both") | {"*"}
"""Values of a filter that leave nothing out."""

COUNTING = words("count counts total totalcount")
"""How a path ends at which records are counted."""

STATISTICS = words("stats statistics summary overview metrics")
"""How a path ends at which records are counted by what they are."""

NUMBERS = words("count total totalcount totalitems number quantity")
"""Properties that say how many records there are."""

DELETED_NUMBERS = words("deleted removed count total affected cleared")
"""Properties that say how many records were deleted."""

CALLER = words("me self myself")
"""Segments of a path that stand for whoever asks: `/me/playlists`."""

SEARCHING = words("search query filter find list lookup")
"""How a path ends at which records are searched for with POST."""

CREATING_MANY = words(
    "bulk batch batchcreate bulkcreate createbatch createmany createbulk import multiple many"
)
"""How a path ends at which several records are created."""

CREATING = words("create new add make")
"""How a path ends at which one record is created: `POST /volumes/create`."""

RESTORING = words("restore undelete recover untrash undestroy")
"""Actions that bring back what was deleted."""

DELETED_MOMENTS = words("deletedat deletedon")
DELETED_FLAGS = words("deleted isdeleted trashed")
"""Properties that mark a record as deleted: the moment, or a flag."""

HOLDERS = words("attributes fields properties")
"""Objects that hold a record's own properties: whoever names one of these leaves the object's name out."""


def is_moment_of(name: str, what: Words) -> bool:
    """Whether a name speaks of the moment when that was done: `created`, `dateCreated`, `updated_at`."""
    parts = words_of(name)
    if parts[:1] == ("last",):
        parts = parts[1:]
    if len(parts) == 1:
        return bool(what & MOMENTS_ALONE & set(parts))
    return len(parts) <= 3 and bool(what & set(parts)) and bool(MOMENTS & set(parts))
