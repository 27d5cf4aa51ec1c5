"""A single-page application logs in at the mock's OpenID provider with oidc-client-ts."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import serving
from tests.cli.tours import ROOT, write_files

LIBRARY = Path(__file__).parents[1] / "clients/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
APPLICATION = """
<!doctype html><meta charset="utf-8"><title>Shop</title>
<script src="oidc-client-ts.min.js"></script>
<button id="in">Log in</button> <button id="renew">Renew</button> <button id="out">Log out</button>
<p id="who">Nobody</p><p id="count">0</p>
<script>
const here = location.origin + "/";
const manager = new oidc.UserManager({
  authority: "MOCK/__oidc", client_id: "shop", redirect_uri: here, post_logout_redirect_uri: here,
  scope: "openid email", loadUserInfo: true,
});
async function show(user) {
  const headers = { authorization: `Bearer ${user.access_token}` };
  const answer = await fetch("MOCK/me", { headers });
  who.textContent = answer.ok ? `${(await answer.json()).name} <${user.profile.email}>` : `${answer.status}`;
}
document.getElementById("in").onclick = () => manager.signinRedirect();
document.getElementById("out").onclick = () => manager.signoutRedirect();
renew.onclick = async () => {
  const before = (await manager.getUser()).access_token;
  const user = await manager.signinSilent();
  count.textContent = Number(count.textContent) + Number(user.access_token !== before);
  await show(user);
};
addEventListener("load", async () => {
  if (!location.search.includes("code=")) return;
  const user = await manager.signinCallback();
  history.replaceState(null, "", "/");
  await show(user);
});
</script>
"""


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


@pytest.fixture
def application(tmp_path: Path) -> Iterator[str]:
    """The URL of an application that logs in at the mock of docs/login.md."""
    if not LIBRARY.is_file():
        pytest.skip("oidc-client-ts is missing: `npm ci` was not run in tests/clients (make test does it)")
    write_files(ROOT / "docs/login.md", tmp_path)
    command = [sys.executable, "-W", "ignore", "-m", "mockserver"]
    with serving(command, tmp_path, "door.yaml") as mock:
        folder = tmp_path / "application"
        folder.mkdir()
        shutil.copy(LIBRARY, folder)
        (folder / "index.html").write_text(APPLICATION.replace("MOCK", mock), "utf-8")
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://localhost:{server.server_address[1]}/"
            server.shutdown()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A page without cookies; what it complains of fails the test."""
    context = browser.new_context()
    opened, complaints = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


@pytest.mark.slow
def test_an_application_logs_in_renews_and_logs_out(application: str, visitor: Page) -> None:
    """Through the login page, back to the application, with a token that the API takes."""
    visitor.goto(application)
    visitor.get_by_role("button", name="Log in").click()

    expect(visitor.get_by_role("heading", name="Who are you?")).to_be_visible()
    visitor.get_by_role("button", name="ada", exact=True).click()
    expect(visitor.locator("#who")).to_have_text("Ada Lovelace <ada@example.org>")

    visitor.get_by_role("button", name="Renew").click()
    expect(visitor.locator("#count")).to_have_text("1")
    expect(visitor.locator("#who")).to_have_text("Ada Lovelace <ada@example.org>")

    visitor.get_by_role("button", name="Log out").click()
    visitor.wait_for_url(application)
    expect(visitor.locator("#who")).to_have_text("Nobody")
