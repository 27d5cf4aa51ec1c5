"""Create a record from a file in a form, and compare what is shown of the file, and what is downloaded."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.made_records import MadeRecord, MadeRecords
from mockserver.check.lifecycle.upload_walk import CONTENT, is_file
from mockserver.check.lifecycle.walk_log import values_for
from mockserver.check.planning.cases import FORM_TYPE, form_of, form_part
from mockserver.check.planning.path_values import parameter_names, shape
from mockserver.check.rules.normalisation import is_kept
from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import types_in

_NAME = "Größe 7 ñandú.csv"
_TYPE = "text/csv"
_OTHER = b"another file: \xc3\xa9\xff\r\n"
_NAMES = {"filename", "originalname", "originalfilename", "uploadname"}
_TYPES = {"contenttype", "mimetype", "mediatype", "mime"}
_SIZES = {"size", "filesize", "bytes", "sizebytes", "sizeinbytes", "bytesize", "contentlength", "length"}
_DIGESTS = {"sha256": hashlib.sha256, "sha1": hashlib.sha1, "md5": hashlib.md5, "sha512": hashlib.sha512}
_KILO = 1024


class FormFiles:
    """Checks a resource whose records are created from forms with a file."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Upload a file, compare the record and the download, then replace the file."""
        creator = self._records.creator
        files = sorted(self._records.context.cases.files(creator))
        content = self._records.context.cases.content(creator)
        if len(files) != 1 or content is None or not media_types.is_multipart_form(content.name):
            return
        made = self._made(files[0])
        record = self._records.read(made) if made is not None else None
        if made is None or record is None:
            return
        shows, download = [made.step, self._records.last()], self._download()
        if download is not None and not self._compare_download(download, made, record):
            return
        self._compare_record(creator, record, CONTENT, shows, is_new=True)
        if download is not None:
            self._replaces(download, made)

    def _made(self, name: str) -> MadeRecord | None:
        records = self._records
        body = records.bodies.least(records.creator)
        others = (
            {key: value for key, value in body.items() if key != name} if isinstance(body, Mapping) else {}
        )
        parts = [form_part(key, str(value).encode()) for key, value in others.items()]
        data = form_of([*parts, form_part(name, CONTENT, _NAME, _TYPE)])
        step = records.log.send(records.creator, records.parents, data=(FORM_TYPE, data))
        return records.made_by(step, others)

    def _download(self) -> Operation | None:
        """The operation that gives the bytes of a record's file."""
        own = self._records.item_path
        for operation in self._records.context.service.document.understood():
            is_below = shape(operation.path).startswith(shape(own)) and operation.method == "get"
            if is_below and len(parameter_names(operation.path)) == len(parameter_names(own)):
                response = operation.response(200)
                names = list(response.content) if response is not None else []
                if names and all(is_file(one) or "*" in one for one in names):
                    return operation
        return None

    def _compare_record(
        self,
        writer: Operation,
        record: Mapping[str, Any],
        content: bytes,
        shows: list[TriedCase],
        *,
        is_new: bool,
    ) -> None:
        """Compare size, checksum, name and type in a record with the file that was sent."""
        for name, expected in self._expected(record, content, is_new=is_new):
            if not is_kept(expected, record[name]):
                self._wrong(
                    writer,
                    Category.VALUE_DIFFERS,
                    f"{writer.id} was sent a file, and {name} is that of another.",
                    expected,
                    record[name],
                    shows,
                    name,
                )
                return

    def _expected(
        self, record: Mapping[str, Any], content: bytes, *, is_new: bool
    ) -> Iterator[tuple[str, str | int]]:
        schemas = self._records.context.schemas
        for name, schema in self._records.group.create.plan.resource.properties.items():
            view, plain, value = schemas.merged(schema), normalised(name), record.get(name)
            text, kinds = str(view.get("description", "")), types_in(view) - {"null"}
            if value is None:
                continue
            if kinds == {"integer"} and plain in _SIZES:
                is_in_bytes = "byte" in plain or re.search(r"(?i)\bbytes?\b", text)
                if is_in_bytes or (not text and value not in _kilobytes(content)):
                    yield name, len(content)
            elif kinds == {"string"} and (digest := _digest(name, text, str(value), content)):
                yield name, digest
            elif (
                is_new
                and kinds == {"string"}
                and plain in _NAMES
                and re.search(r"(?i)upload|original|sent", text)
            ):
                yield name, _NAME
            elif (
                is_new
                and kinds == {"string"}
                and plain in _TYPES
                and re.search(r"(?i)upload|original|sent", text)
            ):
                yield name, _TYPE

    def _compare_download(self, download: Operation, made: MadeRecord, record: Mapping[str, Any]) -> bool:
        """Whether the download has the bytes that were sent; its content type is compared as well."""
        values = values_for(download, self._records.item_path, made.values) or []
        got = self._records.log.send(download, values)
        if not got.answer.succeeded:
            return True
        shows = [made.step, got]
        self._compare_bytes(download, got, CONTENT, shows, made.step.case.operation)
        stated = [record[name] for name in record if normalised(name) in _TYPES]
        kind = got.answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        text = self._records.context.cases.text(download)
        is_said = stated == [_TYPE] or re.search(
            r"(?i)(content|media|mime)[- ]?type .{0,30}(upload|sent|original)", text
        )
        if is_said and kind != _TYPE:
            self._wrong(
                download,
                Category.VALUE_DIFFERS,
                f"{download.id} gives a file another content type than it was uploaded with.",
                _TYPE,
                kind,
                shows,
                "Content-Type",
            )
        return got.answer.body == CONTENT

    def _replaces(self, download: Operation, made: MadeRecord) -> None:
        """Replace the file, and compare the record and the download again."""
        for writer in self._records.context.service.document.understood():
            body = writer.request_body
            is_put = (
                writer.method == "put" and shape(writer.path) == shape(download.path) and body is not None
            )
            media_type = next(filter(is_file, body.content), None) if is_put and body is not None else None
            values = values_for(writer, self._records.item_path, made.values)
            if media_type is None or values is None:
                continue
            step = self._records.log.send(writer, values, data=(media_type, _OTHER))
            if not step.answer.succeeded:
                return
            record = self._records.read(made)
            shows = [made.step, step, self._records.last()]
            if record is not None:
                self._compare_record(writer, record, _OTHER, shows, is_new=False)
            got = self._records.log.send(download, values)
            if got.answer.succeeded:
                self._compare_bytes(download, got, _OTHER, [made.step, step, got], writer)
            return

    def _compare_bytes(
        self, download: Operation, got: TriedCase, content: bytes, shows: list[TriedCase], writer: Operation
    ) -> None:
        if got.answer.body != content:
            self._wrong(
                writer,
                Category.FILE_DIFFERS,
                f"{download.id} gives back another file than was sent to {writer.id}.",
                f"{len(content)} bytes as they were sent",
                f"{len(got.answer.body)} bytes",
                shows,
                "",
            )

    def _wrong(
        self,
        operation: Operation,
        category: Category,
        message: str,
        expected: Any,
        got: Any,
        shows: list[TriedCase],
        name: str,
    ) -> None:
        self._records.log.wrong(
            operation,
            category,
            message,
            expected,
            got,
            "A file is stored and given back as it was sent.",
            shows,
            subject=Subject((name,) if name else (), other="file"),
        )


def _kilobytes(content: bytes) -> set[int]:
    """The size in units of 1000 and 1024 bytes, rounded down and up."""
    return {len(content) // unit + more for unit in (1000, _KILO) for more in (0, 1)}


def _digest(name: str, text: str, value: str, content: bytes) -> str | None:
    """The checksum of a file by the algorithm that the name or the description of a property has."""
    said = normalised(f"{name} {text}")
    for algorithm, function in _DIGESTS.items():
        found = function(content, usedforsecurity=False).hexdigest()
        if algorithm in said and len(value) == len(found) and re.fullmatch(r"[0-9a-fA-F]+", value):
            return found if value == value.lower() else found.upper()
    return None
