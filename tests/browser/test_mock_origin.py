"""A page that the mock serves cannot use the admin API, though both have one address in the browser."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser.mock import Mock, Quiet, running, serving

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]

# What a planted page tries; its title says in the end what came of it.
PLANTED = """<!doctype html><title>working</title><body><script>
const tried = {};
const told = (answer) => answer.status + (answer.ok ? " served" : " refused");
const asked = async (name, act) => {
  try { tried[name] = String(await act()); } catch (error) { tried[name] = "failed"; }
};
const framed = (source) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.onload = () => {
    try { done(frame.contentDocument.title === "mockserver console" ? "read" : "unread"); }
    catch { done("unread"); }
  };
  frame.src = source;
  document.body.append(frame);
});
const formed = () => new Promise((done) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/__admin/scenarios/pages/none";
  form.target = "aside";
  const frame = document.createElement("iframe");
  frame.name = "aside";
  frame.onload = () => done("sent");
  document.body.append(frame, form);
  form.submit();
});
const fault = {
  method: "POST", headers: {"content-type": "application/json"}, body: '{"kind": "status", "status": 503}',
};
(async () => {
  await asked("origin", () => self.origin);
  await asked("read", async () => told(await fetch("/__admin/state")));
  await asked("unseen", async () => (await fetch("/__admin/reset", {method: "POST", mode: "no-cors"})).type);
  await asked("beacon", () => navigator.sendBeacon("/__admin/reset"));
  await asked("stored", () => (localStorage.setItem("a", "b"), "stored"));
  await asked("cookie", () => (document.cookie = "mockserver_admin=mine; path=/__admin", "set"));
  await asked("worker", async () => (await navigator.serviceWorker.register("/scripts/worker")).scope);
  await asked("frame", () => framed("/__admin/"));
  await asked("form", formed);
  await asked("write", async () => told(await fetch("/__admin/faults", fault)));
  document.title = JSON.stringify(tried);
})();
</script></body>"""
WORKER = "self.addEventListener('fetch', (event) => event.respondWith(new Response('mine')));"
PLANT = """async ([target, type, text]) => {
  const answer = await fetch(target, {method: "PUT", headers: {"content-type": type}, body: text});
  return answer.status;
}"""


def _path(media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string"}}}
    return {
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        "put": {
            "requestBody": {"required": True, "content": content},
            "responses": {"204": {"description": ""}},
        },
        "get": {"responses": {"200": {"description": "", "content": content}}},
    }


DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Pages", "version": "1"},
    "paths": {"/pages/{name}": _path("text/html"), "/scripts/{name}": _path("text/javascript")},
}


class _Elsewhere(Quiet):
    """A page of a stranger."""

    def serve(self) -> None:
        self.answer(200, "text/html", b"<title>elsewhere</title>")


class _Implementation(Quiet):
    """Keeps what it is sent, and serves it under the media type that it came with."""

    kept: dict[str, tuple[str, bytes]]

    def serve(self) -> None:
        if self.command == "PUT":
            body = self.rfile.read(int(self.headers["content-length"]))
            self.kept[self.path] = (self.headers["content-type"], body)
            self.answer(204)
        elif self.path in self.kept:
            self.answer(200, *self.kept[self.path])
        else:
            self.answer(404)


@dataclass
class Victim:
    """Somebody who has opened a stranger's page while a mock runs."""

    url: str
    page: Page

    def attack(self, text: str = PLANTED) -> dict[str, str]:
        """Let the stranger's page plant a page in the mock, and go there; what that page could do."""
        assert self.page.evaluate(PLANT, [f"{self.url}/scripts/worker", "text/javascript", WORKER]) == 204
        assert self.page.evaluate(PLANT, [f"{self.url}/pages/evil", "text/html", text]) == 204
        self.page.goto(f"{self.url}/pages/evil")
        return self.outcome()

    def outcome(self) -> dict[str, str]:
        """What the planted page says that it could do."""
        self.page.wait_for_function("document.title.startsWith('{')")
        tried: dict[str, str] = json.loads(self.page.title())
        return tried


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that remembers nothing."""
    made = browser.new_context()
    yield made
    made.close()


@pytest.fixture
def document(tmp_path: Path) -> str:
    """A document whose API stores pages and scripts."""
    file = tmp_path / "pages.json"
    file.write_text(json.dumps(DOCUMENT), "utf-8")
    return str(file)


@pytest.fixture(params=["serve", "proxy"])
def victim(
    request: pytest.FixtureRequest, context: BrowserContext, document: str, tmp_path: Path
) -> Iterator[Victim]:
    """In front of a mock, and of an implementation behind the proxy."""
    implementation = type("Implementation", (_Implementation,), {"kept": {}})
    with running(_Elsewhere, "localhost") as elsewhere, running(implementation) as upstream:
        more = ["--upstream", upstream] if request.param == "proxy" else []
        with serving(COMMAND, tmp_path, document, *more, name=request.param) as url:
            page = context.new_page()
            page.goto(elsewhere)
            yield Victim(url, page)


def _faults(url: str) -> list[Any]:
    faults: list[Any] = httpx.get(f"{url}/__admin/faults").json()["faults"]
    return faults


def test_a_planted_page_cannot_use_the_admin_api(victim: Victim) -> None:
    """It runs, with an origin that nothing else has: every way in is refused."""
    tried = victim.attack()

    assert tried["origin"] == "null"
    assert {tried[name] for name in ("read", "write", "stored", "cookie", "worker")} == {"failed"}
    assert tried["frame"] == "unread"
    assert _faults(victim.url) == []
    journal = httpx.get(f"{victim.url}/__admin/requests").json()
    # `reset` would have left nothing of what the page sent to the API.
    assert len(journal["requests"]) >= 3


def test_pages_that_keep_their_origin_cannot_use_a_guarded_admin_api(
    context: BrowserContext, document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have cookies and storage; what they lack is the token, even where a cookie of the console is."""
    monkeypatch.setenv("MOCKSERVER_ADMIN_TOKEN", "the-token")
    with (
        running(_Elsewhere, "localhost") as elsewhere,
        serving(COMMAND, tmp_path, document, "--same-origin-html") as url,
    ):
        page = context.new_page()
        context.add_cookies([{"name": "mockserver_admin", "value": "the-token", "url": f"{url}/__admin"}])
        page.goto(elsewhere)

        tried = Victim(url, page).attack()

        assert (tried["origin"], tried["stored"], tried["cookie"]) == (url, "stored", "set")
        assert (tried["read"], tried["write"]) == ("401 refused", "401 refused")
        assert (tried["worker"], tried["frame"]) == ("failed", "unread")
        answer = httpx.get(f"{url}/__admin/faults", headers={"authorization": "Bearer the-token"})
        assert answer.json()["faults"] == []


SVG = """<svg xmlns="http://www.w3.org/2000/svg"><script>
  fetch("/__admin/state").then(() => "served", () => "failed").then((read) => {
    document.documentElement.setAttribute("tried", self.origin + " " + read);
  });
</script></svg>"""


@pytest.mark.parametrize("media_type", ["image/svg+xml", "application/xml", "text/xml"])
def test_a_planted_drawing_is_in_the_sandbox_too(
    context: BrowserContext, tmp_path: Path, media_type: str
) -> None:
    """Browsers run scripts in every kind of XML that has SVG or HTML in it."""
    implementation = type(
        "Implementation", (_Implementation,), {"kept": {"/evil": (media_type, SVG.encode())}}
    )
    file = tmp_path / "empty.json"
    file.write_text(json.dumps({**DOCUMENT, "paths": {}}), "utf-8")
    with (
        running(implementation) as upstream,
        serving(COMMAND, tmp_path, str(file), "--upstream", upstream, name="proxy") as url,
    ):
        page = context.new_page()
        page.goto(f"{url}/evil")

        expect(page.locator("svg")).to_have_attribute("tried", "null failed")


def test_our_own_pages_work_under_their_policy(page: Page, mock: Mock) -> None:
    """The front page has its style; Swagger UI shows its operations and sends a request."""
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)

    page.goto(f"{mock.url}/")
    expect(page.locator("body")).to_have_css("max-width", "960px")
    page.get_by_role("link", name="Swagger UI for Citas API").click()
    page.locator(".opblock-summary").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("401")
    assert [text for text in refused if "Content Security Policy" in text] == []
