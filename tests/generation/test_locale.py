"""The language of a document's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter

from mockserver.errors import DocumentError
from mockserver.generation.by_name.locale_words import lexicon

TEXT = {"type": "string"}
PERSON = {"type": "object", "required": ["id", "last_name"], "properties": {"id": TEXT, "last_name": TEXT}}
PATHS: dict[str, Any] = {
    "/people": {"get": answering({"type": "array", "items": PERSON})},
    "/people/{id}": {"parameters": [parameter("id", "path")], "get": answering(PERSON)},
}


def names(call: Caller) -> set[str]:
    """The family names of all people."""
    return {person["last_name"] for person in call("GET", "/people").json}


def known(locale: str) -> set[str]:
    """Family names of a locale."""
    return {str(lexicon(locale).word("last_name", number)) for number in range(4096)}


@pytest.mark.parametrize(
    ("written", "locale"),
    [
        ({}, "en_US"),
        ({"x-mock": {"locale": "ja_JP"}}, "ja_JP"),
        ({"x-mock": {"locale": "ja"}}, "ja_JP"),
        ({"x-mock": {"locale": "pl-PL"}}, "pl_PL"),
        ({"x-mock": {"locale": "pl"}}, "pl_PL"),
        ({"x-mock": {"stateless": False}}, "en_US"),
    ],
)
def test_a_document_says_its_locale(tmp_path: Path, written: dict[str, Any], locale: str) -> None:
    """`x-mock` at the top of a document says where its people are from, without a fixture file."""
    assert names(mock({"paths": PATHS, **written}, tmp_path)) <= known(locale)


def test_a_fixture_files_locale_comes_first(tmp_path: Path) -> None:
    """A fixture file that holds nothing but a locale decides, and leaves the world open."""
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "api.yaml").write_text("locale: pl_PL\n")
    document = {"paths": PATHS, "x-mock": {"locale": "ja_JP"}}

    assert names(mock(document, tmp_path, fixtures=tmp_path / "fixtures")) <= known("pl_PL")


def test_a_fixture_file_without_a_locale_leaves_it_to_the_document(tmp_path: Path) -> None:
    """The document's locale holds where the fixture file has none."""
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "api.yaml").write_text("identities: {}\n")
    document = {"paths": PATHS, "x-mock": {"locale": "ja_JP"}}

    assert names(mock(document, tmp_path, fixtures=tmp_path / "fixtures")) <= known("ja_JP")


@pytest.mark.parametrize("locale", ["xx_XX", "", 7, ["de_DE"], "de_DE_x"])
def test_a_locale_that_there_is_not_is_refused(tmp_path: Path, locale: Any) -> None:
    """The error has the file, the pointer and a locale that would do, at start-up."""
    with pytest.raises(DocumentError, match="de_DE") as caught:
        mock({"paths": PATHS, "x-mock": {"locale": locale}}, tmp_path)

    assert caught.value.place.pointer == "/x-mock/locale"


def test_two_documents_have_their_own_locales(tmp_path: Path) -> None:
    """The locale is the document's: another one served beside it has its own."""
    calls = []
    for locale in ("ja_JP", "pl_PL"):
        (tmp_path / locale).mkdir()
        calls.append(mock({"paths": PATHS, "x-mock": {"locale": locale}}, tmp_path / locale))

    assert names(calls[0]) <= known("ja_JP")
    assert names(calls[1]) <= known("pl_PL")
