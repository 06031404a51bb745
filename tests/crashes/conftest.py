"""A portal of its own: own files, own database, own ports, and a simulator beside it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from merchant_portal.simulator.server import Simulator
from tests.alipay_side import AlipaySide
from tests.crashes.processes import ROOT, House, make_key
from tests.journeys.conftest import free_pair_of_ports, scratch_database


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    port = free_pair_of_ports()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        simulator = Simulator(folder / "books.sqlite3", port=0, automatic_delivery=False)
        alipay_url = stack.enter_context(simulator).url
        http = stack.enter_context(httpx.Client(base_url=alipay_url, timeout=10, trust_env=False))
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
        environment = kept | {
            "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "VAR_DIR": str(folder),
            "WEB_PORT": str(port),
            "PUBLIC_URL": url,
            "DEBUG": "1",
        }
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):
            environment["DATABASE_URL"] = stack.enter_context(scratch_database())
        made = House(url, environment, folder, AlipaySide(http=http, url=alipay_url))
        made.manage("migrate", "--verbosity", "0")
        made.manage("seed_demo", "--simulator-url", alipay_url)
        make_key(made)
        yield made


@pytest.fixture
def trade(house: House) -> Iterator[str]:
    """USD 12.50, paid just now and known to the portal; at the end all is true."""
    house.alipay.clear_mishaps()
    number = house.pay("12.50")
    with house.web():
        house.deliver()
    yield number
    house.verify()
