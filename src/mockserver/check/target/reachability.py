"""Detect that the implementation was never reached, or that something else responds in its place."""

from collections import Counter

from mockserver.check.findings.issues import TriedCase

_ENOUGH = 1


class Reachability:
    """Counts the responses to valid requests by kind."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._examples: dict[str, TriedCase] = {}

    def note(self, step: TriedCase) -> None:
        """Count one response to a request that the model serves, or that the document allows."""
        kind = _kind(step)
        self._kinds[kind] += 1
        self._examples.setdefault(kind, step)

    def reason_for_no_verdict(self) -> str:
        """Why there is no verdict; empty if there can be one."""
        total = sum(self._kinds.values())
        if total == 0 or self._kinds["reached"] >= _ENOUGH:
            return ""
        kind, _ = self._kinds.most_common(1)[0]
        step = self._examples[kind]
        status, target = step.answer.status, step.case.request.target
        reasons = {
            "refused": f"the credentials are refused: {status} for all of {total} requests in order; "
            "give the implementation's own tokens with --identity NAME=TOKEN",
            "absent": f"nothing is found: {status} for {target} and everything else that was tried; "
            "is this the right URL, and does the implementation hold the records of --fixtures?",
            "redirected": f"it redirects to {step.answer.headers.get('location', 'another place')} "
            f"({status}); give the URL at which the API itself answers",
            "foreign": f"a web page or something else answers in place of the API ({status}, "
            f"{step.answer.media_type or 'no media type'}); is this the right URL?",
            "busy": f"it is not available: {status} for all of {total} requests in order",
        }
        return reasons[kind]


def _kind(step: TriedCase) -> str:
    status = step.answer.status
    if status in {401, 403, 407}:
        return "refused"
    if status in {404, 405, 410}:
        return "absent"
    if 300 <= status < 400:
        return "redirected"
    if status in {502, 503, 504, 429}:
        return "busy"
    is_page = step.answer.body.lstrip()[:1] == b"<" and "html" in step.answer.media_type
    documented = step.case.operation.response(status)
    expects_page = documented is not None and any("html" in name for name in documented.content)
    return "foreign" if is_page and not expects_page else "reached"
