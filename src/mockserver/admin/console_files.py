"""The files of the console: static files without a build step or external resources."""

from importlib.resources import files

from mockserver.http.exchange import Exchange, RawResponse

_MEDIA_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_CHECKED_AGAIN = (b"cache-control", b"no-cache")
_PREFIX = "/__admin/"
_FOLDER = "static/"


class ConsoleFiles:
    """Serves the console's page and its files."""

    def __init__(self) -> None:
        folder = files("mockserver") / "console" / "static"
        self._folder = folder
        names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        self._names = {name for name in names if name[name.rfind(".") :] in _MEDIA_TYPES}

    def has(self, exchange: Exchange) -> bool:
        """Whether a request is for the page or one of its files."""
        path = exchange.path
        if exchange.method not in {"GET", "HEAD"}:
            return False
        return path in {"/__admin", _PREFIX} or path.startswith(_PREFIX + _FOLDER)

    def is_part(self, exchange: Exchange) -> bool:
        """Whether a request is for a script, a style or a picture, and not for the page."""
        return exchange.path.startswith(_PREFIX + _FOLDER)

    def token_page(self) -> RawResponse:
        """The page for browsers that have not sent the token."""
        media_type = (b"content-type", _MEDIA_TYPES[".html"])
        return 401, [media_type], (self._folder / "token.html").read_bytes()

    def answer(self, exchange: Exchange) -> RawResponse:
        """The page, one of its files, or 404."""
        if exchange.path == "/__admin":
            return 307, [(b"location", _PREFIX.encode())], b""
        name = exchange.path.removeprefix(_PREFIX).removeprefix(_FOLDER) or "index.html"
        if name not in self._names:
            return 404, [(b"content-type", b"text/plain")], b"No such file.\n"
        media_type = _MEDIA_TYPES[name[name.rfind(".") :]]
        return 200, [(b"content-type", media_type), _CHECKED_AGAIN], (self._folder / name).read_bytes()
