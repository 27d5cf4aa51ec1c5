"""The options of a check."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from mockserver.http.outgoing.server_trust import PUBLIC, ServerTrust

ProfileName = Literal["quick", "ci", "deep"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How thoroughly to check.

    Attributes:
        seconds: when to stop, at the latest, for all documents together.
        examples: how many generated requests Schemathesis tries per operation; 0 leaves it out.
        phases: the phases of Schemathesis.
    """

    seconds: float
    examples: int
    phases: tuple[str, ...]


PROFILES: Mapping[ProfileName, Profile] = {
    "quick": Profile(30, 5, ("examples", "coverage")),
    "ci": Profile(180, 15, ("examples", "coverage", "fuzzing", "stateful")),
    "deep": Profile(1800, 200, ("examples", "coverage", "fuzzing", "stateful")),
}


@dataclass(frozen=True, slots=True)
class Options:
    """What to check, against what, how thoroughly.

    Attributes:
        url: the implementation; None checks the mock itself.
        overlays: files that change the documents.
        allow_remote: whether references of the documents to the network are followed.
        handlers: the folder of handler files, whose code is run as part of the model.
        identities: tokens of the implementation, by the fixtures' names for identities.
        auth_header: the header field that carries the one credential there is, as `NAME: VALUE`.
        reset_headers: header fields that are sent to the reset URL, as `NAME: VALUE`.
        trust: TLS settings: trusted authorities, and the client certificate.
        only: operationIds, tags or path beginnings to check; empty is all.
        destructive: whether records may be changed that neither the fixtures list nor the run has made.
        dry_run: whether to list the requests instead of sending them.
        stateless: whether the implementation keeps no state; then the model keeps none either.
        diff: whether responses are compared with those of the mock.
        repro: the id of the only finding to reproduce.
        hooks: a Python file with the user's rules and Schemathesis hooks.
        fail_on: whether warnings fail the check, too.
        min_operations: how many percent of a document's operations have to be served for a verdict.
        min_statuses: how many percent of the documented statuses have to be returned.
        min_coverage: how many percent of statuses, parameters and body fields have to be reached.
    """

    specs: tuple[Path, ...]
    url: str | None = None
    overlays: tuple[Path, ...] = ()
    allow_remote: bool = False
    fixtures: Path | None = None
    handlers: Path | None = None
    identities: Mapping[str, str] = field(default_factory=dict)
    auth_header: str | None = None
    reset_url: str | None = None
    reset_headers: tuple[str, ...] = ()
    trust: ServerTrust = PUBLIC
    profile: ProfileName = "ci"
    seed: int = 1
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    safe: bool = False
    destructive: bool = False
    dry_run: bool = False
    stateless: bool = False
    diff: bool = True
    fuzz: bool = True
    seconds: float | None = None
    repro: str | None = None
    hooks: Path | None = None
    fail_on: Literal["breach", "warning"] = "breach"
    min_operations: int = 50
    min_statuses: int = 0
    min_coverage: int = 0

    @property
    def limits(self) -> Profile:
        """The profile; without the stateful phase if the implementation is stateless."""
        profile = PROFILES[self.profile]
        if not self.stateless:
            return profile
        return replace(profile, phases=tuple(phase for phase in profile.phases if phase != "stateful"))
