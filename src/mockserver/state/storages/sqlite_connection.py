"""Connection to an SQLite file: short transactions on the event loop, checkpoints in a thread."""

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from mockserver.errors import ConfigurationError, StoreUnavailableError

Result = TypeVar("Result")

_LOCKED_SECONDS = 0.8
"""Timeout of a transaction that waits for other processes."""
_PAUSE = 0.0005
_CHECKPOINT_WRITES = 1_000
"""Transactions after which the write-ahead log is checkpointed."""
_APPLICATION = 0x6D6F636B
_FORMAT = 1
"""The version of the tables, in `PRAGMA user_version`."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value ANY) WITHOUT ROWID, STRICT;
-- The latest version of all sessions, and what they hold together.
CREATE TABLE IF NOT EXISTS held (id INTEGER PRIMARY KEY, version INTEGER, bytes INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  name TEXT PRIMARY KEY, version INTEGER, used INTEGER, size INTEGER, changes INTEGER
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS sessions_by_use ON sessions (used);
-- The order of the ids is the order in which the fields of a session were set first.
CREATE TABLE IF NOT EXISTS fields (
  id INTEGER PRIMARY KEY, session TEXT, name BLOB, value BLOB, UNIQUE (session, name)
) STRICT;
-- The names of the fields that each commit removed and set in the version before.
CREATE TABLE IF NOT EXISTS deltas (
  session TEXT, version INTEGER, previous INTEGER, change BLOB, PRIMARY KEY (session, version)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS watched (name TEXT PRIMARY KEY) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS drops (id INTEGER PRIMARY KEY, name TEXT UNIQUE, reason TEXT, at INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS dropped (reason TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS kinds (
  name TEXT PRIMARY KEY, total INTEGER DEFAULT 0, kept INTEGER DEFAULT 0, removed INTEGER DEFAULT 0,
  dropped INTEGER DEFAULT 0, lost INTEGER DEFAULT 0, forgettings INTEGER DEFAULT 0, bytes INTEGER DEFAULT 0
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS events (
  kind TEXT, number INTEGER, session TEXT, value BLOB, large BLOB, size INTEGER, PRIMARY KEY (kind, number)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS counts (
  session TEXT, name BLOB, number INTEGER, PRIMARY KEY (session, name)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS replicas (
  name TEXT PRIMARY KEY, fingerprint TEXT, seen REAL
) WITHOUT ROWID, STRICT;
"""


class SqliteConnection:
    """A connection that is opened at first use, in the process that uses it: it does not survive a fork."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._opened: sqlite3.Connection | None = None
        self._writes = 0
        self._checkpoint: asyncio.Future[None] | None = None
        #: Resolved when the one waiter of this process that retries does so.
        self._pause: asyncio.Future[None] | None = None

    def check(self) -> None:
        """Open the file.

        Raises:
            ConfigurationError: the file cannot be used; the text explains why.
        """
        try:
            self._db()
        except sqlite3.Error as error:
            raise ConfigurationError(f"--store {self.file} cannot be used: {error}.") from None

    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.file, isolation_level=None, timeout=5, check_same_thread=False)
        try:
            is_new = self._is_new(db)
            db.execute("PRAGMA journal_mode = WAL")
            # A transaction survives a killed process; the latest may be lost when the machine crashes.
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA wal_autocheckpoint = 0")
            if is_new:
                self._create(db)
            db.execute("PRAGMA busy_timeout = 0")
        except BaseException:
            db.close()
            raise
        return db

    def _is_new(self, db: sqlite3.Connection) -> bool:
        """Whether the file has no tables yet.

        Raises:
            ConfigurationError: the file has tables of another program or version.
        """
        names = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        kind, version, tables = (db.execute(name).fetchone()[0] for name in names)
        if tables and (kind, version) != (_APPLICATION, _FORMAT):
            raise ConfigurationError(
                f"--store {self.file} was not written by this version of mockserver: name another file."
            )
        return not tables

    @staticmethod
    def _create(db: sqlite3.Connection) -> None:
        begin = f"BEGIN IMMEDIATE; PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_FORMAT};"
        db.executescript(begin + _SCHEMA)
        facts = (("run", secrets.token_hex(4)), ("uncounted", 0))
        db.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts)
        db.execute("INSERT OR IGNORE INTO held VALUES (1, 0, 0)")
        db.execute("COMMIT")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection, for one statement.

        Raises:
            StoreUnavailableError: the file cannot be read.
        """
        try:
            db = self._db()
        except (sqlite3.Error, ConfigurationError) as error:
            raise self._unavailable(error) from None
        try:
            yield db
        except sqlite3.Error as error:
            raise self._unavailable(error) from None

    def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Read in one transaction, so that the results of several statements are consistent.

        Raises:
            StoreUnavailableError: the file cannot be read.
        """
        with self.reading() as db:
            db.execute("BEGIN")
            try:
                return work(db)
            finally:
                db.execute("COMMIT")

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Write in one transaction; nothing is written if the work raises.

        Raises:
            StoreUnavailableError: the file cannot be written, or other processes kept it locked.
        """
        with self.reading() as db:
            await self._begin(db)
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
        self._writes += 1
        if self._writes >= _CHECKPOINT_WRITES and (self._checkpoint is None or self._checkpoint.done()):
            self._writes = 0
            self._checkpoint = asyncio.ensure_future(asyncio.to_thread(self._write_into_file))
        return result

    async def _begin(self, db: sqlite3.Connection) -> None:
        """Begin a write transaction once no other process has one; does not block the event loop.

        Of several waiters in this process only one retries; the others wait for it.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + _LOCKED_SECONDS
        while True:
            if self._pause is not None and self._pause.get_loop() is loop:
                await asyncio.shield(self._pause)
                continue
            try:
                db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or loop.time() > end:
                    raise
                await self._wait(loop)
            else:
                return

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        pause = self._pause = loop.create_future()
        try:
            await asyncio.sleep(_PAUSE)
        finally:
            self._pause = None
            pause.set_result(None)

    def _write_into_file(self) -> None:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(self.file)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Checkpoint the write-ahead log and close the file; it is reopened on demand."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            with contextlib.suppress(sqlite3.Error):
                opened.execute("PRAGMA wal_checkpoint(PASSIVE)")
            opened.close()

    def _unavailable(self, error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(f"The store {self.file} cannot be used: {error}.")
