"""Run a check from its options to its outcome."""

import time
from collections.abc import Callable
from contextlib import ExitStack

from mockserver.check.api_run import ApiRun
from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome, TimeBudget
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.target import hosting
from mockserver.config import Settings
from mockserver.errors import ConfigurationError

Progress = Callable[[str], None]


def run(options: Options, progress: Progress = lambda _: None) -> Outcome:
    """Check the documents one after another; after Ctrl-C the outcome has what is known by then.

    Raises:
        ConfigurationError: an option does not fit the documents or fixtures.
        NoVerdictError: there is nothing to check, as the mock itself does not start.
    """
    started = time.monotonic()
    outcome = Outcome(options)
    with ExitStack() as stack:
        settings = Settings(
            seed=options.seed,
            handlers=options.handlers,
            stateless=options.stateless,
            overlays=options.overlays,
            allow_remote=options.allow_remote,
        )
        model = ReferenceModel(options.specs, options.fixtures, settings)
        stack.callback(model.close)
        _refuse_unknown(options, model)
        _refuse_clashes(model)
        host = stack.enter_context(hosting.host(options))
        deadline = TimeBudget(options.seconds or options.limits.seconds)
        try:
            for number, service in enumerate(model.services.values()):
                share = deadline.left / (len(model.services) - number)
                api = ApiRun(options, model, service, host, TimeBudget(share), progress)
                stack.callback(api.target.close)
                outcome.apis.append(api.outcome)
                try:
                    api.run()
                finally:
                    outcome.requests += api.target.sent
        except KeyboardInterrupt:
            outcome.is_interrupted = True
            outcome.untried = [
                service.document for service in [*model.services.values()][len(outcome.apis) :]
            ]
    outcome.seconds = time.monotonic() - started
    return outcome


def _refuse_clashes(model: ReferenceModel) -> None:
    """Refuse documents of which two describe the same operation of the implementation."""
    files = {
        service.full_id(operation_id): service.document.file
        for service in model.services.values()
        for operation_id in service.document.index
    }
    for what, first, other in model.application.clashes:
        if files[first] != files[other]:
            raise ConfigurationError(
                f"{files[first]} and {files[other]} both describe {what}: check them one after the other."
            )


def _refuse_unknown(options: Options, model: ReferenceModel) -> None:
    known = {identity.name for service in model.services.values() for identity in service.fixture.identities}
    whose = {name if name in known else name.partition(".")[0] for name in options.identities}
    if options.auth_header and (known or options.identities):
        raise ConfigurationError(
            "--auth-header gives the one credential there is: with identities, give --identity NAME=TOKEN."
        )
    unknown = sorted(whose - known)
    if unknown and known:
        raise ConfigurationError(
            f"--identity {unknown[0]}: the fixtures have no such identity; "
            f"they have {', '.join(sorted(known))}."
        )
