"""A library of files: nested folders, uploads in forms, cursors, downloads."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import UTC, datetime

from tests.mutation.stated.served import Call, Record, RefusedError, Reply, Served, has, start

folders: dict[str, Record] = {}
files: dict[str, Record] = {}
content: dict[str, bytes] = {}
moved: dict[str, int] = {}


def _reset() -> None:
    folders.clear()
    files.clear()
    content.clear()
    moved.clear()
    a = _new_folder("Photos", None)
    b = _new_folder("2024", a["id"])
    _new_folder("Music", None)
    for i in range(3):
        _new_file(b["id"], f"img{i}.png", "image/png", b"\x89PNG" + bytes([i]) * 50, f"Image {i}", None)


def _new_folder(name: str, parent: str | None) -> Record:
    f: Record = {"id": uuid.uuid4().hex[:10], "name": name, "parentId": parent}
    if has("inner-paths-kept"):
        f["path"] = _path(f)
    folders[f["id"]] = f
    return f


def _path(f: Record) -> str:
    if has("inner-paths-kept") and "path" in f:
        return str(f["path"])
    above = _path(folders[f["parentId"]]) if f["parentId"] else ""
    return f"{above}/{f['name']}"


def _show(f: Record) -> Record:
    count = sum(x["folderId"] == f["id"] for x in files.values()) + moved.get(f["id"], 0)
    return {**f, "path": _path(f), "fileCount": count}


def _new_file(folder: str, name: str, media: str, data: bytes, title: str, description: str | None) -> Record:
    x: Record = {
        "id": uuid.uuid4().hex[:10],
        "folderId": folder,
        "title": title,
        "description": description,
        "fileName": name,
        "contentType": media,
        "size": 0,
        "checksum": "",
        "uploadedAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    _measure(x, data)
    files[x["id"]] = x
    return x


def _measure(x: Record, data: bytes) -> None:
    content[x["id"]] = data
    x.update(
        size=len(data) if not has("size-in-characters") else len(data.decode("utf-8", "replace")),
        checksum=hashlib.sha256(data).hexdigest(),
    )


def _folder(i: str) -> Record:
    if i not in folders:
        raise RefusedError(404, "No such folder")
    return folders[i]


def _file(c: Call) -> Record:
    if c.p["fileId"] not in files:
        raise RefusedError(404, "No such file")
    return files[c.p["fileId"]]


def _list_folders(c: Call) -> Reply:
    return (
        200,
        {
            "folders": [
                _show(f)
                for f in folders.values()
                if c.p["parentId"] is None or f["parentId"] == c.p["parentId"]
            ]
        },
        {},
    )


def _create_folder(c: Call) -> Reply:
    parent = c.body.get("parentId")
    if parent is not None and parent not in folders:
        raise RefusedError(422, "No such parent")
    f = _new_folder(c.body["name"], parent)
    return 201, _show(f), {"Location": f"/folders/{f['id']}"}


def _rename(c: Call) -> Reply:
    f = _folder(c.p["folderId"])
    f["name"] = c.body["name"]
    if has("inner-paths-kept"):
        f.pop("path")
        f["path"] = _path(f)
    return 200, _show(f), {}


def _delete_folder(c: Call) -> Reply:
    f = _folder(c.p["folderId"])
    inside = [x for x in folders.values() if x["parentId"] == f["id"]]
    full = any(x["folderId"] == f["id"] for x in files.values())
    if (inside or (full and not has("full-folder-deleted"))) and not c.p["recursive"]:
        raise RefusedError(409, "Not empty")
    _remove(f)
    return 204, None, {}


def _remove(f: Record) -> None:
    for x in [x for x in folders.values() if x["parentId"] == f["id"]]:
        _remove(x)
    for i in [] if has("files-survive") else [i for i, x in files.items() if x["folderId"] == f["id"]]:
        del files[i], content[i]
    del folders[f["id"]]


def _list_files(c: Call) -> Reply:
    f = _folder(c.p["folderId"])
    rows = [x for x in files.values() if x["folderId"] == f["id"]]
    start = 0
    if c.p["cursor"] is not None:
        try:
            start = int(base64.urlsafe_b64decode(c.p["cursor"].encode()).decode())
        except ValueError:
            start = -1
        if not 0 <= start < 10**9:
            raise RefusedError(422, "Unknown cursor")
    end = start + c.p["limit"]
    more = end < len(rows) - (1 if has("last-page-missing") else 0)
    return (
        200,
        {
            "files": rows[start - (1 if has("page-repeats-the-last") and start else 0) : end],
            "nextCursor": base64.urlsafe_b64encode(str(end).encode()).decode() if more else None,
        },
        {},
    )


def _upload(c: Call) -> Reply:
    f = _folder(c.p["folderId"])
    name, media, data = c.files["file"]
    if has("file-name-in-ascii"):
        name = (name or "file").encode("ascii", "ignore").decode()
    x = _new_file(
        f["id"],
        name or "file",
        media or "application/octet-stream",
        data[:-1] if has("upload-cut") and len(data) > 1 else data,
        c.body.get("title") or name or "file",
        c.body.get("description"),
    )
    return 201, x, {"Location": f"/files/{x['id']}"}


def _update(c: Call) -> Reply:
    x, b = _file(c), c.body
    if "folderId" in b and b["folderId"] not in folders:
        raise RefusedError(422, "No such folder")
    if has("moved-file-counted") and "folderId" in b and b["folderId"] != x["folderId"]:
        moved[x["folderId"]] = moved.get(x["folderId"], 0) + 1
    x.update({k: b[k] for k in ("title", "description", "folderId") if k in b})
    return 200, x, {}


def _delete_file(c: Call) -> Reply:
    x = _file(c)
    del files[x["id"]], content[x["id"]]
    return 204, None, {}


def _download(c: Call) -> Reply:
    x = _file(c)
    return (
        200,
        content[x["id"]],
        {"Content-Type": "application/octet-stream" if has("content-type-lost") else x["contentType"]},
    )


def _replace(c: Call) -> Reply:
    x = _file(c)
    old = x["checksum"]
    _measure(x, c.body or b"")
    if has("checksum-kept"):
        x["checksum"] = old
    return 200, x, {}


def _copy(c: Call) -> Reply:
    x = _file(c)
    if c.body["folderId"] not in folders:
        raise RefusedError(422, "No such folder")
    y = _new_file(
        c.body["folderId"], x["fileName"], x["contentType"], content[x["id"]], x["title"], x["description"]
    )
    return 201, y, {"Location": f"/files/{(x if has('location-of-the-original') else y)['id']}"}


def _fail(e: RefusedError) -> Reply:
    return (
        e.status,
        {
            "title": e.message,
            "status": e.status,
            "detail": "; ".join(f"{n}: {m}" for _, n, m in e.errors or []),
        },
        {"Content-Type": "application/problem+json", **e.headers},
    )


def build(fault: str) -> Served:
    """A server with a fault, or with none for an empty name."""
    server = start(
        "media",
        fault,
        {
            "listFolders": _list_folders,
            "createFolder": _create_folder,
            "getFolder": lambda c: (200, _show(_folder(c.p["folderId"])), {}),
            "renameFolder": _rename,
            "deleteFolder": _delete_folder,
            "listFiles": _list_files,
            "uploadFile": _upload,
            "getFile": lambda c: (200, _file(c), {}),
            "updateFile": _update,
            "deleteFile": _delete_file,
            "downloadFile": _download,
            "replaceContent": _replace,
            "copyFile": _copy,
        },
        _fail,
    )
    _reset()
    return server
