"""Walk through the resources of a small server, without all the rest of a check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.check.serving import Asked, Told, small
from tests.mutation import projects

from mockserver.behaviour.access_tokens import issue_token
from mockserver.check.findings.issues import Issue
from mockserver.check.lifecycle.resource_groups import groups, listed_groups
from mockserver.check.lifecycle.upload_walk import file_pairs
from mockserver.check.lifecycle.walks import Walks
from mockserver.check.planning.cases import CaseSequence
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.target import credentials
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.implementation import Implementation
from mockserver.config import Settings
from mockserver.errors import NoAnswerError
from mockserver.state.identities import Identities, Identity


def walked(folder: Path, answer: Callable[[Asked], Told], document: str = projects.DOCUMENT) -> list[Issue]:
    """What is wrong on two walks, in the order in which it was seen."""
    (folder / "projects.yaml").write_text(document)
    found: list[Issue] = []

    def keep(_: PlayedSequence, issue: Issue, is_stable: bool) -> None:
        if is_stable:
            found.append(issue)

    def fail(_: CaseSequence, error: NoAnswerError) -> None:
        raise error

    model = ReferenceModel((folder / "projects.yaml",), None, Settings())
    try:
        (service,) = model.services.values()
        identities = Identities(Identity(name, name, frozenset()) for name in projects.TOKENS)
        schemes, now = service.document.security_schemes, service.clock.now()
        issued = {
            one.name: issue_token(one, signing_key=service.settings.signing_key, now=now, seconds=3600)
            for one in identities
        }
        with small(answer) as url:
            target = Implementation(url, Credentials(projects.TOKENS, schemes))
            own = Credentials(issued, schemes)
            run = PairedRun(service, model, target, own, None)
            callers = credentials.callers(identities, projects.TOKENS, service.clock)
            context = PlanningContext(model, service, own, callers)
            context.learn("/projects/{project_id}", [(1,), (4,)])
            operations = list(service.document.understood())
            walks = Walks(run, context, keep, fail, lambda: 600.0)
            plan_of = service.fallback.plan
            found_groups = [*groups(operations, plan_of, nested=True), *listed_groups(operations, plan_of)]
            walks.run(found_groups, file_pairs(operations))
            target.close()
    finally:
        model.close()
    return found
