"""Run the command: read flags into options, check, write the reports, return the exit code."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mockserver import curl
from mockserver.check.check_options import Options
from mockserver.check.findings import baselines
from mockserver.check.findings.issues import merged
from mockserver.check.outcome import Outcome
from mockserver.check.reports import github_report, report_files, terminal_summary
from mockserver.check.runner import run
from mockserver.check.target.credentials import HEADER_IDENTITY
from mockserver.check.target.http_messages import variable
from mockserver.check.target.resetting import without_credentials
from mockserver.errors import ConfigurationError
from mockserver.http.outgoing.server_trust import ServerTrust

Write = Callable[..., Any]


def options_of(flags: Mapping[str, Any]) -> Options:
    """Convert command-line flags to options.

    Raises:
        ConfigurationError: a flag cannot be read.
    """
    return Options(
        specs=tuple(flags["specs"]),
        url=flags["url"],
        overlays=tuple(flags["overlays"]),
        allow_remote=bool(flags["allow_remote"]),
        fixtures=flags["fixtures"],
        handlers=flags["handlers"],
        identities=tokens_of(flags["identities"]),
        auth_header=flags["auth_header"],
        reset_url=flags["reset_url"],
        reset_headers=tuple(flags["reset_headers"]),
        trust=_trust(flags),
        profile=flags["profile"],
        seed=flags["seed"],
        only=tuple(flags["only"]),
        exclude=tuple(flags["exclude"]),
        safe=flags["safe"],
        destructive=flags["destructive"],
        dry_run=flags["dry_run"],
        stateless=flags["stateless"],
        diff=flags["diff"],
        fuzz=flags["fuzz"],
        repro=flags["repro"],
        hooks=flags["hooks"],
        fail_on=flags["fail_on"],
        min_operations=flags["min_operations"],
        min_statuses=flags["min_statuses"],
        min_coverage=flags["min_coverage"],
    )


def _trust(flags: Mapping[str, Any]) -> ServerTrust:
    return ServerTrust(flags["ca"], flags["client_cert"], flags["client_key"], flags["insecure"])


def tokens_of(entries: Iterable[str]) -> dict[str, str]:
    """Parse `NAME=TOKEN` entries into tokens by identity.

    Raises:
        ConfigurationError: an entry has another format, or an empty token: a missing secret must not
            lead to a check without credentials.
    """
    tokens = {}
    for entry in entries:
        name, separator, token = entry.partition("=")
        if not separator or not name:  # not repeated: it may be a token
            raise ConfigurationError("--identity: write NAME=TOKEN.")
        if not token.strip():
            raise ConfigurationError(f"--identity {name}: the token is empty; is the variable set?")
        tokens[name] = token
    return tokens


def check_and_report(flags: Mapping[str, Any], write: Write, note: Write) -> int:
    """Check, write the reports that were asked for, and return the exit code.

    Args:
        flags: the command's, by name.
        write: takes a line of the summary, or one that `is_command` to a workflow's runner.
        note: takes the progress message.
    """
    options, wanted = options_of(flags), report_files.names(flags["reports"])
    if flags["update_baseline"] and flags["baseline"] is None:
        raise ConfigurationError("--update-baseline writes the file of --baseline, which is not given.")
    if options.url and not options.specs and not Path("specs").is_dir():
        raise ConfigurationError(
            "--spec is missing: which documents does it implement? There is no specs/ here."
        )
    baseline = _accepted_ids(flags)
    outcome = run(options, note)
    note("")
    _accept(outcome, baseline)
    if flags["update_baseline"]:
        known = [finding for api in outcome.apis for finding in (*api.accepted, *api.findings, *api.warnings)]
        baselines.write(flags["baseline"], known)
    for line in terminal_summary.lines(outcome):
        write(line)
    if flags["update_baseline"]:
        write(f"written: {flags['baseline']}")
    for file in report_files.write(outcome, wanted, flags["report_dir"]):
        write(f"written: {file}")
    if "github" in wanted:
        for annotation in github_report.annotations(outcome):
            write(annotation, is_command=True)
    return outcome.exit_code


def _accepted_ids(flags: Mapping[str, Any]) -> frozenset[str]:
    """The ids of the baseline; with --update-baseline, one of another version counts as empty."""
    try:
        return baselines.read(flags["baseline"], _renewal(flags))
    except baselines.OtherVersionError:
        if flags["update_baseline"]:
            return frozenset()
        raise


def _renewal(flags: Mapping[str, Any]) -> str:
    """The command line that rewrites the baseline, with shell variables in place of credentials."""
    words = ["mockserver", "check", *([without_credentials(flags["url"])[0]] if flags["url"] else [])]
    words += [word for spec in flags["specs"] for word in ("--spec", str(spec))]
    words += [word for file in flags["overlays"] for word in ("--overlay", str(file))]
    if flags["allow_remote"]:
        words.append("--allow-remote")
    if flags["fixtures"] is not None:
        words += ["--fixtures", str(flags["fixtures"])]
    if flags["handlers"] is not None:
        words += ["--handlers", str(flags["handlers"])]
    if flags["stateless"]:
        words.append("--stateless")
    line = shlex.join(words) + _trust(flags).command_line()
    for entry in flags["identities"]:
        name = entry.partition("=")[0]
        line += f' --identity {shlex.quote(name)}="${variable(name)}"'
    if flags["auth_header"]:
        name = flags["auth_header"].partition(":")[0].strip()
        line += f' --auth-header {shlex.quote(f"{name}: ")}"${variable(HEADER_IDENTITY)}"'
    if flags["reset_url"]:
        line += f" --reset-url {shlex.quote(without_credentials(flags['reset_url'])[0])}"
    for entry in flags["reset_headers"]:
        name, separator, _ = entry.partition(":")
        if separator:  # anything else may be a secret
            line += (
                f' --reset-header {shlex.quote(f"{name.strip()}: ")}"${curl.variable("RESET", name.strip())}"'
            )
    return f"{line} --baseline {shlex.quote(str(flags['baseline']))} --update-baseline"


def _accept(outcome: Outcome, baseline: frozenset[str]) -> None:
    """Separate the findings that the baseline accepts; of a merged finding, only the accepted members."""
    for api in outcome.apis:
        members = [member for finding in api.findings for member in finding.members]
        api.accepted = merged(member for member in members if member.id in baseline)
        left = [member for member in members if member.id not in baseline]
        api.warnings = [one for one in api.warnings if one.id not in baseline]
        known = {member.id for member in left}
        # A finding that followed from an accepted one is now reported independently.
        api.findings = merged(
            member if member.follows in known else replace(member, follows=None) for member in left
        )
