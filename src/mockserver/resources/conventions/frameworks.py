"""Conventions of web frameworks: Django REST framework, Spring Data, Laravel, FastAPI."""

from mockserver.resources.conventions.convention import Convention, table, words

DJANGO = Convention(
    "Django REST framework",
    parameters=table({"sort": "ordering"}),
    metadata=table({"total": "count"}),
    signs=words("ordering"),
    together=words("count next previous results"),
)

SPRING = Convention(
    "Spring Data",
    metadata=table(
        {
            "total": "totalelements",
            "count": "numberofelements",
            "page": "number",
            "size": "size",
            "only": "first",
            "end": "last",
            "empty": "empty",
        }
    ),
    signs=words("totalelements numberofelements totalpages"),
)

LARAVEL = Convention(
    "Laravel",
    metadata=table(
        {
            "page": "currentpage",
            "pages": "lastpage",
            "first": "firstpageurl",
            "last": "lastpageurl",
            "next": "nextpageurl",
            "prev": "previouspageurl prevpageurl",
        }
    ),
    signs=words("firstpageurl lastpageurl nextpageurl prevpageurl previouspageurl"),
    together=words("currentpage lastpage"),
)

FASTAPI = Convention(
    "FastAPI",
    metadata=table({"total": "total", "page": "page", "size": "size", "pages": "pages"}),
    together=words("items total page size"),
)
