"""Every sentence that stops a user: each place that raises one is met here, and its words are read.

The places are collected from the source, so a new `raise` without a row here fails the last test.
Belongs here: what provokes them. Does not belong here: whether an error is right to come (the test
of its module).
"""

from __future__ import annotations

import ast
import gzip
import json
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib.metadata import version as package_version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import duckdb
import pytest

from orchestration import errors
from orchestration.activation import receipts, webhook
from orchestration.care.quarantine import refused
from orchestration.care.verify import verify
from orchestration.changes.diff import compared
from orchestration.changes.version import named_version, read_version, two_versions
from orchestration.command import explain as explaining
from orchestration.command.calibrate import calibrate
from orchestration.command.commands import published
from orchestration.command.landing import init as initialising
from orchestration.command.show_changes import check_form
from orchestration.command.timeline import timeline
from orchestration.dagster_home import dbt_manifest
from orchestration.dagster_home.dev import check_host
from orchestration.dashboard import launch as launching
from orchestration.docs_site import dbt_docs
from orchestration.errors import LifecycleError
from orchestration.failpoints import VARIABLE, check_fail_point
from orchestration.ingest import load_together, run
from orchestration.ingest.erased.guest_orders import GuestRow, keep_guests, read_guests
from orchestration.ingest.erased.tombstones import bury, read_tombstones
from orchestration.ingest.formats import open_file
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.ledger import FileIdentity, close_books
from orchestration.ingest.loader_tables import copied_tables
from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.raw_database import check_books
from orchestration.ingest.reasons import FileRefusedError
from orchestration.ingest.sources.sources_file import read_entries
from orchestration.pipeline import erasure
from orchestration.pipeline.build import check_state_path, ingest_phase
from orchestration.pipeline.dbt_by_hand import dbt_by_hand
from orchestration.pipeline.dbt_run import prepare_working_database
from orchestration.pipeline.gate import gate
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.publish import publish
from orchestration.pipeline.status import open_published, read_status
from orchestration.pipeline.versions import rollback
from orchestration.privacy import traces
from orchestration.privacy.journal import read_journal
from orchestration.privacy.own_values import OwnValues
from orchestration.privacy.person import Persons
from orchestration.privacy.published import rewrite_version
from orchestration.privacy.raw_rows import write_fresh
from orchestration.progress import Silent
from orchestration.rules import started_plays
from orchestration.rules.kpi_docs import wanted_text
from orchestration.rules.rule_set import read_rules, write_rules
from orchestration.settings.build_settings import BuildSettings, check_frameworks, read_settings
from orchestration.settings.environment import check_environment
from orchestration.settings.kept_settings import keep_settings
from orchestration.settings.paths import REPO_ROOT, StateDir
from orchestration.settings.project_file import read_project_file
from orchestration.settings.request import BuildRequest, read_request
from orchestration.settings.values import read_date
from orchestration.simulator.simulate import simulate
from orchestration.table_files import private_file
from orchestration.version_files import write_manifest
from orchestration.whatif import trial
from orchestration.whatif.trial import what_if
from tests.pipeline.ingest_kit import NO_EVENTS, ORDERS_HEADER, Shop, make_shop
from tests.unit.finished_runs import identity, make_run, make_state, show_version, version_by_hand
from tests.unit.test_verify import TOLD, rebuild
from tests.unit.tiny_shop import TinyShop, customer, due, receiver
from tests.unit.tiny_versions import make_raw, make_version

ORDER = f"{ORDERS_HEADER}\n1,2026-03-01,paid,EUR,10\n"
# Guards of what this project writes itself (raw.yml, the adapters); no input of a user meets them.
OWN_FAULTS = (
    "ingest/raw_contract.py",
    "ingest/sources/adapter.py",
    "ingest/load_source.py:_select_yielded",
    "ingest/load_source.py:_load_yielded",
    "ingest/load_source.py:_set_aside",
)
UNREADABLE = (
    "Traceback",
    "configured to fail",
    "model.customer_lifecycle",
    "test.customer_",
    "<class",
)


class Place(NamedTuple):
    """A call that makes an error: file and function, and the lines it stands on."""

    where: str
    first: int
    last: int


@dataclass
class Met:
    """What was provoked so far."""

    lines: set[tuple[str, int]] = field(default_factory=set)
    sentences: list[str] = field(default_factory=list)


def _error_names() -> frozenset[str]:
    found = {LifecycleError}
    waiting = [LifecycleError]
    while waiting:
        below = waiting.pop().__subclasses__()
        found |= set(below)
        waiting += below
    return frozenset({one.__name__ for one in found} | {"FileRefusedError"})


def places() -> dict[Place, Path]:
    """Every call of an error's class below orchestration/."""
    names = _error_names()
    found: dict[Place, Path] = {}
    root = REPO_ROOT / "orchestration"
    for path in sorted(root.rglob("*.py")):
        if path == Path(errors.__file__):
            continue

        def collect(node: ast.AST, function: str, path: Path = path) -> None:
            if isinstance(node, ast.FunctionDef):
                function = node.name
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in names
            ):
                where = f"{path.relative_to(root).as_posix()}:{function}"
                found[Place(where, node.lineno, node.end_lineno or node.lineno)] = path
            for child in ast.iter_child_nodes(node):
                collect(child, function)

        collect(ast.parse(path.read_text(encoding="utf-8")), "")
    return found


@pytest.fixture(scope="module", autouse=True)
def met() -> Iterator[Met]:
    """Listen to every error that is made, and note where."""
    noted = Met()
    classes: tuple[Any, ...] = (LifecycleError, FileRefusedError)
    originals = [one.__init__ for one in classes]

    def noting_of(original: Callable[..., None]) -> Callable[..., None]:
        def noting(self: Exception, *arguments: Any, **named: Any) -> None:
            original(self, *arguments, **named)
            frame = sys._getframe(1)
            while frame.f_code.co_filename == errors.__file__ and frame.f_back is not None:
                frame = frame.f_back
            noted.lines.add((frame.f_code.co_filename, frame.f_lineno))
            noted.sentences.append(str(self))

        return noting

    for one, original in zip(classes, originals, strict=True):
        one.__init__ = noting_of(original)
    yield noted
    for one, original in zip(classes, originals, strict=True):
        one.__init__ = original


Provoke = Callable[[Path, pytest.MonkeyPatch], object]
ROWS: list[tuple[str, Provoke]] = []


def provokes(part: str) -> Callable[[Provoke], Provoke]:
    """Add a row: the function raises a sentence that holds this part."""

    def add(provoke: Provoke) -> Provoke:
        ROWS.append((part, provoke))
        return provoke

    return add


def row(part: str, provoke: Provoke) -> None:
    ROWS.append((part, provoke))


# --- settings ----------------------------------------------------------------------------------
row("--var takes NAME=VALUE", lambda _, __: read_settings({}, ["odd"]))
row("belongs to a dbt build by hand", lambda _, __: read_settings({}, ["raw_database=x"]))
row('The var "tresholds" is unknown', lambda _, __: read_settings({}, ["tresholds=1"]))
row("is given with --as-of", lambda _, __: read_settings({}, ["as_of_date=2026-01-01"]))
row("is given twice", lambda _, __: read_settings({}, ["own_domains=a.b", "own_domains=c.d"]))
row(
    "must be a whole number from 1 to 3650",
    lambda _, __: read_settings({}, ["fulfilment_sla_days=0"]),
)
row("--on", lambda _, __: read_date("--on", "yesterday"))
row(
    'The framework "discovry" is unknown',
    lambda _, __: check_frameworks(BuildSettings(frameworks=("discovry",)), ["discovery"]),
)


@provokes("The environment variable")
def _(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LIFECYCLE_STATE_DIRR", "x")
    check_environment()


@provokes("cannot be read")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "lifecycle.toml").write_text("currency = \n")
    read_project_file(folder)


@provokes('"currenci" is unknown')
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "lifecycle.toml").write_text('currenci = "EUR"\n')
    read_project_file(folder)


@provokes("must be a text in quotes")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "lifecycle.toml").write_text("currency = 1\n")
    read_project_file(folder)


row("The fail point", lambda _, __: check_fail_point({VARIABLE: "build.lockd"}))
row("can be reached by others", lambda _, __: check_host("0.0.0.0", False))  # noqa: S104
row('contains "\'"', lambda folder, _: check_state_path(StateDir.at(folder / "it's")))


def _without_streamlit(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(launching, "find_spec", lambda _: None)
    launching.launch(StateDir.at(Path("nowhere")), 1)


def _on_a_taken_port(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(launching, "find_spec", lambda _: True)
    with socket.socket() as listener:
        listener.bind((launching.LOOPBACK, 0))
        listener.listen()
        launching.launch(StateDir.at(Path("nowhere")), listener.getsockname()[1])


row("The dashboard needs Streamlit", _without_streamlit)
row("is taken; choose another one", _on_a_taken_port)


# --- the docs ----------------------------------------------------------------------------------
def _without_a_project(folder: Path, patch: pytest.MonkeyPatch) -> None:
    done = SimpleNamespace(returncode=2, stdout="", stderr="No dbt_project.yml found.")
    patch.setattr(dbt_docs.subprocess, "run", lambda *_, **__: done)
    dbt_docs.write_dbt_docs(folder / "out", folder, folder)


row("dbt could not make its docs: No dbt_project.yml found.", _without_a_project)

# --- rules -------------------------------------------------------------------------------------
row("the seed files", lambda folder, _: read_rules(None, folder))
row("does not exist; name one that does", lambda folder, _: read_rules(folder / "none"))
row("holds no rule seed", lambda folder, _: read_rules(folder))


@provokes("did you mean a patch?")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "rules.csv").write_text("rule,rationale\n,\n")
    read_rules(folder)


@provokes("kpis.csv")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "kpis.csv").write_text("kpi,kpi\n")
    wanted_text(folder / "kpis.csv")


@provokes("has been sent since")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    settled = {"framework": "b2b", "trigger": "signal", "trigger_value": "lead"}
    sent = started_plays.StartedPlay("sales_follow_up", "2026-03-01", settled)
    patch.setattr(started_plays, "started_plays", lambda _: (sent,))
    started_plays.check_started_plays(StateDir.at(folder), read_rules(None), BuildSettings())


# --- the landing directory ---------------------------------------------------------------------
def _ingest(folder: Path, files: dict[str, str | bytes]) -> Shop:
    shop = Shop(folder / "raw", folder / "state")
    shop.raw_dir.mkdir(parents=True, exist_ok=True)
    shop.land(files)
    shop.ingest()
    return shop


row("is not a directory", lambda folder, _: Shop(folder / "none", folder / "state").ingest())
row("holds no file for events or orders", lambda folder, _: _ingest(folder, {"x.txt": ""}))


@provokes("cannot be fed from")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder)
    shop.ingest()
    (folder / "other").mkdir()
    other = Shop(folder / "other", shop.state_dir)
    other.land({"orders.csv": ORDER, "events.csv": NO_EVENTS})
    other.ingest()


@provokes("identity_salt is not the one")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder)
    shop.ingest(identity_salt="one")
    shop.ingest(identity_salt="two")


@provokes("no longer lie in")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder, {"orders.csv": ORDER})
    shop.ingest()
    (shop.raw_dir / "orders.csv").write_text(f"{ORDERS_HEADER}\n")
    (shop.state_dir / "raw.duckdb").write_bytes(b"torn" * 4096)
    shop.ingest()


@provokes("nobody can say whether all of them still lie")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder, {"orders.csv": ORDER})
    shop.ingest()
    (shop.state_dir / "raw_ledger.jsonl").unlink()
    (shop.state_dir / "raw.duckdb").write_bytes(b"torn" * 4096)
    shop.ingest()


@provokes("are unknown to it and no longer lie in")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder, {"orders/1.csv": ORDER})
    shop.ingest()
    older = (shop.state_dir / "raw.duckdb").read_bytes()
    shop.land({"orders/2.csv": ORDER.replace("\n1,", "\n2,")})
    shop.ingest()
    (shop.state_dir / "raw.duckdb").write_bytes(older)
    (shop.raw_dir / "orders/2.csv").unlink()
    shop.ingest()


@provokes("1 rows were read, but 0 loaded and 0 duplicate do not add up to them")
def _(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder, {"orders/1.csv": ORDER, "orders/2.csv": ORDER.replace("\n1,", "\n2,")})
    monkeypatch.setattr(load_together, "insert_rows", lambda *_, **__: 0)
    shop.ingest()


@provokes("the ledger says 1 rows loaded")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder, {"orders.csv": ORDER})
    shop.ingest()
    shop.write("delete from raw.orders")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{shop.state_dir / 'raw.duckdb'}' as raw_db")
        connection.execute("use raw_db")
        with pytest.raises(LifecycleError, match="rows were read, but 0 loaded"):
            close_books(
                connection,
                LandingFile("orders", "orders.csv", shop.raw_dir / "orders.csv", "csv", False),
                load_contract().table("orders"),
                FileIdentity(1, "", 0, "r", None),  # type: ignore[arg-type]
                read=3, loaded=3, duplicate=0, set_aside={},
            )  # fmt: skip
        check_books(connection, load_contract())


@provokes("cannot be opened")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder)
    (shop.state_dir / "raw.duckdb").mkdir(parents=True)
    shop.ingest()


@provokes("is open in another process")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder)
    shop.ingest()
    with duckdb.connect(str(shop.state_dir / "raw.duckdb")):
        shop.ingest()


@provokes("cannot be opened: odd")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise duckdb.Error("odd")

    patch.setattr("orchestration.ingest.raw_database._make_tables", fail)
    make_shop(folder).ingest()


@provokes("Ingest stopped")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr("orchestration.ingest.run.decide", full)
    make_shop(folder).ingest()


@provokes("more than may be")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder, {"orders.csv": ORDER.replace("2026", "never")})
    patch.chdir(folder)
    request = read_request({}, (), {"raw_dir": shop.raw_dir, "state_dir": shop.state_dir})
    ingest_phase(request, read_rules(None), "b1", Silent())


# --- sources.yml -------------------------------------------------------------------------------
def _mapped(folder: Path, entry: str, **files: str) -> None:
    given = {f"{name}.csv": text for name, text in files.items()} or {"mine.csv": ORDER}
    _ingest(folder, {"events.csv": NO_EVENTS, "sources.yml": entry, **given})


MAPPED = "sources:\n  - files: mine.csv\n    table: orders\n    {}\n"
row("this is not YAML", lambda folder, _: _mapped(folder, "sources: ["))
row("line 1", lambda folder, _: _mapped(folder, "source: []\n"))
row(
    "orders has no column",
    lambda folder, _: _mapped(folder, MAPPED.format("columns: {total_prise: total_price}")),
)
row(
    "orders has no column",
    lambda folder, _: _mapped(folder, MAPPED.format("constants: {currenci: EUR}")),
)
row(
    'there is no table "refund"; did you mean "refunds"?',
    lambda folder, _: _mapped(folder, MAPPED.format("columns: {refund.amount: total_price}")),
)
row(
    "refunds needs refunds.refund_id, refunds.order_id, refunds.created_at too",
    lambda folder, _: _mapped(folder, MAPPED.format("columns: {refunds.amount: total_price}")),
)
row(
    "the file has no column",
    lambda folder, _: _mapped(folder, MAPPED.format("columns: {total_price: totl_price}")),
)
row(
    "the expression",
    lambda folder, _: _mapped(folder, MAPPED.format('columns: {total_price: "= read_csv(1)"}')),
)
row(
    "orders needs created_at, status",
    lambda folder, _: _mapped(folder, MAPPED.format(""), mine="order_id\n1\n"),
)
row(
    "say which table",
    lambda folder, _: _mapped(folder, "sources:\n  - files: mine.csv\n", mine="a,b\n1,2\n"),
)
row(
    "has no column names that can be read",
    lambda folder, _: _mapped(folder, "sources:\n  - files: mine.csv\n", mine=""),
)
row(
    "belongs to two entries",
    lambda folder, _: _mapped(
        folder, "sources:\n  - files: mine.csv\n    table: orders\n  - files: m*.csv\n"
    ),
)
row(
    "is not klaviyo; it lacks",
    lambda folder, _: _mapped(folder, "sources:\n  - files: mine.csv\n    adapter: klaviyo\n"),
)
row(
    "may be klaviyo or olist",
    lambda folder, _: _ingest(
        folder,
        {
            "odd.csv": "review_id,order_id,review_score,event_id,metric_name,timestamp,"
            "profile_id\n",
            "orders.csv": ORDER,
        },
    ),
)


@provokes("sources.yml is no file.")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder)
    (shop.raw_dir / "sources.yml").mkdir()
    shop.ingest(sources_file=shop.raw_dir / "sources.yml")


@provokes("sources.yml cannot be read: No such file or directory.")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    read_entries(folder / "sources.yml", load_contract(), {})


@provokes("this is nested too deep")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "sources.yml").write_text("[" * 100_000)
    read_entries(folder / "sources.yml", load_contract(), {})


@provokes("is not UTF-8; save the file as UTF-8")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "lifecycle.toml").write_bytes(b"\xff")
    read_project_file(folder)


@provokes("is no file that could be replaced")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    with private_file(folder):
        pass


@provokes("is no version that a build has made, or was renamed")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    read_version(folder / "renamed")


@provokes("under another mapping")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    _mapped(folder, MAPPED.format("constants: {country: IT}"))
    _mapped(folder, MAPPED.format("constants: {country: FR}"))


@provokes("are equal, but were created at other times")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    _ingest(
        folder,
        {
            "customers.csv": "customer_id,created_at\n77,2020-01-01\n",
            "events.csv": NO_EVENTS,
            "orders.json": json.dumps(
                {
                    "orders": [
                        {
                            "id": 5, "created_at": "2026-03-01T10:00:00Z", "currency": "EUR",
                            "financial_status": "paid", "total_price": "5.00", "line_items": [],
                            "customer": {"id": 77, "created_at": "2026-01-01T10:00:00Z"},
                        }
                    ]
                }
            ),
        },
    )  # fmt: skip


row('There is no preset "grocerry"', lambda *_: initialising.preset_files("grocerry"))


@provokes("is there already; --force")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    shop = make_shop(folder)
    (folder / "lifecycle.toml").write_text("")
    proposal = initialising.propose(shop.raw_dir, "EUR", "")
    initialising.write(shop.raw_dir, proposal, {}, folder, force=False)


# --- the state directory -----------------------------------------------------------------------
row("does not exist; run lifecycle build", lambda folder, _: read_status(StateDir.at(folder / "x")))
row("Nothing is published", lambda folder, _: open_published(StateDir.at(folder)).__enter__())
row("Nothing has been published", lambda folder, _: rollback(StateDir.at(folder)))


@provokes("is a link (to ")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "raw.duckdb").symlink_to("/etc/hostname")
    with build_lock(StateDir.at(folder)):
        pass


def _edited(folder: Path) -> StateDir:
    """Publish twice and edit a file of both versions."""
    state = make_state(folder / "state")
    for build_id in ("b1", "b2"):
        edited = publish(state, gate(state, make_run(), identity(build_id))).path
        database = edited / "lifecycle.duckdb"
        database.chmod(0o644)
        database.write_bytes(b"edited")
    return state


row('was damaged or edited: "lifecycle.duckdb" has 6 bytes', lambda folder, _: _read(folder))


def _read(folder: Path, content: bytes = b"", sql: str = "") -> None:
    """Read what is published: edited, or of a version whose manifest was written by hand, too."""
    state = _edited(folder)
    if content or sql:
        with version_by_hand(state) as database:
            if content:
                database.write_bytes(content)
            else:
                duckdb.connect(str(database)).close()
    with open_published(state) as published:
        published.execute(sql)


row("says IO Error", lambda folder, _: _read(folder, content=b"torn" * 5_000))
row(
    "made by another version of lifecycle",
    lambda folder, _: _read(folder, sql="from marts.of_tomorrow"),
)


@provokes("Another build is running")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    with build_lock(StateDir.at(folder)), build_lock(StateDir.at(folder)):
        pass


@provokes("cannot be written")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("")
    with build_lock(StateDir.at(folder / "file" / "state")):
        pass


@provokes("close it, then build again")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise duckdb.IOException("IO Error: Could not set lock on file")

    state = make_state(folder)
    patch.setattr("orchestration.pipeline.dbt_run.duckdb.connect", locked)
    prepare_working_database(state, full_refresh=False, progress=Silent())


def _published(folder: Path) -> StateDir:
    state = make_state(folder)
    publish(state, gate(state, make_run(), identity("b1")))
    return state


row("There is no version before", lambda folder, _: rollback(_published(folder)))
row('The version "b2" is not kept', lambda folder, _: rollback(_published(folder), "b2"))


row("cannot be made current, it was damaged", lambda folder, _: rollback(_edited(folder)))


@provokes("cannot be made current (IO Error")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = _edited(folder)
    for version in sorted(state.versions.iterdir()):
        show_version(version)
    rollback(state)


@provokes("is full (No space left on device); free some, build again.")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    said = ("OSError: [Errno 28] No space left on device",)
    gate(make_state(folder), make_run(exit_code=2, errors=said), identity("b1"))


@provokes("changed after the gate had judged it")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = make_state(folder)
    gate_pass = gate(state, make_run(), identity("b1"))
    make_state(folder, 6)
    publish(state, gate_pass)


@provokes("could not be written to")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = make_state(folder)
    state.published.write_text("")
    publish(state, gate(state, make_run(), identity("b1")))


@provokes("differs from the working database")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = make_state(folder)
    gate_pass = gate(state, make_run(), identity("b1"))
    marts = tuple(replace(mart, rows=mart.rows + 1) for mart in gate_pass.marts)
    publish(state, replace(gate_pass, marts=marts))


@provokes("dbt cannot parse")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    done = SimpleNamespace(returncode=1, stdout="Compilation Error\n  in model x", stderr="")
    patch.setattr(dbt_manifest.subprocess, "run", lambda *_, **__: done)
    patch.setattr(dbt_manifest.parse_cache, "restore", lambda *_: None)
    dbt_manifest._parse(StateDir.at(folder), folder / "kept" / "manifest.json")


row("choose a whole number", lambda folder, _: simulate(0, 1, 1, folder / "out"))
row("is none of affinity", lambda folder, _: simulate(1, 1, 1, folder / "out", without=["taste"]))


@provokes("is a file: choose")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "out").write_text("")
    simulate(1, 1, 1, folder / "out")


@provokes("is not empty: choose")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "out.txt").write_text("")
    simulate(1, 1, 1, folder)


@provokes("could not be written to")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("")
    simulate(1, 1, 1, folder / "file" / "out")


@provokes("Nothing was published")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    gate(make_state(folder), make_run(exit_code=1), identity("b1"))


# --- versions side by side ---------------------------------------------------------------------
row(
    "does not say what it was made of",
    lambda folder, _: read_version(_torn_version(folder)),
)


def _torn_version(folder: Path) -> Path:
    """Make a version whose manifest vouches for a database that is none."""
    state = StateDir.at(folder)
    with version_by_hand(state) as database:
        database.write_bytes(b"torn" * 5_000)
    return state.current.resolve()


row(
    "its manifest.json is missing; build again, and compare",
    lambda folder, _: read_version(folder / "20260310T050000000000Z-elsewhere"),
)
row("versions were named", lambda _, __: two_versions(["a", "b", "c"], "c", ["a", "b", "c"]))
row("Two versions are needed", lambda _, __: two_versions(["a"], "a", []))
row(
    'The version "20260311T05-buildd" is not kept; did you mean',
    lambda _, __: named_version(["20260311T05-build1"], "20260311T05-buildd"),
)
row("it is one of text, csv, json", lambda _, __: check_form("xml"))


@provokes("holds no build_info; build again")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    version = make_version(folder, 1)
    with duckdb.connect(str(version.database)) as made:
        made.execute("delete from marts.build_info")
    write_manifest(version.path, {})
    read_version(version.path)


@provokes("unexplained: 1 of kind kpi")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    before, after = make_version(folder, 1), make_version(folder, 2, value=11)
    with compared(before, after, make_raw(folder / "raw.duckdb", {})) as diff:
        diff.refuse_unexplained()


# --- exports and what-if ------------------------------------------------------------------------
def _export(folder: Path, patch: pytest.MonkeyPatch, *answers: int, **asked: Any) -> None:
    patch.setattr(receipts, "user_config_path", lambda _: folder / "config")
    patch.setattr(webhook.send, "__defaults__", (lambda _: None,))
    shop = TinyShop(folder)
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    if answers:
        with receiver(*answers) as crm:
            shop.export(out=None, webhook=crm.address)
    shop.export(**asked)


for _part, _asked in (
    ('There is no play "win_bak"; did you mean', {"what": "win_bak"}),
    ("Give one of --out FILE and --webhook ADDRESS", {"webhook": "https://crm.example"}),
    ("Give one of --since VERSION and --from-start", {"since": "x", "from_start": True}),
    ("it is one of csv, jsonl, parquet", {"form": "xlsx"}),
    ("must be an address like", {"out": None, "webhook": "crm.example"}),
    ("must begin with https://", {"out": None, "webhook": "http://crm.example"}),
    ("build first, or export it all the same with --stale", {"now": datetime(2026, 4, 1)}),
):
    row(_part, lambda folder, patch, asked=_asked: _export(folder, patch, **asked))
row("refused the rows (HTTP 400)", lambda folder, patch: _export(folder, patch, 400))
row("did not take the rows in 6 tries", lambda folder, patch: _export(folder, patch, *[500] * 6))
row("Nothing is published in", lambda folder, _: TinyShop(folder).export())


@provokes("is not kept any more; give --since VERSION")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    _export(folder, patch)
    shop = TinyShop.__new__(TinyShop)
    shop.state, shop.out = StateDir.at(folder / "state"), folder / "list.csv"
    receipt = receipts.last_receipt(shop.state, "win_back")
    assert receipt is not None
    receipts.add_receipt(shop.state, replace(receipt, version="20200101T05-gone"))
    shop.export()


@provokes("The key of receipts")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    (folder / "config").write_text("a file")
    _export(folder, patch)


def _what_if(folder: Path, *, rules: str = "", settings: str = "", inputs: str = "") -> None:
    """Try rules on a version that was built by the shipped ones, unless it says otherwise."""
    state = StateDir.at(folder / "state")
    state.versions.mkdir(parents=True)
    shipped, defaults = read_rules(None), BuildSettings()
    write_rules(shipped, state)
    keep_settings(state, defaults)
    known = package_version("customer-lifecycle")
    made = make_version(
        state.versions,
        1,
        rules=rules or shipped.rules_hash,
        settings=settings or defaults.hash_of_meaning(known),
        inputs=inputs or "other files",
    )
    state.current.symlink_to(Path("versions") / made.name)
    make_raw(state.raw_database, {})
    what_if(BuildRequest(defaults, folder, state), REPO_ROOT / "seeds/presets/grocery", Silent())


row("holds other rules than the published version", lambda f, _: _what_if(f, rules="other"))
row("Nobody knows the settings any more", lambda f, _: _what_if(f, settings="other"))
row("Files were loaded since", lambda f, _: _what_if(f))


@provokes("dbt could not build what these rules say (no room).")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    failed = make_run(exit_code=1)
    patch.setattr(trial, "run_dbt", lambda *_, **__: replace(failed, errors=("no room\nat all",)))
    patch.setattr(trial, "_refuse_other_inputs", lambda *_: None)
    _what_if(folder)


@provokes("run lifecycle build first")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = StateDir.at(folder)
    what_if(BuildRequest(BuildSettings(), folder, state), folder, Silent())


# --- tables that a loader keeps ---------------------------------------------------------------
def _copy_tables(folder: Path, *statements: str, schema: str = "shop") -> None:
    with duckdb.connect(str(folder / "loader.duckdb")) as loader:
        loader.execute("create schema if not exists shop")
        for statement in statements:
            loader.execute(statement)
    state = StateDir.at(folder / "state")
    state.root.mkdir(exist_ok=True)
    with copied_tables(folder / "loader.duckdb", schema, state):
        pass


ORDERS_TABLE = "create or replace table shop.orders as select '1' as order_id, {} as total_price"
row(
    "--raw-dir and --raw-database were both given",
    lambda _, __: read_request({}, (), {"raw_dir": "a", "raw_database": "b"}),
)
row(
    'has no tables in the schema "shopp"; did you mean "shop"?',
    lambda folder, _: _copy_tables(folder, ORDERS_TABLE.format("1"), schema="shopp"),
)
row(
    "a view may need what this build cannot reach",
    lambda folder, _: _copy_tables(
        folder, "create view shop.orders as select error('odd')::varchar as order_id"
    ),
)


@provokes("was fed from the schema shop of")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    _copy_tables(folder, ORDERS_TABLE.format("1"))
    _copy_tables(folder, schema="main")


@provokes("nobody knows which database has fed")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    _copy_tables(folder, ORDERS_TABLE.format("1"))
    (folder / "state" / "raw_database.json").write_text("[]")
    _copy_tables(folder)


@provokes("does not exist; name a DuckDB file")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    with copied_tables(folder / "none.duckdb", "shop", StateDir.at(folder)):
        pass


@provokes("cannot be read as a DuckDB file")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "odd.duckdb").write_bytes(b"odd" * 4096)
    with copied_tables(folder / "odd.duckdb", "shop", StateDir.at(folder)):
        pass


@provokes("is open for writing in another process")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise duckdb.IOException("IO Error: Could not set lock on file")

    (folder / "loader.duckdb").write_bytes(b"")
    patch.setattr("orchestration.ingest.loader_tables.duckdb.connect", locked)
    with copied_tables(folder / "loader.duckdb", "shop", StateDir.at(folder)):
        pass


@provokes("give it its type back")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    _copy_tables(folder, ORDERS_TABLE.format("1"))
    _copy_tables(folder, ORDERS_TABLE.format("date '2026-01-01'"))


@provokes("cannot be fed from other of")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    _copy_tables(folder, ORDERS_TABLE.format("1"))
    _copy_tables(folder, "create schema other", schema="other")


# --- dbt by hand and reports ------------------------------------------------------------------
def _by_hand(folder: Path, *arguments: str) -> None:
    directories = {"raw_dir": folder, "state_dir": folder / "state"}
    dbt_by_hand(read_request({}, (), directories), arguments)


row("lifecycle dbt gives dbt its vars", lambda folder, _: _by_hand(folder, "run", "--vars", "{}"))
row("There is no raw.duckdb", lambda folder, _: _by_hand(folder, "run"))
row(
    "which is neither en nor it",
    lambda folder, _: published.report(folder / "out.html", "fr", folder),
)


@provokes("name another file for the page")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    from orchestration.pictures import report, words

    patch.setattr(report, "render", lambda *_: "page")
    patch.setattr(report, "Published", lambda _: None)
    report.write_report(_published(folder / "state"), folder, words.Language("en"))


# --- care ----------------------------------------------------------------------------------------
row("Nothing was ingested in", lambda folder, _: refused(StateDir.at(folder)))


@provokes("cannot be read (")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = StateDir.at(folder)
    state.raw_database.write_bytes(b"torn" * 5_000)
    refused(state)


def _verify(folder: Path, patch: pytest.MonkeyPatch, **play: Any) -> None:
    state = make_state(folder / "state")
    with duckdb.connect(str(state.working_database)) as working:
        working.execute(TOLD)
    with version_by_hand(state) as database:
        database.write_bytes(state.working_database.read_bytes())
    rebuild(patch, lambda _: None, **play)
    verify(BuildRequest(BuildSettings(), folder, state), Silent())


row("The rules are not those of what is", lambda folder, patch: _verify(folder, patch, rules="x"))
row("ended with exit code 1 (It", lambda folder, patch: _verify(folder, patch, exit_code=1))


# --- erasure -----------------------------------------------------------------------------------
def erasable(folder: Path) -> BuildRequest:
    shop = make_shop(folder, {"orders.csv": ORDER})
    shop.ingest()
    return BuildRequest(
        settings=BuildSettings(),
        raw_dir=shop.raw_dir,
        state=StateDir.at(shop.state_dir),
        erasure_key_file=folder / "key",
    )


def erase_one(request: BuildRequest, name: str = "c1") -> object:
    return erasure.erase(request, [name], ["null"], lambda _: None)


row(
    "holds no raw.duckdb, so nothing to erase from",
    lambda folder, _: erase_one(
        BuildRequest(BuildSettings(), folder, StateDir.at(folder), erasure_key_file=folder)
    ),
)
row('"null" is nobody\'s id', lambda folder, _: erase_one(erasable(folder), "null"))
row(
    "would lie in the state directory",
    lambda folder, _: bury(StateDir.at(folder), folder / "key", ["c1"]),
)


@provokes("can neither be read nor made")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "key").mkdir()
    bury(StateDir.at(folder / "state"), folder / "key", ["c1"])


def lost_key(folder: Path) -> Path:
    bury(StateDir.at(folder / "state"), folder / "key", ["c1"])
    (folder / "key").unlink()
    return folder / "key"


row(
    "The erasure key",
    lambda folder, _: read_tombstones(StateDir.at(folder / "state"), lost_key(folder)),
)


@provokes("The tombstones ")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = StateDir.at(folder / "state")
    bury(state, folder / "key", ["c1"])
    state.tombstones.write_bytes(b"\xff\xfe")
    read_tombstones(state, folder / "key")


@provokes("guest_orders.jsonl, line 2 cannot be read")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = StateDir.at(folder)
    keep_guests(state, "r1", [GuestRow("r1", "orders", "orders.csv", {})])
    with state.guest_orders.open("ab") as file:
        file.write(b"\xff\xfe")
    read_guests(state)


@provokes("run lifecycle erase for the same persons again")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    state = StateDir.at(folder)
    state.erasures.mkdir()
    state.erasure_journal.write_text("[]")
    read_journal(state)


@provokes("cannot be read (ValueError)")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    lost_key(folder).write_text("no key")
    read_tombstones(StateDir.at(folder / "state"), folder / "key")


@provokes("is not the one used before")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    lost_key(folder).write_text("00" * 32)
    read_tombstones(StateDir.at(folder / "state"), folder / "key")


@provokes("what is gone is gone, run it again to go on")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr(erasure, "remove_remade", full)
    erase_one(erasable(folder))


@provokes("is held by another program, which keeps the bytes of what was erased")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(traces, "_PATIENCE_SECONDS", 0)
    request = erasable(folder)
    with closing(sqlite3.connect(request.state.root / "history.db")) as history:
        history.execute("create table event_logs as select 'row of customer:c1' as event")
        history.execute("begin immediate")
        erase_one(request)


@provokes("build once, which rebuilds it, then erase")
def _(folder: Path, _: pytest.MonkeyPatch) -> None:
    request = erasable(folder)
    request.state.raw_database.write_bytes(b"torn" * 10_000)
    erase_one(request)


row(
    "could not be written anew",
    lambda folder, _: (
        (folder / "raw.duckdb").write_bytes(b"torn" * 10_000)
        and write_fresh(folder / "raw.duckdb", lambda _: None)
    ),
)
row(
    "cannot be written anew without erased persons",
    lambda folder, _: (
        (folder / "kept.duckdb").write_bytes(b"torn" * 10_000)
        and rewrite_version(
            folder / "kept.duckdb",
            folder,
            Persons(("c1",), (), (), (), (), 1),
            OwnValues((), ()),
            {},
            print,
        )
    ),
)


# --- explain -----------------------------------------------------------------------------------
def _explain(folder: Path, *asked: Any) -> None:
    state = StateDir.at(folder)
    with version_by_hand(state) as database, duckdb.connect(str(database)) as made:
        made.execute("create schema marts")
        made.execute(
            "create table marts.build_info as select date '2026-03-01' as as_of_date, "
            "'f' as default_framework"
        )
        made.execute(
            "create table marts.subjects as select * from (values ('customer:c1', 'person'), "
            "('customer:c2', 'person')) as rows(subject_id, subject_type)"
        )
        made.execute(
            "create table marts.lifecycle_history as select 'customer:c1' as subject_id, "
            "'person' as subject_type, 'f' as framework, date '2026-01-01' as valid_from, "
            "cast(null as date) as valid_to, * from (select 'a' as stage, 'active' as health, "
            "'r' as rule, 'advance' as movement, cast(null as varchar) as previous_stage, "
            "cast(null as varchar) as previous_health, cast(null as date) as next_change_on, "
            "cast(null as varchar) as next_stage, cast(null as varchar) as next_health, "
            "1 as cycle, cast(null as varchar) as reason, "
            "cast(null as varchar) as reason_it, 1 as ordinal)"
        )
        made.execute(
            "create table marts.lifecycle_current as select *, valid_from as stage_since "
            "from marts.lifecycle_history"
        )
    explaining.explain(state, *asked)


row("There is no subject", lambda folder, _: _explain(folder, "nobody"))


@provokes("holds no customer_timeline")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(explaining, "explain", lambda state, *_: timeline(state, "c1", 5))
    _explain(folder)


@provokes("is no customer, and only customers have a timeline")
def _(folder: Path, patch: pytest.MonkeyPatch) -> None:
    nothing = "select 1 where false"
    patch.setattr("orchestration.command.timeline._rows_sql", lambda *_: nothing)
    patch.setattr(explaining, "explain", lambda state, *_: timeline(state, "c1", 5))
    _explain(folder)


row("No published framework judges", lambda folder, _: _explain(folder, "c2"))
row("is not published for customer:c1", lambda folder, _: _explain(folder, "c1", None, "g"))
row("lies after the as-of date", lambda folder, _: _explain(folder, "c1", date(2027, 1, 1)))
row("was first seen on", lambda folder, _: _explain(folder, "c1", date(2020, 1, 1)))


row(
    "holds no build_info",
    lambda _, __: explaining._one(duckdb.connect(), "select 1 where false"),
)


# --- calibrate ------------------------------------------------------------------------------------
def _calibrate(folder: Path, columns: str | None, out: Path) -> None:
    with pytest.raises(LifecycleError):
        _explain(folder, "nobody")
    state = StateDir.at(folder)
    if columns is not None:
        with version_by_hand(state) as database, duckdb.connect(str(database)) as made:
            made.execute(f"create table marts.recommended_health_policy as select {columns}")
    calibrate(state, out)


row(
    "holds no recommended_health_policy",
    lambda folder, _: _calibrate(folder, None, folder / "rules"),
)
row(
    "No health policy is recommended (too few",
    lambda folder, _: _calibrate(folder, "'default' as key, 'too few' as reason", folder / "rules"),
)
row(
    "is no empty directory",
    lambda folder, _: _calibrate(folder, "'default' as key, null as reason", folder),
)


@pytest.mark.parametrize(
    ("part", "provoke"), ROWS, ids=[f"{number}-{part}" for number, (part, _) in enumerate(ROWS)]
)
def test_a_mistake_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, provoke: Provoke
) -> None:
    with pytest.raises(LifecycleError) as raised:
        provoke(tmp_path, monkeypatch)
    assert part in str(raised.value)
    assert raised.value.exit_code in {1, 2, 75}


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All kinds of them at once: a refused file stands alone in quarantine and stops no other."""
    head, line = ORDER.splitlines()
    wide = ",".join(f"c{number}" for number in range(10_001))
    object_of = json.dumps(dict(zip(head.split(","), line.split(","), strict=True)))
    zipped = gzip.compress(ORDER.encode())
    files: dict[str, str | bytes] = {
        "a.xlsx": b"PK",
        "b.csv.gz": zipped[:-4],
        "c.csv.gz": gzip.compress(b"0" * 3_000_000),
        "e.csv": f"{head},{wide}\n",
        "f.csv": b"\xff\xfeo",
        "g.csv": b"order_id,n\xe9e\n1,2\n",
        "h.csv": "1,2026-03-01,paid\n",
        "i.json": '{"order_id": 1}',
        "s.json": '{\n "order_id": 1,\n "total": {"amount": 2}\n}\n',
        "j.json": b"[\xe9]",
        "k.json": "[{} {}]",
        "l.jsonl": json.dumps({f"k{number}": 1 for number in range(10_001)}) + "\n",
        "m.csv": head.replace("status", "state_of_it") + "\n1,2026-03-01,paid,EUR,1\n",
        "n.csv": f"{head},order_id\n{line},2\n",
        "o.csv": f"{head},x,X\n{line},1,2\n",
        "p.parquet": b"PAR1",
        "q.json": f"[{object_of}, {object_of[:-3]}",
    }
    shop = make_shop(tmp_path)
    shop.land({f"orders/{name}": content for name, content in files.items()})
    shop.land_parquet(
        "orders/r.parquet",
        "select '1' as order_id, [1] as created_at, 'paid' as status, 'EUR' as currency, "
        "1.5 as total_price",
    )
    (shop.raw_dir / "orders.csv").unlink()
    monkeypatch.setattr(open_file, "_ALWAYS_UNPACKED", 1_000)
    shop.ingest()
    told = dict(
        shop.rows("select source_file, detail from raw.quarantine where detail is not null")
    )
    assert {f"orders/{name}" for name in (*files, "r.parquet")} <= told.keys()
    assert all(sentence.endswith((".", "?")) for sentence in told.values())


def _no_such(*_: object, **__: object) -> None:
    raise ValueError


@pytest.mark.parametrize(
    ("place", "replacement", "part"),
    [
        ("formats.json_text._MAX_BYTES", 1, "MB cannot be read"),
        ("formats.open_file._ROOM_LEFT", 1 << 62, "no room on the disk"),
        ("formats.read_parquet.top_level_names", _no_such, "contradicts itself"),
        ("judging.rows.MAX_COLUMNS", 3, "columns; at most 3 can be read"),
        ("load_file.count_of", lambda *_: 7, "The file says that it has 1 rows, 7 can be read"),
    ],
)
def test_what_only_a_large_file_or_an_odd_machine_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, replacement: object, part: str
) -> None:
    shop = make_shop(
        tmp_path, {"events.json": "[{}]", "customers.csv.gz": gzip.compress(b"customer_id\n")}
    )
    (shop.raw_dir / "orders.csv").unlink()
    columns = ", ".join(f"'1' as {name}" for name in ORDERS_HEADER.split(","))
    shop.land_parquet("orders.parquet", f"select {columns}")
    monkeypatch.setattr(f"orchestration.ingest.{place}", replacement)
    assert part in " ".join(shop.ingest().problems)


def test_a_file_that_cannot_be_opened_or_is_damaged_within_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path, {"customers.csv": "customer_id,created_at\n"})
    shop.land_parquet(
        "orders.parquet",
        "select i::varchar as order_id, '2026-03-01' as created_at, 'paid' as status, "
        "'EUR' as currency, i * 1.5 as total_price from range(50000) as numbers(i)",
    )
    (shop.raw_dir / "orders.csv").unlink()
    damaged = bytearray((shop.raw_dir / "orders.parquet").read_bytes())
    damaged[40:4000] = bytes(3960)
    (shop.raw_dir / "orders.parquet").write_bytes(damaged)
    real = run.sha256_of

    def refusing(path: Path) -> str:
        if path.name == "customers.csv":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(run, "sha256_of", refusing)
    told = " ".join(shop.ingest().problems)
    assert "The file cannot be opened: Permission denied." in told
    assert "The Parquet file cannot be read" in told


def test_every_sentence_reads_like_one(met: Met) -> None:
    assert len(met.sentences) > 60
    for told in met.sentences:
        assert not [word for word in UNREADABLE if word in told], told
        assert told.strip(), met.sentences


def test_every_place_that_raises_has_a_row(met: Met) -> None:
    missing = [
        f"{path}:{place.first} ({place.where})"
        for place, path in places().items()
        if not place.where.startswith(OWN_FAULTS)
        and not any(
            file == str(path) and place.first <= line <= place.last for file, line in met.lines
        )
    ]
    assert missing == [], "\n".join(missing)
