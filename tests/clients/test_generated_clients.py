"""Clients that nobody here wrote create, read, list, update and delete through the mock."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.cli.tours import ROOT, write_files
from tests.clients.serving import SHOP, served

HERE = Path(__file__).parent
NODE_MODULES = HERE / "node_modules"
PACKAGE = "shop_client"

Modules = Callable[[str], Any]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The shop's base URL."""
    with served(SHOP) as server:
        yield server


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Modules]:
    """Imports modules of the client that openapi-python-client generates."""
    folder = tmp_path_factory.mktemp("generated")
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(SHOP)]
    subprocess.run(
        [*command, "--meta", "none", "--output-path", str(folder / PACKAGE)], check=True, timeout=120
    )
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def operations_of(package: Modules) -> Modules:
    """Imports the modules of the generated client's operations."""
    return lambda name: package(f"api.default.{name}")


@pytest.fixture
def connect() -> Iterator[Any]:
    """Makes clients for a base URL, and closes their connections after the test."""
    with ExitStack() as stack:
        yield lambda package, base: stack.enter_context(package("client").Client(base_url=base))


def test_openapi_python_client_lives_a_products_life(url: str, package: Modules, connect: Any) -> None:
    """The Python client creates, reads, lists, replaces and deletes a product; then it is gone."""
    client = connect(package, f"{url}/~python/v1")
    models, api = package("models"), operations_of(package)
    draft = models.ProductDraft(name="Teapot", price=12.5, category=models.Category.TOOLS)
    before = api("list_products").sync(client=client, per_page=100)

    created = api("create_product").sync(client=client, body=draft)
    read = api("get_product").sync(created.id, client=client)
    listed = api("list_products").sync(client=client, per_page=100)
    cheaper = models.ProductDraft(name="Teapot", price=9.5, category=models.Category.TOOLS)
    replaced = api("replace_product").sync(created.id, client=client, body=cheaper)
    deleted = api("delete_product").sync_detailed(created.id, client=client)
    gone = api("get_product").sync_detailed(created.id, client=client)
    after = api("list_products").sync(client=client, per_page=100)

    assert read == created
    assert [item.id for item in listed.items] == [item.id for item in before.items] + [created.id]
    assert (replaced.id, replaced.price) == (created.id, 9.5)
    assert (deleted.status_code, gone.status_code, gone.parsed.code) == (204, 404, 404)
    assert after == before


def test_openapi_python_client_follows_nested_orders(url: str, package: Modules, connect: Any) -> None:
    """The Python client orders for a new customer, cancels the order, and pages through customers."""
    client = connect(package, f"{url}/~nested/v1")
    models, api = package("models"), operations_of(package)
    person = models.CustomerDraft(name="Ada", email="ada@example.org", password="correct horse")
    lines = [models.OrderLine(product_id=1, quantity=2)]

    customer = api("create_customer").sync(client=client, body=person).data
    order = api("create_order").sync(customer.id, client=client, body=models.CreateOrderBody(lines=lines))
    cancelled = api("cancel_order").sync(customer.id, order.id, client=client)
    orders = api("list_orders").sync(customer.id, client=client)
    seen, cursor = [], None
    while True:
        page = api("list_customers").sync(
            client=client, limit=3, **({"starting_after": cursor} if cursor else {})
        )
        seen += [found.id for found in page.data]
        if not page.has_more:
            break
        cursor = page.next_cursor

    assert "password" not in customer.to_dict()
    assert orders == [cancelled]
    assert cancelled.status == models.OrderStatus.CANCELLED
    assert len(seen) == len(set(seen))
    assert seen[-1] == customer.id


def test_openapi_fetch_lives_a_products_life(url: str, tmp_path: Path) -> None:
    """The TypeScript client, checked by the compiler, does the same."""
    if shutil.which("node") is None or not NODE_MODULES.is_dir():
        pytest.skip("node is missing, or `npm ci` was not run in tests/clients (make test does it)")
    for name in ("shop.ts", "node.d.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    tools = NODE_MODULES / ".bin"
    commands = [
        [str(tools / "openapi-typescript"), str(SHOP), "--output", "schema.d.ts"],
        [str(tools / "tsc")],
        ["node", "shop.js", f"{url}/~typescript/v1"],
    ]

    for command in commands:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    assert done.stdout == "done\n"


@pytest.mark.slow
def test_openid_client_logs_in_renews_and_logs_out(tmp_path: Path) -> None:
    """The library that Node applications log in with takes the mock's provider for a real one."""
    if shutil.which("node") is None or not (NODE_MODULES / "openid-client").is_dir():
        pytest.skip("node is missing, or `npm ci` was not run in tests/clients (make test does it)")
    write_files(ROOT / "docs/login.md", tmp_path)
    for name in ("login.js", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)

    arguments = ("--fixtures", str(tmp_path / "fixtures"), "--auth", "mock")
    with served(tmp_path / "door.yaml", *arguments) as url:
        done = subprocess.run(
            ["node", "login.js", f"{url}/__oidc", url],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
