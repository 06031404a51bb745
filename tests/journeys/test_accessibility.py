"""axe finds nothing against WCAG 2.2 AA on any page: wide and phone, light and dark, every role."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from merchant_portal.access import Role
from merchant_portal.simulator.server import Simulator
from tests.alipay_side import AlipaySide
from tests.crashes.processes import ROOT, House
from tests.journeys.conftest import free_pair_of_ports
from tests.matrix.expecting import LETTERS
from tests.matrix.routes import all_routes
from tests.matrix.table import rows

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        os.environ.get("DATABASE_URL", "").startswith("postgres"),
        reason="axe looks at pages, which no database changes: it looks once, on SQLite",
    ),
]

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Look = tuple[Literal["wide", "phone"], Literal["light", "dark"]]
_SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
#: What others see of a page than whoever may look first, is looked at less often.
_TWO_LOOKS: list[Look] = [("wide", "light"), ("phone", "dark")]
_EVERY_LOOK: list[Look] = [*_TWO_LOOKS, ("phone", "light"), ("wide", "dark")]
#: What answers to GET and is no page of ours: pictures, files, what machines ask, parts of pages,
#: and the description of the API, which Swagger UI draws.
_NO_PAGES = frozenset(
    {
        "api-docs",
        "code_image_png",
        "code_image_svg",
        "code_standing",
        "counter_feed",
        "device_feed",
        "healthz",
        "merchant_logo_png",
        "metrics",
        "mfa_download_recovery_codes",
        "pairing_standing",
        "payment_evidence",
        "print_run_pdf",
        "readyz",
        "registration_standing",
        "report_download",
        "report_job_control",
        "report_job_file",
        "statement_bytes",
    }
)
_PAGES = sorted(
    name
    for name, row in rows().items()
    if row.get.is_there
    and row.get.letters != "404"
    and name in all_routes()
    and not all_routes()[name].is_api
    and name not in _NO_PAGES
    and name != "admin:*"
)
#: What a page is made of, whoever looks: pages alike in this are looked at once.
_MADE_OF = """() => [...document.querySelectorAll("main *, body > *")]
  .map((each) => `${each.tagName}.${each.getAttribute("class")}.${each.getAttribute("role")}`)
  .join(" ")"""


@dataclass
class Eyes:
    """Everybody's browser on one portal, and what has been looked at."""

    house: House
    browser: Browser
    addresses: dict[str, str]
    people: dict[str, dict[str, str]]
    pages: dict[str, Page] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def page_of(self, name: str) -> Page:
        if name not in self.pages:
            # The portal forbids foreign scripts; the test's own is let in here, and nowhere else.
            context = self.browser.new_context(bypass_csp=True, reduced_motion="reduce")
            context.add_cookies(
                [
                    {"name": key, "value": text, "url": self.house.url}
                    for key, text in self.people[name].items()
                ]
            )
            self.pages[name] = context.new_page()
        return self.pages[name]

    def is_new(self, page: Page) -> bool:
        made_of = page.evaluate(_MADE_OF)
        is_new = made_of not in self.seen
        self.seen.add(made_of)
        return is_new


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Eyes]:
    folder: Path = tmp_path_factory.mktemp("pages")
    with ExitStack() as stack:
        simulator = Simulator(folder / "books.sqlite3", port=0, automatic_delivery=False)
        alipay_url = stack.enter_context(simulator).url
        http = stack.enter_context(httpx.Client(base_url=alipay_url, trust_env=False))
        house = _house(folder, AlipaySide(http=http, url=alipay_url))
        built = _one_of_everything(house)
        stack.enter_context(house.web())
        yield Eyes(house, browser, built["addresses"], built["people"])


def _house(folder: Path, side: AlipaySide) -> House:
    port = free_pair_of_ports()
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    url = f"http://127.0.0.1:{port}"
    environment = kept | {
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "VAR_DIR": str(folder),
        "WEB_PORT": str(port),
        "PUBLIC_URL": url,
        "DJANGO_SETTINGS_MODULE": "merchant_portal.settings",
    }
    return House(url, environment, folder, side)


def _one_of_everything(house: House) -> dict[str, Any]:
    ran = subprocess.run(
        ["python", "-m", "tests.journeys.one_of_everything", house.alipay.url],
        cwd=ROOT,
        env=house.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    built: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return built


@pytest.mark.parametrize("name", _PAGES)
def test_axe_finds_nothing_on(name: str, eyes: Eyes) -> None:
    found: list[str] = []
    people = _who_may_look(name)
    for person in people:
        page = eyes.page_of(person)
        response = page.goto(f"{eyes.house.url}{eyes.addresses[name]}")
        assert response
        assert response.headers["content-type"].startswith("text/html"), "this is no page"
        assert "</html>" in page.content()
        if eyes.is_new(page):
            looks = _EVERY_LOOK if person == people[0] else _TWO_LOOKS
            found += [f"{name}, {person}, {wrong}" for wrong in _violations(page, looks)]
    assert found == [], "\n" + "\n".join(found)


def _who_may_look(name: str) -> list[str]:
    letters = rows()[name].get.lets_in
    if letters == "d":
        return ["a paired device"]
    if letters in {"!", ">"}:
        return ["signed out"]
    roles = (
        reversed(Role) if letters.startswith("*") else [r for r in Role if LETTERS[r] in letters]
    )
    return [f"{role.value} everywhere" for role in roles]


def _violations(page: Page, looks: Sequence[Look]) -> Iterator[str]:
    """Every breach: how it was looked at, the rule, the element."""
    for size, scheme in looks:
        page.set_viewport_size(_SIZES[size])
        page.emulate_media(color_scheme=scheme)
        options = {"runOnly": _RULES, "resultTypes": ["violations"]}
        for violation in Axe().run(page, options=options).response["violations"]:
            for node in violation["nodes"]:
                where = " ".join(map(str, node["target"]))
                yield f"{size} {scheme}: {violation['id']} at {where}: {node['html'][:160]}"
