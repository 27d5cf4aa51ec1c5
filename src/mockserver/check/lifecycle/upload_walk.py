"""Upload a file and download it again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mockserver.check.findings.issues import Category, Subject
from mockserver.check.lifecycle.made_records import MadeRecord
from mockserver.check.lifecycle.walk_log import WalkLog, values_for
from mockserver.openapi import media_types
from mockserver.openapi.operation import Operation

_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)
CONTENT = b"mockserver check\r\n\x00\x01\xfe\xff\n\xef\xbb\xbf\rend of the file \r\n\n"
"""Of which faulty servers change line ends, byte order marks, or what is no text."""


@dataclass(frozen=True, slots=True)
class FilePair:
    """An operation that uploads a file, and the one that downloads it."""

    upload: Operation
    download: Operation
    media_type: str


def file_pairs(operations: Iterable[Operation]) -> Iterator[FilePair]:
    """Pairs of operations that upload a file as the raw body, and download it."""
    known = list(operations)
    for upload in known:
        body = upload.request_body
        if upload.method not in {"put", "post"} or body is None:
            continue
        for name in body.content:
            download = next((one for one in known if one.path == upload.path and one.method == "get"), None)
            if is_file(name) and download is not None and _gives(download, name):
                yield FilePair(upload, download, name)
                break


def is_file(name: str) -> bool:
    """Whether a media type is that of files whose bytes have no meaning here."""
    return not (
        media_types.is_json(name)
        or media_types.is_urlencoded(name)
        or media_types.is_multipart_form(name)
        or "*" in name
        or name.startswith("text/")
        or "xml" in name
    )


def _gives(download: Operation, name: str) -> bool:
    return any(name in response.content for response in download.responses.values())


class UploadWalk:
    """Uploads files to created records, and compares the downloads."""

    def __init__(self, log: WalkLog, item_path: str, made: MadeRecord, other: MadeRecord | None) -> None:
        self._log = log
        self._path = item_path
        self._made = made
        self._other = other

    def run(self, pair: FilePair) -> None:
        """Upload a file, download it, and check that another record does not have it."""
        values = values_for(pair.upload, self._path, self._made.values)
        if values is None:
            return
        content = _PNG if pair.media_type == "image/png" else CONTENT
        sent = self._log.send(pair.upload, values, data=(pair.media_type, content))
        got = self._log.send(pair.download, values)
        if not sent.answer.succeeded or not got.answer.succeeded:
            return
        shows = [self._made.step, sent, got]
        if got.answer.body != content:
            self._log.wrong(
                pair.download,
                Category.FILE_DIFFERS,
                f"{pair.download.id} gives back another file than was sent to {pair.upload.id}.",
                f"{len(content)} bytes as they were sent",
                f"{len(got.answer.body)} bytes",
                f"{pair.download.id} gives the file as it was sent.",
                shows,
            )
        elif self._other is not None:
            there = self._log.send(
                pair.download, values_for(pair.download, self._path, self._other.values) or []
            )
            if there.answer.succeeded and there.answer.body == content:
                self._log.wrong(
                    pair.upload,
                    Category.OTHER_RECORD_CHANGED,
                    f"{pair.upload.id} on one record has given another one the file, too.",
                    "another file, or none",
                    f"the same {len(content)} bytes",
                    f"{pair.upload.id} changes no other record.",
                    [*shows, there],
                    subject=Subject(("file",)),
                )
