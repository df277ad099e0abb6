"""`lifecycle init`, `check` and `map`, as a person types them."""

from __future__ import annotations

import shutil
import stat
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.command.app import request_of
from orchestration.command.cli import app
from orchestration.command.landing.map_events import propose
from orchestration.errors import InputError, SettingsError
from orchestration.rules.rule_set import read_rules
from orchestration.rules.seed_rows import read_seed
from orchestration.settings.paths import RULES_DIR

ADAPTERS = Path(__file__).parent / "adapters"
LOG = (
    "user_id,session,event,timestamp,plan\n"
    "ida,s1,catalogue_seen,2026-03-01 10:00:00,free\n"
    "ida,s1,added_to_basket,2026-03-01 10:01:00,free\n"
    "jon,s2,added_to_basket,2026-03-01 10:02:00,\n"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project directory, and nothing in the environment."""
    for name in ("RAW_DIR", "STATE_DIR", "RULES_DIR", "SOURCES", "CURRENCY", "TIMEZONE"):
        monkeypatch.delenv(f"LIFECYCLE_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "landing").mkdir()
    return tmp_path


def run(*arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.output


def test_init_writes_what_check_then_reads_without_an_option(project: Path) -> None:
    shutil.copytree(ADAPTERS / "shopify_orders_export" / "landing", project / "landing" / "shop")
    (project / "landing" / "log.csv").write_text(LOG)
    told = run("init", "--raw-dir", "landing", "--currency", "EUR")
    assert "shop/orders_export_1.csv: Shopify orders export (CSV), and Squarespace" in told
    assert "log.csv: no known layout" in told
    sources = (project / "landing" / "sources.yml").read_text()
    assert 'event_id: "= md5(concat_ws' in sources
    settings = (project / "lifecycle.toml").read_text()
    assert stat.S_IMODE((project / "lifecycle.toml").stat().st_mode) == 0o600
    assert 'raw_dir = "landing"' in settings
    assert 'currency = "EUR"' in settings
    # What would stop a build is no success of a check, though nothing else is amiss.
    checked = run("check", exit_code=2)
    assert "log.csv → events by sources.yml: 3 loaded" in checked
    assert "shop/orders_export_1.csv → orders by shopify_orders_export: 6 loaded" in checked
    assert "A build would load 23 rows, skip 0 copies and refuse 0." in checked
    assert (
        "A build would stop: 1 order in USD has no exchange rate (first: 710000000002, 2026-02-02)"
        in checked
    )
    assert not (project / "var").exists()


def test_a_sum_of_refunds_is_no_refund_beside_its_parts(project: Path) -> None:
    landing = ADAPTERS / "shopify_orders_export-transactions" / "landing"
    shutil.copytree(landing, project / "landing" / "shop")
    told = run("check", "--raw-dir", "landing")
    # 40.00 of order 720000000002, as a sum and as a transaction: together 80.00.
    assert "shop/orders_export.csv → refunds by shopify_orders_export: 5 loaded" in told
    assert "shop/transactions_export.csv → refunds by shopify_orders_export: 4 loaded" in told
    assert "More was refunded than paid" not in told


def test_check_shows_examples_and_no_value_of_a_person(project: Path) -> None:
    shutil.copytree(ADAPTERS / "shopify_orders_export" / "landing", project / "landing" / "shop")
    told = run("check", "--raw-dir", "landing", exit_code=2)
    assert "total_price" in told
    for secret in ("ida@example.org", "Ida Rossi", "call first"):
        assert secret not in told
    assert 'not kept, since it is personal: "Shipping Name"' in told


LEDGER = (
    "Buchungstag;Belegnr;Kunde;Betrag;Währung;Status\n"
    "03.01.2026;R-1001;K17;1.234,50;EUR;bezahlt\n"
    "04.01.2026;R-1002;K18;99,00;EUR;offen\n"
    "02.03.2026;R-1006;K18;2.000,00;CHF;storniert\n"
)
MAGENTO = (
    '"ID","Purchase Point","Purchase Date","Grand Total (Purchased)","Status","Customer Email"\n'
    '"01","Main Website\n Main Store","2026-01-04 10:11:12","50.00","Complete","a@m.example"\n'
    '"02","Main Website\n Main Store","2026-01-05 10:11:12","12.50","On Hold","b@m.example"\n'
)
PLUGIN = (
    "order_id,date,status,order_total,order_currency,customer_id,billing_email,item_name\n"
    "901,2026-01-10 11:00:00,completed,37,EUR,7,a@b.example,Cup\n"
    "901,2026-01-10 11:00:00,completed,37,EUR,7,a@b.example,Plate\n"
    "902,2026-01-11 11:00:00,Pending payment,20,USD,8,c@d.example,Plate\n"
)


@pytest.mark.parametrize(
    ("name", "content", "orders", "revenue", "checked"),
    [
        ("Umsätze_2026.csv", LEDGER.encode("cp1252"), 3, "3333.5000", 0),
        ("Umsätze_2026.csv", LEDGER.encode(), 3, "3333.5000", 0),
        ("export.csv", MAGENTO.encode(), 2, "62.5000", 0),
        # Its second order is in USD, and the rate is the next thing to land.
        ("orders-export.csv", PLUGIN.encode(), 2, "57.0000", 2),
    ],
)
def test_what_no_adapter_knows_is_read_as_init_proposes(
    project: Path, name: str, content: bytes, orders: int, revenue: str, checked: int
) -> None:
    (project / "landing" / name).write_bytes(content)
    told = run("init", "--raw-dir", "landing", "--currency", "EUR")
    assert f"{name}: no known layout; look at the columns proposed for it." in told
    assert "refuse 0." in run("check", exit_code=checked)
    run("ingest")
    with duckdb.connect(str(project / "var" / "raw.duckdb"), read_only=True) as raw:
        assert raw.execute("select count(*), sum(total_price) from raw.raw.orders").fetchone() == (
            orders,
            Decimal(revenue),
        )
        assert raw.execute(
            "select min(created_at) < '2026-02-01' from raw.raw.orders"
        ).fetchone() == (True,)


def test_what_init_cannot_make_out_is_a_draft_to_complete(project: Path) -> None:
    duckdb.execute(
        "copy (select 'a' || i as event_uuid, {'id': 'p' || i, 'event': 'x'} as actor, "
        "'Sign Up' as action, timestamp '2026-01-01' as ts from range(3) as numbers(i)) "
        "to 'landing/part_0.parquet' (format parquet)"
    )
    told = run("init", "--raw-dir", "landing", "--currency", "EUR")
    assert "nothing in it looks like user_id or anonymous_id" in told
    with pytest.raises(
        InputError, match=r'how to read "part_0\.parquet" .lifecycle init drafts it'
    ):
        run("check")
    sources = project / "landing" / "sources.yml"
    draft = sources.read_text()
    # The columns of the file, not what lies within one of them.
    assert 'Its columns: "event_uuid", "actor", "action", "ts".' in draft
    completed = [line.removeprefix("#") for line in draft.splitlines() if "fill in" not in line]
    text = "\n".join(completed).replace("user_id: ", "user_id: \"= actor ->> 'id'\"")
    sources.write_text(text)
    told = run("check")
    assert "part_0.parquet → events by sources.yml: 3 loaded" in told
    assert "p0" in told


def test_a_table_that_lacks_a_column_is_told_so_by_init(project: Path) -> None:
    (project / "landing" / "orders.csv").write_text(
        "order_id,created_at,status,currency,total_price\n1,2026-03-01,paid,EUR,1\n"
    )
    (project / "landing" / "exchange_rates.csv").write_text("curr,rate\nUSD,0.9\n")
    (project / "landing" / "people.csv").write_text("Ada Muster;Weg 1\nBo Muster;Weg 2\n")
    told = run("init", "--raw-dir", "landing", "--currency", "EUR")
    assert "exchange_rates.csv: exchange_rates by its name, and would be refused." in told
    assert "Missing: date, currency (did you mean currency for curr?)" in told
    assert "people.csv: its first line has no name that is known; it is left out." in told
    assert "Ada" not in told
    assert not (project / "landing" / "sources.yml").exists()


def test_each_init_hashes_with_a_salt_of_its_own(project: Path) -> None:
    (project / "landing" / "log.csv").write_text(LOG)
    run("init", "--raw-dir", "landing")
    first = (project / "lifecycle.toml").read_text()
    run("init", "--raw-dir", "landing", "--force")
    assert (project / "lifecycle.toml").read_text() != first


def test_init_writes_over_nothing_unless_it_is_forced(project: Path) -> None:
    (project / "landing" / "log.csv").write_text(LOG)
    (project / "lifecycle.toml").write_text("")
    with pytest.raises(InputError, match="is there already; --force"):
        run("init", "--raw-dir", "landing")
    assert not (project / "landing" / "sources.yml").exists()


def test_a_preset_is_where_own_rules_begin(project: Path) -> None:
    (project / "landing" / "log.csv").write_text(LOG)
    told = run("init", "--raw-dir", "landing", "--currency", "EUR", "--preset", "grocery")
    mine = project / "rules" / "health_policy.patch.csv"
    assert str(mine) in told
    assert 'rules_dir = "rules"' in (project / "lifecycle.toml").read_text()
    policy = read_rules(request_of(None, None, None).rules_dir).seeds["health_policy.csv"].rows[0]
    assert (policy["prior_gap_days"], policy["cold_after_days"]) == ("21", "180")
    with pytest.raises(InputError, match=r"rules/health_policy\.patch\.csv is there already"):
        preset_again(project)
    with pytest.raises(SettingsError, match=r"did you mean \"grocery\""):
        run("init", "--raw-dir", "landing", "--preset", "groceries", "--force")


def preset_again(project: Path) -> None:
    (project / "lifecycle.toml").unlink()
    run("init", "--raw-dir", "landing", "--currency", "EUR", "--preset", "grocery")


def test_init_says_which_currency_is_missing(project: Path) -> None:
    shutil.copytree(ADAPTERS / "jaffle" / "landing", project / "landing" / "shop")
    (project / "landing" / "shop" / "sources.yml").unlink()
    assert "Some orders state no currency" in run("init", "--raw-dir", "landing")
    run("init", "--raw-dir", "landing", "--currency", "USD", "--force")
    assert "constants: {currency: USD}" in (project / "landing" / "sources.yml").read_text()
    assert "shop/raw_orders.csv → orders by jaffle: 5 loaded" in run("check")


def test_map_proposes_a_signal_and_writes_the_rows(project: Path) -> None:
    (project / "landing" / "log.csv").write_text(LOG)
    run("init", "--raw-dir", "landing")
    told = run("map", "--write", "rules")
    assert "2 event names feed no signal:" in told
    assert "2 rows        2 persons  cart_add (like added_to_basket)" in told
    (added,) = read_seed(project / "rules" / "event_signals.patch.csv").rows
    assert (added["event_name"], added["signal"], added["is_money"]) == (
        "added_to_basket",
        "cart_add",
        "true",
    )
    assert "added_to_basket" not in run("map", "--rules-dir", "rules")
    run("map", "--write", "rules")
    assert len(read_seed(project / "rules" / "event_signals.patch.csv").rows) == 1


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("Viewed Product", "product_view"),
        ("productViewed", "product_view"),
        ("CHECKOUT STARTED", "checkout"),
        ("Email  opened", "email_opened"),
        ("review_page", ""),
        ("xyzzy", ""),
    ],
)
def test_a_name_is_proposed_what_it_is_like(name: str, signal: str) -> None:
    rows = read_seed(RULES_DIR / "event_signals.csv").rows
    signals = {row["event_name"]: row["signal"] for row in rows}
    assert propose(name, signals)[0] == signal


def test_an_unknown_setting_of_the_project_file_is_one_sentence(project: Path) -> None:
    (project / "lifecycle.toml").write_text('currenci = "EUR"\n')
    with pytest.raises(SettingsError, match=r'lifecycle.toml: "currenci" is unknown.*"currency"'):
        run("check", "--raw-dir", "landing")
