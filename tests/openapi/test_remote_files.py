"""References to the network: fetched where that is allowed, in bounded time and size, else not followed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.check.serving import Asked, Told, small
from tests.http.calling import Caller

from mockserver.app import build
from mockserver.cli.command_line import main
from mockserver.config import Settings
from mockserver.errors import DocumentError
from mockserver.openapi.document import Document, load
from mockserver.openapi.reading.document_search import find_documents
from mockserver.openapi.reading.remote_files import FetchLimits, RemoteFiles
from mockserver.openapi.schema.validators import SchemaCompiler

ROOT = """
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets:
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: 'PET'}}}}
      responses: {'204': {description: Made.}}
  /plain: {get: {operationId: plain, responses: {'204': {description: Nothing.}}}}
components: {schemas: {Name: {type: string, maxLength: 3}}}
"""
FILES = {
    "/v1/openapi.yaml": ROOT.replace("PET", "schemas/pet.yaml#/Pet"),
    "/v1/schemas/pet.yaml": """
Pet:
  type: object
  required: [name]
  properties:
    name: {$ref: '../openapi.yaml#/components/schemas/Name'}
    owner: {$ref: 'owner.json'}
    parent: {$ref: '#/Pet'}
""",
    "/v1/schemas/owner.json": '{"type": "object", "properties": {"pets": {"items": {"$ref": "/v1/schemas/pet.yaml#/Pet"}}}}',  # noqa: E501
}


@pytest.fixture
def asked() -> list[str]:
    """The paths that the site was asked for."""
    return []


@pytest.fixture
def site(asked: list[str]) -> Iterator[str]:
    """The URL of a site that publishes a document of three files."""

    def answer(request: Asked) -> Told:
        asked.append(request.path)
        content = FILES.get(request.path)
        return Told(404) if content is None else Told(200, content.encode())

    with small(answer) as url:
        yield url


def _written(folder: Path, url: str) -> Path:
    file = folder / "pets.yaml"
    file.write_text(ROOT.replace("PET", f"{url}/v1/schemas/pet.yaml#/Pet"))
    return file


def _fits(document: Document, pet: Any) -> bool:
    body = document.operation("addPet").request_body
    assert body is not None
    schema = body.content["application/json"].schema
    assert schema is not None
    checker = SchemaCompiler(document.root).compile(schema, "request")
    return bool(checker.is_valid(pet))


PETS: list[tuple[Any, bool]] = [
    ({"name": "abc", "owner": {"pets": [{"name": "abc"}]}}, True),
    ({"name": "abcd"}, False),
    ({"name": "abc", "owner": {"pets": [{"name": 1}]}}, False),
    ({"name": "abc", "parent": {}}, False),
]


def test_nothing_is_fetched_unless_it_is_allowed(tmp_path: Path, site: str, asked: list[str]) -> None:
    """The finding says how it can be had; what does not need it is served."""
    document = load(_written(tmp_path, site))

    (finding,) = document.findings
    assert (finding.rule, asked) == ("unresolved-reference", [])
    assert f"{site}/v1/schemas/pet.yaml#/Pet" in finding.message
    assert "--allow-remote" in finding.message


def test_references_of_fetched_files_are_followed_from_where_they_are(
    tmp_path: Path, site: str, asked: list[str]
) -> None:
    """Relative ones, absolute paths, circles; each file is fetched once."""
    document = load(_written(tmp_path, site), allow_remote=True)

    assert document.findings == ()
    assert sorted(asked) == sorted(FILES)
    assert [_fits(document, pet) for pet, _ in PETS] == [fits for _, fits in PETS]


def test_a_document_that_was_fetched_refers_to_its_neighbours(site: str, asked: list[str]) -> None:
    """A URL as SPEC, as documents of several files are published; it is not fetched a second time."""
    (file,) = find_documents([Path(f"{site}/v1/openapi.yaml")])

    document = load(file, allow_remote=True)

    assert document.findings == ()
    assert sorted(asked) == sorted(FILES)
    assert [_fits(document, pet) for pet, _ in PETS] == [fits for _, fits in PETS]
    assert "--allow-remote fetches it" in load(file).findings[0].message


def test_the_setting_is_for_serving_too(tmp_path: Path, site: str) -> None:
    """`allow_remote`, `MOCKSERVER_ALLOW_REMOTE` and `--allow-remote` are one setting."""
    file = _written(tmp_path, site)
    settings = Settings.load({"specs": (file,)}, {"MOCKSERVER_ALLOW_REMOTE": "true"}, tmp_path / "none.toml")

    caller = Caller(build(settings).asgi)

    assert caller("POST", "/pets", json={"name": "abcd"}).status == 400
    assert caller("POST", "/pets", json={"name": "abc"}).status == 204


def test_lint_fetches_where_it_is_told_to(tmp_path: Path, site: str) -> None:
    """And names what is missing else."""
    file = str(_written(tmp_path, site))

    alone, allowed = (CliRunner().invoke(main, ["lint", file, *more]) for more in ([], ["--allow-remote"]))

    assert (alone.exit_code, "unresolved-reference" in alone.output) == (1, True)
    assert "unresolved-reference" not in allowed.output


def _redirected(_: Asked) -> Told:
    return Told(302, headers={"Location": "file:///etc/passwd"})


ANSWERS: dict[str, tuple[Callable[[Asked], Told], str]] = {
    "missing": (lambda _: Told(404), "answers 404"),
    "large": (lambda _: Told(200, b"x" * 4_000), "has more than 2,000 bytes"),
    "a redirect to a file": (_redirected, "answers 302"),
    "no document": (lambda _: Told(200, b"{"), "cannot be"),
    "no such part": (lambda _: Told(200, b"{}"), "has nothing at"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_cannot_be_had_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With the address and the reason; the rest is served."""
    answer, reason = ANSWERS[name]
    limits = FetchLimits(size=2_000)
    monkeypatch.setattr(
        "mockserver.openapi.document.RemoteFiles", lambda document: RemoteFiles(document, limits)
    )
    with small(answer) as url:
        document = load(_written(tmp_path, url), allow_remote=True)

    (finding,) = document.findings
    assert f"the reference {url}/v1/schemas/pet.yaml#/Pet is not followed" in finding.message
    assert reason in finding.message or name == "no document"
    assert [one.id for one in document.understood()] == ["addPet", "plain"]


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """All requests of a document have one limit of time."""
    ended = threading.Event()

    def answer(_: Asked) -> Told:
        ended.wait(60)
        return Told(200, {})

    with small(answer) as url:
        remote = RemoteFiles(tmp_path / "pets.yaml", FetchLimits(seconds=0.2))
        places = [remote.place(None, f"{url}/{number}.yaml") for number in range(3)]
        reasons = []
        for place in places:
            assert place is not None
            with pytest.raises(DocumentError) as caught:
                remote.fetch(Path(place))
            reasons.append(caught.value.reason)
        ended.set()

    assert all("cannot be fetched" in reason for reason in reasons)


def test_more_files_than_are_allowed_are_not_fetched(tmp_path: Path) -> None:
    """A document whose files go on for ever has an end."""
    with small(lambda _: Told(200, {})) as url:
        remote = RemoteFiles(tmp_path / "pets.yaml", FetchLimits(files=2))
        places = [Path(remote.place(None, f"{url}/{number}.yaml") or "") for number in range(3)]
        remote.fetch(places[0])
        remote.fetch(places[1])
        with pytest.raises(DocumentError, match="more files than are fetched"):
            remote.fetch(places[2])
