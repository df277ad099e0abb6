"""The dashboard in a real browser: every page, wide and narrow, in both languages and many shops.

Chromium comes from Debian; where it is missing the tests are skipped, except in CI. Screenshots go
to `var/screenshots/dashboard`, to be looked at. What a page says is `tests/unit/test_dashboard.py`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from orchestration.dashboard.frame import PAGES
from orchestration.dashboard.words import TEXTS
from orchestration.pictures.words import Language, Words
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.browser.chromium import ARGUMENTS, chromium, free_port
from tests.unit.dashboard_kit import KINDS, make_shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENSHOTS = REPO_ROOT / "var" / "screenshots" / "dashboard"
WIDE, NARROW, _HEIGHT = 1280, 390, 900
# A loaded machine takes long for what takes a second elsewhere.
PATIENCE_MS = 120_000
_COMMAND = Path(sys.executable).with_name("lifecycle")
_IS_DONE = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]');
}"""
# What a mouse could use on the page. An arrow beside a picker opens what the keyboard opens in the
# picker itself, and radio buttons of a group are one stop, within which arrow keys move.
_LISTEN = """() => {
  const used = 'a[href], button, input, textarea, summary, [role=radio], [role=switch], .cl-scroll';
  const stop = e => e.closest('[role=radiogroup]') || e;
  const is_seen = e => e.checkVisibility({visibilityProperty: true})
    && !e.disabled && !e.closest('[aria-hidden=true]') && e.getAttribute('aria-label') !== 'Open';
  window.stops = () => [...document.querySelectorAll(used)].filter(is_seen).map(stop);
  window.reached = new Set();
  document.addEventListener('focusin', ({target}) => window.reached.add(stop(target)));
  return window.stops().length;
}"""
_MISSED = """() => window.stops().filter(e => !window.reached.has(e))
  .map(e => e.outerHTML.slice(0, 200))"""
_IS_SHUT = "() => document.activeElement.matches('details:not([open]) > summary')"
# Where the keyboard is shows as a line around it; Streamlit marks its input fields itself.
_WHERE = f"""() => ({{
  isMarked: !document.activeElement.matches('button, summary, .cl-scroll')
    || getComputedStyle(document.activeElement).outlineStyle === 'solid',
  isShut: ({_IS_SHUT})(),
  missed: ({_MISSED})().length,
}})"""
_PAINTED = """() => new Promise(
  done => requestAnimationFrame(() => requestAnimationFrame(done)))"""


@contextlib.contextmanager
def dashboard(state: StateDir) -> Iterator[str]:
    """`lifecycle dashboard` of a state directory; its address."""
    port = free_port()
    process = subprocess.Popen(
        [str(_COMMAND), "dashboard", "--port", str(port), "--state-dir", str(state.root)],
        cwd=REPO_ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while True:
            assert process.poll() is None, "lifecycle dashboard ended by itself"
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()  # noqa: S310
                break
            assert time.monotonic() < deadline, "lifecycle dashboard does not answer"
            time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def sample(sample_state: StateDir) -> Iterator[str]:
    chromium()
    with dashboard(sample_state) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield started
        started.close()


class Visitor:
    """A page that notes what the browser complains about and whom it asks."""

    def __init__(self, browser: Browser, width: int) -> None:
        """Open an empty page of a width."""
        self.page: Page = browser.new_page(viewport={"width": width, "height": _HEIGHT})
        self.page.set_default_timeout(PATIENCE_MS)
        self.width = width
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def visit(self, address: str, page: str, language: str = "en", **asked: str) -> None:
        """Open a page, wait until it is drawn, and say what is wrong with it."""
        query = "".join(f"&{name}={value}" for name, value in asked.items())
        self.page.goto(f"{address}/?page={page}&lang={language}{query}")
        self.page.wait_for_selector("h1")
        self.judge(page)

    def look_at_both_widths(self, shot: str, page: str) -> None:
        """Keep a picture of the open page, narrow it, say what is wrong then, keep that too."""
        self.shoot(shot)
        self.turn_to(NARROW)
        self.judge(page)
        self.shoot(shot)
        self.turn_to(WIDE)

    def turn_to(self, width: int) -> None:
        """Change the width of the window."""
        self.width = width
        self.page.set_viewport_size({"width": width, "height": _HEIGHT})

    def judge(self, page: str) -> None:
        """Wait until the open page is drawn and say what is wrong with it."""
        self.settle()
        assert self.page.locator("[data-testid=stException]").count() == 0
        wider = self.page.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]');"
            " return m.scrollWidth - m.clientWidth }"
        )
        assert wider <= 0, f"{page} is {wider} px wider than {self.width}"
        assert self.complaints == [], page

    def settle(self) -> None:
        """Wait until nothing runs and every chart is drawn."""
        self.page.wait_for_function(_IS_DONE)
        self.page.evaluate(_PAINTED)
        for chart in self.page.locator("[data-testid=stVegaLiteChart]").all():
            chart.locator("canvas, svg").first.wait_for()

    def shoot(self, name: str) -> None:
        """Keep the whole page, not only what fits on the screen."""
        height = self.page.evaluate(
            "() => document.querySelector('[data-testid=stMain]').scrollHeight"
        )
        self.page.set_viewport_size({"width": self.width, "height": max(_HEIGHT, int(height) + 20)})
        self.settle()
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}_{self.width}.png"))


# Pages are narrowed while they are open; the keyboard's tour below opens each of them narrow.
@pytest.mark.parametrize("language", ["en", "it"])
def test_every_page_of_the_sample_is_clean(sample: str, browser: Browser, language: str) -> None:
    visitor = Visitor(browser, WIDE)
    for page in PAGES:
        visitor.visit(sample, page, language)
        visitor.look_at_both_widths(f"sample_{language}_{page}", page)
    assert visitor.hosts == {sample.removeprefix("http://")}, "somebody else was asked"
    visitor.page.close()


def test_every_page_of_a_shop_that_lacks_much_is_clean(
    sample_state: StateDir, tmp_path: Path, browser: Browser
) -> None:
    # One dashboard sees one shop after the other published, as it sees one build after the other.
    with dashboard(StateDir.at(tmp_path / "state")) as address:
        for kind in KINDS:
            make_shop(sample_state, tmp_path, kind)
            visitor = Visitor(browser, WIDE)
            for page in PAGES:
                visitor.visit(address, page)
                visitor.look_at_both_widths(f"{kind}_{page}", page)
            assert visitor.page.get_by_text(kind, exact=True).count(), "another version"
            visitor.page.close()


def test_every_page_of_a_real_shop_without_events_is_clean_and_says_what_is_missing(
    online_retail_state: StateDir, browser: Browser
) -> None:
    words = Words(Language.EN, TEXTS)
    with dashboard(online_retail_state) as address:
        visitor = Visitor(browser, WIDE)
        told: dict[str, str] = {}
        for page in PAGES:
            visitor.visit(address, page)
            told[page] = visitor.page.inner_text("[data-testid=stMain]")
            visitor.look_at_both_widths(f"online_retail_{page}", page)
        visitor.page.close()
    assert words("no_input") in told["today"], "no data for the conversion rate"
    for page, reason in (("flow", "no_worth"), ("channels", "no_events"), ("data", "no_events")):
        assert words(reason) in told[page], page


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_keyboard_reaches_everything_on_every_page(
    sample: str, browser: Browser, width: int
) -> None:
    visitor = Visitor(browser, width)
    for page in PAGES:
        visitor.visit(sample, page)
        stops = visitor.page.evaluate(_LISTEN)
        assert stops >= 3, page
        # What is folded up opens and brings more.
        for _ in range(2 * stops + 10):
            visitor.page.keyboard.press("Tab")
            where = visitor.page.evaluate(_WHERE)
            assert where["isMarked"], page
            if where["isShut"]:
                visitor.page.keyboard.press("Enter")
                visitor.page.wait_for_function(f"!({_IS_SHUT})()")
            elif not where["missed"]:
                break
        assert visitor.page.evaluate(_MISSED) == [], page
    visitor.page.close()


def test_the_keyboard_uses_pages_pickers_and_switches(sample: str, browser: Browser) -> None:
    visitor = Visitor(browser, WIDE)
    visitor.visit(sample, "flow")
    press = visitor.page.keyboard.press
    visitor.page.get_by_role("switch").focus()
    press("Space")
    visitor.page.wait_for_selector("[role=switch][aria-checked=true], input[role=switch]:checked")
    visitor.page.get_by_role("radio", name="Flow").focus()
    press("ArrowRight")
    press("ArrowRight")
    press("Enter")
    visitor.page.wait_for_selector("h1:has-text('KPIs')")
    visitor.settle()
    visitor.page.get_by_role("combobox", name="KPI").focus()
    visitor.page.keyboard.type("Churn rate")
    press("ArrowDown")
    press("Enter")
    visitor.page.wait_for_selector("h2:has-text('Churn rate')")
    visitor.page.get_by_text("English", exact=True).click()
    press("ArrowRight")
    visitor.page.wait_for_selector("h2:has-text('Tasso di abbandono')")
    assert visitor.complaints == []
    visitor.page.close()


def test_a_press_leads_to_another_page_and_another_language(sample: str, browser: Browser) -> None:
    visitor = Visitor(browser, WIDE)
    visitor.visit(sample, "today")
    visitor.page.get_by_text("Segments and plays", exact=True).click()
    visitor.page.wait_for_selector("h1:has-text('Segments and plays')")
    visitor.page.get_by_text("Italiano", exact=True).click()
    visitor.page.wait_for_selector("h1:has-text('Segmenti e azioni')")
    visitor.settle()
    assert visitor.complaints == []
    visitor.page.close()
