"""`make dev` and a browser on it, for the tests of what people see and press there.

Belongs here: starting and ending it, pressing a button, waiting for a run, pictures. Does not
belong here: claims (`test_ui`).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from orchestration.settings.paths import REPO_ROOT
from tests.browser.chromium import ARGUMENTS, chromium, free_port

SCREENSHOTS = REPO_ROOT / "var" / "screenshots"
REPOSITORY = "__repository__@orchestration.dagster_home.definitions"
# A loaded machine with two cores takes minutes for what takes half a minute elsewhere.
PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Ui:
    """A running `make dev`.

    Attributes:
        address: of its web server.
        process: `make`, the first of its group.
        log: what all of it prints.
    """

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, query: str) -> dict[str, object]:
        """Ask the UI's own GraphQL."""
        request = urllib.request.Request(  # noqa: S310  # http, on loopback
            f"{self.address}/graphql",
            data=json.dumps({"query": query}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # as above
            return json.load(answer)["data"]

    def runs(self) -> list[dict[str, str]]:
        """Return the runs, newest first."""
        found = self.ask("{ runsOrError { ... on Runs { results { runId status } } } }")
        return found["runsOrError"]["results"]  # type: ignore[index,return-value]

    def said(self) -> str:
        """Return the last of what it printed."""
        return self.log.read_text(encoding="utf-8")[-4000:]

    def wait_until_loaded(self) -> None:
        """Return once the definitions are there."""
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said()
            with contextlib.suppress(urllib.error.URLError, OSError, KeyError):
                if self.ask(query)["repositoriesOrError"]["nodes"]:  # type: ignore[index]
                    return
            time.sleep(0.5)
        pytest.fail(self.said())

    def wait_for(self, run_id: str) -> str:
        """Return how a run ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status = next(run["status"] for run in self.runs() if run["runId"] == run_id)
            if status in {"SUCCESS", "FAILURE", "CANCELED"}:
                return status
            time.sleep(1)
        return "still running"

    def end(self) -> bool:
        """Ask `make` to end; kill what stays of all that it started, and return whether any did.

        It alone is asked, as by `kill` with the id that nohup gave. A group is there until its last
        member is gone.
        """
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + 90
            while time.monotonic() < deadline:
                self.process.poll()
                os.killpg(self.process.pid, 0)
                time.sleep(0.2)
            os.killpg(self.process.pid, signal.SIGKILL)
            return True
        return False


@contextlib.contextmanager
def make_dev(log: Path) -> Iterator[Ui]:
    """`make dev` on a free port, with what the environment says."""
    port = free_port()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["make", "dev", f"ARGS=--port {port}"],  # noqa: S607  # as a user types it
            cwd=REPO_ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_as_nohup_in_the_background,  # noqa: PLW1509  # no thread is there yet
        )
    running = Ui(f"http://127.0.0.1:{port}", process, log)
    try:
        running.wait_until_loaded()
        yield running
    finally:
        running.end()


def _as_nohup_in_the_background() -> None:
    """Ignore what `nohup make dev &` ignores."""
    for ignored in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)


@contextlib.contextmanager
def open_page() -> Iterator[Page]:
    """A page of a headless Chromium, wide enough for a lineage."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        opened = browser.new_page(viewport={"width": 1600, "height": 1000})
        opened.set_default_timeout(120_000)
        expect.set_options(timeout=120_000)
        yield opened
        browser.close()


def shoot(page: Page, name: str) -> None:
    """Keep what the page shows, once it has come to rest."""
    page.wait_for_timeout(300)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


def launch(page: Page, ui: Ui, address: str, button_name: str, *, asks: bool = False) -> str:
    """Press a button of a page, agree if it asks, and return the run that it started.

    The page is left empty: a run that is shown while it lasts costs as much as the run.
    """
    before = {run["runId"] for run in ui.runs()}
    page.goto(f"{ui.address}{address}")
    button = page.get_by_role("button", name=button_name).first
    expect(button).to_be_enabled()
    shoot(page, f"before_{button_name.lower().replace(' ', '_')}")
    button.click()
    if asks:
        shoot(page, "asks_for_the_whole_build")
        page.get_by_role("button", name="Confirm").click()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        started = [run["runId"] for run in ui.runs() if run["runId"] not in before]
        if started:
            page.goto("about:blank")
            return started[0]
        time.sleep(0.5)
    shoot(page, "no_run_was_started")
    pytest.fail("The button started no run.")
