"""A portal with one of everything, looked at by everybody: what axe finds, what is out of place."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from merchant_portal.simulator.server import Simulator
from tests.alipay_side import AlipaySide
from tests.crashes.processes import ROOT, House
from tests.journeys.conftest import free_pair_of_ports

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Look = tuple[Literal["wide", "phone"], Literal["light", "dark"]]
_SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
#: What others see of a page than whoever may look first, is looked at less often.
TWO_LOOKS: list[Look] = [("wide", "light"), ("phone", "dark")]
EVERY_LOOK: list[Look] = [*TWO_LOOKS, ("phone", "light"), ("wide", "dark")]
#: What a page is made of, whoever looks: pages alike in this are looked at once.
_MADE_OF = """() => [...document.querySelectorAll("main *, body > *")]
  .map((each) => [each.tagName, each.getAttribute("class"), each.role, each.open].join("."))
  .join(" ") + !!document.querySelector(":popover-open")"""
#: What is seen and offers to be pressed, and is not what lies on top in its own middle; what sticks
#: out of the page, or of a frame that does not scroll. What stands there for those who listen, or
#: shows itself when the keyboard comes, is not for a finger. A menu that is opened may lie over
#: others: then what is in it is tried, and what opened it.
_OUT_OF_PLACE = """() => {
  const wrong = [];
  const isSeen = (each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !each.closest(".visually-hidden, .skip");
  const start = (each) => each.outerHTML.slice(0, 120);
  const pressWithin = (part) => {
    for (const each of part.querySelectorAll("a[href], button, input, select, textarea, summary")) {
      if (!isSeen(each)) continue;
      each.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      const box = [...each.getClientRects()].find((one) => one.width > 1 && one.height > 1);
      const on = box
        && document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      if (!on || ![each, ...(each.labels ?? [])].some((one) => one.contains(on))) {
        wrong.push(`${start(each)} lies under ${on ? start(on) : "nothing"}`);
      }
    }
  };
  const menu = document.querySelector(":popover-open");
  pressWithin(menu ?? document);
  if (menu) pressWithin(document.querySelector(`[popovertarget="${menu.id}"]`).parentElement);
  for (const each of (menu ?? document).querySelectorAll("details:not([open])")) {
    each.open = true;
    pressWithin(each);
    each.open = false;
  }
  for (const each of document.querySelectorAll(".table-wrap, .card, .tile, .banner, .field")) {
    const beyond = each.scrollWidth - each.clientWidth;
    if (isSeen(each) && beyond > 1 && getComputedStyle(each).overflowX === "visible") {
      wrong.push(`${beyond} pixels stick out of ${start(each)}`);
    }
  }
  window.scrollTo(0, 0);
  const beyond = document.scrollingElement.scrollWidth - document.documentElement.clientWidth;
  if (beyond) wrong.push(`the page is ${beyond} pixels wider than the screen`);
  return wrong;
}"""
_OPEN_ALL = """() => {
  const closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((each) => { each.open = true; });
  return closed.length;
}"""


_Looking = Callable[[Page, Sequence[Look]], Iterator[str]]


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

    def open(self, name: str, person: str) -> Page:
        """The page of an address as somebody sees it."""
        page = self.page_of(person)
        response = page.goto(f"{self.house.url}{self.addresses.get(name, name)}")
        assert response
        assert response.headers["content-type"].startswith("text/html"), "this is no page"
        assert "</html>" in page.content()
        return page

    def faults(self, page: Page, looks: Sequence[Look]) -> list[str]:
        """What is wrong with a page as it stands, and with everything on it opened."""
        found = self._new(page, looks, _faults)
        if page.evaluate(_OPEN_ALL):
            found += [f"opened, {wrong}" for wrong in self._new(page, looks[:2], _violations)]
        return found

    def _new(self, page: Page, looks: Sequence[Look], look: _Looking) -> list[str]:
        """What is wrong, where nothing made of the same has been looked at."""
        made_of = page.evaluate(_MADE_OF)
        if made_of in self.seen:
            return []
        self.seen.add(made_of)
        return [*look(page, looks)]


@contextmanager
def eyes_on_everything(folder: Path, browser: Browser) -> Iterator[Eyes]:
    """A portal and its Alipay, with one of everything, while it is looked at."""
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


def _faults(page: Page, looks: Sequence[Look]) -> Iterator[str]:
    yield from _violations(page, looks)
    for size in dict.fromkeys(size for size, _scheme in looks):  # colours move nothing
        page.set_viewport_size(_SIZES[size])
        yield from (f"{size}: {wrong}" for wrong in page.evaluate(_OUT_OF_PLACE))


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
