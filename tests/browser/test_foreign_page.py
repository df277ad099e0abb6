"""A page of another origin in a real browser tries to change Dagster's state, and cannot.

The server is the plain `dagster-webserver` over this repository's instance, which `make dev` and
`dagster dev` start as well. It has no code location: what is changed is a switch of Dagster's.
"""

from __future__ import annotations

import functools
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import sync_playwright

from orchestration.settings.paths import REPO_ROOT
from tests.browser.chromium import chromium, free_port

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 240
PAUSE = "mutation { setAutoMaterializePaused(paused: true) }"
PAUSED = "{ instance { autoMaterializePaused } }"
JSON = {"Content-Type": "application/json"}
# Everything that a page can make a browser send without being asked for leave, and the rest.
PAGE = """<!doctype html><title>Foreign</title><script>
const server = "http://127.0.0.1:PORT", mutation = MUTATION;
const body = JSON.stringify({query: mutation}), told = [];
async function attempt(name, work) {
  try { told.push(name + ": " + await work()); }
  catch (error) { told.push(name + ": " + error.name); }
}
function post(type, options) {
  const headers = {"Content-Type": type};
  return fetch(server + "/graphql", {method: "POST", headers, body, ...options})
    .then(answer => answer.type + " " + answer.status);
}
function load(tag, attribute) {
  return new Promise(done => {
    const made = document.createElement(tag);
    made.onload = made.onerror = event => done(event.type);
    made[attribute] = server + "/graphql?query=" + encodeURIComponent(mutation);
    document.body.append(made);
  });
}
function socket() {
  return new Promise(done => {
    const made = new WebSocket(server.replace("http", "ws") + "/graphql", "graphql-ws");
    made.onopen = () => done("opened");
    made.onerror = () => done("refused");
  });
}
async function all() {
  await attempt("json", () => post("application/json"));
  await attempt("text", () => post("text/plain", {mode: "no-cors"}));
  await attempt("trick", () => post("text/plain; x=application/json", {mode: "no-cors"}));
  await attempt("image", () => load("img", "src"));
  await attempt("script", () => load("script", "src"));
  await attempt("frame", () => load("iframe", "src"));
  await attempt("socket", socket);
  await attempt("read", () => fetch(server + "/server_info").then(answer => answer.text()));
  return told;
}
</script><body><form id="form" method="post" target="_blank"
  action="http://127.0.0.1:PORT/graphql?query=ENCODED"></form></body>"""


class Server:
    """A running web server over an empty workspace."""

    def __init__(self, port: int) -> None:
        """Speak to it on loopback."""
        self.port = port

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, str]:
        """Send one request with just these headers; a `Host` among them replaces the own one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def post(self, query: str, **headers: str) -> tuple[int, str]:
        sent = {"Content_Type": "application/json"} | headers
        return self.ask("POST", "/graphql", json.dumps({"query": query}), **sent)

    def is_paused(self) -> bool:
        status, body = self.post(PAUSED)
        assert status == 200, body
        return bool(json.loads(body)["data"]["instance"]["autoMaterializePaused"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("guarded")
    running = Server(free_port())
    log = root / "log"
    command = ("dagster_webserver", "--empty-workspace", "-h", "127.0.0.1", "-p", str(running.port))
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=REPO_ROOT,
            env=os.environ
            | {"DAGSTER_HOME": str(REPO_ROOT), "LIFECYCLE_STATE_DIR": str(root / "state")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, log.read_text(encoding="utf-8")[-4000:]
            try:
                running.is_paused()
                break
            except OSError:
                time.sleep(0.5)
        yield running
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(autouse=True)
def _not_paused(server: Server) -> Iterator[None]:
    server.post("mutation { setAutoMaterializePaused(paused: false) }")
    assert not server.is_paused()
    yield
    assert not server.is_paused()


def test_the_switch_can_be_turned_by_the_ui_itself(server: Server) -> None:
    """Else the tests below would prove nothing."""
    own = f"http://127.0.0.1:{server.port}"
    assert server.post(PAUSE, Origin=own)[0] == 200
    assert server.is_paused()
    server.post("mutation { setAutoMaterializePaused(paused: false) }", Origin=own)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Host": "attacker.example"},
        {"Host": "attacker.example", "Origin": "http://attacker.example"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "text/plain; x=application/json"},
    ],
)
def test_a_foreign_post_is_answered_403(server: Server, headers: dict[str, str]) -> None:
    status, said = server.post(PAUSE, **headers)
    assert (status, said.count("\n")) == (403, 1)


def test_a_mutation_by_get_and_a_foreign_host_on_any_path_are_answered_403(server: Server) -> None:
    for accept in ("*/*", "application/json"):
        assert server.ask("GET", f"/graphql?query={quote(PAUSE)}", Accept=accept)[0] == 403
    for path in ("/", "/server_info", "/runs", f"/graphql?query={quote(PAUSED)}"):
        assert server.ask("GET", path, Host="rebound.attacker.example")[0] == 403
        assert server.ask("GET", path)[0] == 200


@pytest.mark.browser
def test_a_page_of_another_origin_changes_and_reads_nothing(server: Server, tmp_path: Path) -> None:
    page_html = (
        PAGE.replace("PORT", str(server.port))
        .replace("MUTATION", json.dumps(PAUSE))
        .replace("ENCODED", quote(PAUSE))
    )
    (tmp_path / "index.html").write_text(page_html, encoding="utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    foreign = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=foreign.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--headless", "--no-sandbox", "--disable-quic"]
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{foreign.server_port}/index.html")
        told = dict(line.split(": ", 1) for line in page.evaluate("all()"))
        with page.expect_popup() as opened:
            page.evaluate("document.getElementById('form').submit()")
        opened.value.wait_for_load_state()
        form = opened.value.content()
        browser.close()
    foreign.shutdown()
    assert told["json"] == told["read"] == "TypeError"
    assert told["socket"] == "refused"
    assert set(told) == {"json", "text", "trick", "image", "script", "frame", "socket", "read"}
    assert "may not ask this server" in form
    assert not server.is_paused()
