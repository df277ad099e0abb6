"""The Dagster UI in a real browser: a build that publishes, and one that the gate stops.

Chromium comes from Debian; where it is missing the tests are skipped, except in CI, where it must
be there. Screenshots go to `var/screenshots`. The tests share one UI and run in order.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dagster import DagsterInstance
from playwright.sync_api import Page, expect, sync_playwright

from orchestration.dagster_home.checks import VERDICT
from orchestration.dagster_home.dev import MARTS, dagster_environment
from orchestration.dagster_home.sensors import failed_checks
from orchestration.pipeline.lock import holder
from orchestration.pipeline.versions import current_version
from orchestration.settings.paths import REPO_ROOT, RULES_DIR, StateDir
from tests.browser.chromium import ARGUMENTS, chromium, free_port
from tests.pipeline.small_shop import write_small_shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENSHOTS = REPO_ROOT / "var" / "screenshots"
REPOSITORY = "__repository__@orchestration.dagster_home.definitions"
# A loaded machine with two cores takes minutes for what takes half a minute elsewhere.
PATIENCE_SECONDS = 600
# Everybody has been seen: with this row everybody is an advocate from the first day on.
BROKEN_RULE = "discovery_to_advocacy,advocacy,seen\n"
# The shipped band asks for 200 people before it judges, and the small shop has four.
SHIPPED_BAND, BAND = "stage_share,itself,0,0.995,200", "stage_share,itself,0,0.995,1"


@dataclass(frozen=True)
class Ui:
    """A running `make dev`."""

    address: str
    state: StateDir
    rules: Path

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


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """`make dev` on a free port, with a small shop, a state and a rules directory of its own."""
    chromium()
    root = tmp_path_factory.mktemp("ui")
    rules = root / "rules"
    rules.mkdir()
    shutil.copy(RULES_DIR / "stage_rules.csv", rules)
    bands = (RULES_DIR / "expectations.csv").read_text(encoding="utf-8")
    assert SHIPPED_BAND in bands
    (rules / "expectations.csv").write_text(bands.replace(SHIPPED_BAND, BAND), encoding="utf-8")
    port = free_port()
    environment = os.environ | {
        "LIFECYCLE_RAW_DIR": str(write_small_shop(root / "landing")),
        "LIFECYCLE_STATE_DIR": str(root / "state"),
        "LIFECYCLE_RULES_DIR": str(rules),
    }
    log = root / "dev.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["make", "dev", f"ARGS=--port {port}"],  # noqa: S607  # as a user types it
            cwd=REPO_ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_as_nohup_in_the_background,  # noqa: PLW1509  # no thread is there yet
        )
    running = Ui(f"http://127.0.0.1:{port}", StateDir.at(root / "state"), rules)
    try:
        wait_until_loaded(running, process, log)
        yield running
    finally:
        stayed = end_group(process)
    assert not stayed, log.read_text(encoding="utf-8")[-4000:]


def _as_nohup_in_the_background() -> None:
    """Ignore what `nohup make dev &` ignores."""
    for ignored in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)


def end_group(process: subprocess.Popen[bytes]) -> bool:
    """Ask `make` to end; kill what stays of all that it started, and return whether any did.

    It alone is asked, as by `kill` with the id that nohup gave. A group is there until its last
    member is gone.
    """
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.5)
        os.killpg(process.pid, signal.SIGKILL)
        return True
    return False


def wait_until_loaded(ui: Ui, process: subprocess.Popen[bytes], log: Path) -> None:
    query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(encoding="utf-8")[-4000:]
        with contextlib.suppress(urllib.error.URLError, OSError, KeyError):
            if ui.ask(query)["repositoriesOrError"]["nodes"]:  # type: ignore[index]
                return
        time.sleep(1)
    pytest.fail(log.read_text(encoding="utf-8")[-4000:])


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
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
    page.wait_for_timeout(1000)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


def launch(page: Page, ui: Ui, address: str, button_name: str, *, asks: bool = False) -> str:
    """Press a button of a page, agree if it asks, and return the run that it started."""
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
            return started[0]
        time.sleep(1)
    shoot(page, "no_run_was_started")
    pytest.fail("The button started no run.")


def wait_for(ui: Ui, run_id: str) -> str:
    """Return how a run ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        status = next(run["status"] for run in ui.runs() if run["runId"] == run_id)
        if status in {"SUCCESS", "FAILURE", "CANCELED"}:
            return status
        time.sleep(2)
    return "still running"


def test_daily_build_runs_from_the_ui_and_shows_its_lineage_checks_and_schedule(
    ui: Ui, page: Page
) -> None:
    run_id = launch(page, ui, f"/locations/{REPOSITORY}/jobs/daily_build", "Materialize all")
    page.goto(f"{ui.address}/runs/{run_id}")
    # While it runs, the hundreds of nodes of dbt come by in the log.
    expect(page.get_by_text(re.compile(r"\d+ of \d{3,}: \w+")).first).to_be_visible(
        timeout=PATIENCE_SECONDS * 1000
    )
    shoot(page, "run_while_dbt_builds")
    assert ui.runs()[0]["status"] == "STARTED"
    ended = wait_for(ui, run_id)
    shoot(page, "run")
    assert ended == "SUCCESS"
    expect(page.get_by_text("Success").first).to_be_visible()
    assert current_version(ui.state) is not None

    page.goto(f"{ui.address}{MARTS}")
    for group in ("marts_lifecycle", "marts_kpis", "marts_journey", "marts_operations"):
        expect(page.get_by_text(group).first).to_be_visible()
    expect(page.get_by_text("intermediate_kpis")).to_have_count(0)
    shoot(page, "marts")

    page.goto(f"{ui.address}/assets/marts/lifecycle_current?view=lineage")
    expect(page.get_by_text("lifecycle_current").first).to_be_visible()
    expect(page.get_by_text("lifecycle_history").first).to_be_visible()
    shoot(page, "lineage")

    page.goto(f"{ui.address}/assets/gate?view=checks&checkDetail=stage_share")
    expect(page.get_by_text("stage_share").first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()
    shoot(page, "check")

    page.goto(f"{ui.address}/assets/marts/subjects?view=checks&checkDetail=dbt_tests")
    expect(page.get_by_text("sound", exact=False).first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()
    shoot(page, "dbt_tests")

    page.goto(f"{ui.address}/assets/marts/subjects")
    expect(page.get_by_text("subject_type").first).to_be_visible()
    expect(page.get_by_text("columns_computed_from").first).to_be_attached()
    shoot(page, "asset")

    page.goto(f"{ui.address}/locations/{REPOSITORY}/schedules/daily_build_schedule")
    expect(page.get_by_text("daily_build_schedule").first).to_be_visible()
    expect(page.get_by_text("05:00 AM").first).to_be_visible()
    shoot(page, "schedule")


def test_a_broken_rule_is_stopped_by_the_gate_although_only_one_asset_was_asked_for(
    ui: Ui, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current_version(ui.state)
    with (ui.rules / "stage_rules.csv").open("a", encoding="utf-8") as file:
        file.write(BROKEN_RULE)
    run_id = launch(page, ui, "/assets/marts/subjects", "Materialize", asks=True)
    page.goto(f"{ui.address}/runs/{run_id}")
    ended = wait_for(ui, run_id)
    shoot(page, "run_stopped")
    assert ended == "FAILURE"
    expect(page.get_by_text("Failure").first).to_be_visible()
    assert current_version(ui.state) == before

    page.goto(f"{ui.address}/assets/gate?view=checks&checkDetail={VERDICT}")
    expect(page.get_by_text("Nothing was published").first).to_be_visible()
    shoot(page, "verdict")

    page.goto(f"{ui.address}/assets/gate?view=checks&checkDetail=stage_share")
    expect(page.get_by_text("Failed").first).to_be_visible()
    shoot(page, "check_failed")

    for name, value in dagster_environment(ui.state, "127.0.0.1", 3000, {}).items():
        monkeypatch.setenv(name, value)
    with DagsterInstance.from_config(str(REPO_ROOT)) as instance:
        failures, since = failed_checks(instance, run_id)
    assert {failure.check for failure in failures} == {f"gate: {VERDICT}", "gate: stage_share"}
    assert since is not None
    assert holder(ui.state) is None
    assert json.loads(ui.state.last_build.read_text(encoding="utf-8"))["phase"] == "gate"
