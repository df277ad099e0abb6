"""The simulator: the same bytes everywhere, the arguments it takes, and what it leaves behind."""

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import LifecycleError, SettingsError
from orchestration.simulator import simulate as simulator
from orchestration.simulator.simulate import SimulationSummary, simulate

# More than 2,000 customers make two batches, so that the number of cores could matter.
CUSTOMERS, DAYS, SEED = 2_400, 45, 11


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    return simulate(CUSTOMERS, DAYS, SEED, tmp_path_factory.mktemp("simulated") / "shop")


@pytest.fixture
def chance() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("set variable seed_key = 12345")
    connection.execute((Path(simulator.__file__).parent / "shop" / "chance.sql").read_text())
    yield connection
    connection.close()


def test_two_cores_and_one_write_the_same_bytes(
    shop: SimulationSummary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {}
    for cores in (1, 2):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        simulate(CUSTOMERS, DAYS, SEED, tmp_path / str(cores))
        made[cores] = digests(tmp_path / str(cores))
    assert any("-001" in name for name in made[1])
    assert made[1] == made[2] == digests(shop.out)


def test_another_zone_of_the_machine_changes_nothing(
    shop: SimulationSummary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        simulate(CUSTOMERS, DAYS, SEED, tmp_path / "shop")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert digests(tmp_path / "shop") == digests(shop.out)


@pytest.mark.parametrize(
    ("customers", "days", "seed"),
    [(CUSTOMERS + 1, DAYS, SEED), (CUSTOMERS, DAYS + 1, SEED), (CUSTOMERS, DAYS, SEED + 1)],
)
def test_another_argument_is_another_shop(
    shop: SimulationSummary, tmp_path: Path, customers: int, days: int, seed: int
) -> None:
    simulate(customers, days, seed, tmp_path / "shop")
    before, after = digests(shop.out), digests(tmp_path / "shop")
    shared = {name for name in before if name.startswith(("events/", "orders/"))} & set(after)
    assert len(shared) > 2
    assert all(before[name] != after[name] for name in shared)


def test_the_summary_counts_the_rows_of_the_files(shop: SimulationSummary) -> None:
    read = {
        table: duckdb.sql(f"select count(*) from read_parquet('{shop.out}/{table}/*.parquet')")
        for table in ("events", "orders", "order_lines", "refunds", "customers")
    }
    counted = {table: rows.fetchall()[0][0] for table, rows in read.items()}
    assert counted == {table: shop.rows[table] for table in counted}
    assert min(counted.values()) > 0
    assert shop.files == len(digests(shop.out))


def test_the_last_day_is_fixed_unless_a_start_is_given(
    shop: SimulationSummary, tmp_path: Path
) -> None:
    assert shop.end == date(2026, 6, 30)
    assert shop.start == date(2026, 5, 17)
    moved = simulate(5, 3, 1, tmp_path / "shop", start=date(2024, 2, 27))
    assert (moved.start, moved.end) == (date(2024, 2, 27), date(2024, 2, 29))
    assert sorted(path.name for path in (tmp_path / "shop/events").iterdir()) == ["2024-02.parquet"]


@pytest.mark.parametrize(("customers", "days"), [(1, 1), (1, 31), (120, 2), (121, 2)])
def test_a_tiny_shop_is_still_a_shop(tmp_path: Path, customers: int, days: int) -> None:
    made = simulate(customers, days, 1, tmp_path / "shop")
    assert made.rows["customers"] >= customers
    assert made.rows["exchange_rates"] == 2 * (days + 7)


@pytest.mark.parametrize("customers", [1, 2_000, 2_001, 60_000, 60_001, 1_000_000])
def test_batches_hold_each_person_once(customers: int) -> None:
    batches = list(simulator._batches(customers))
    people = [(batch.first_customer, batch.last_customer) for batch in batches]
    visitors = [(batch.first_visitor, batch.last_visitor) for batch in batches]
    assert people[0][0] == 1
    assert people[-1][1] == customers
    assert visitors[0][0] == customers + 1
    assert visitors[-1][1] == customers + customers * 15 // 10
    for runs in (people, visitors):
        assert all(after[0] == before[1] + 1 for before, after in pairwise(runs))
    assert all(last - first < simulator.LARGEST_BATCH for first, last in people)
    assert all(first % 120 == 1 for first, _ in people)


def test_two_thousand_customers_are_one_batch_and_one_more_makes_two() -> None:
    assert len(list(simulator._batches(2_000))) == 1
    assert len(list(simulator._batches(2_001))) == 2


@pytest.mark.parametrize(
    ("customers", "days", "seed", "named"),
    [
        (0, 1, 0, "--customers 0"),
        (5_000_001, 1, 0, "--customers 5000001"),
        (1, 0, 0, "--days 0"),
        (1, 3_661, 0, "--days 3661"),
        (1, 1, -1, "--seed -1"),
        (1, 1, 2**32, "--seed 4294967296"),
    ],
)
def test_an_argument_out_of_range_is_refused_by_name(
    tmp_path: Path, customers: int, days: int, seed: int, named: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^{named} is out of range"):
        simulate(customers, days, seed, tmp_path / "shop")
    assert not (tmp_path / "shop").exists()


def test_a_directory_with_a_file_in_it_is_refused_and_an_empty_one_is_taken(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "orders.csv").write_text("mine")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="full is not empty"):
        simulate(3, 10, 1, tmp_path / "full")
    assert digests(tmp_path / "full").keys() == {"orders.csv"}
    assert simulate(3, 10, 1, tmp_path / "empty").rows["customers"] >= 3


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("mine")
    with pytest.raises(SettingsError, match="shop is a file"):
        simulate(3, 10, 1, tmp_path / "shop")


def test_a_simulation_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        assert total == 2 * 3  # Two batches: the preparation and two months each.
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(CUSTOMERS, DAYS, SEED, tmp_path / "shop", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(LifecycleError, match=r"could not be written to .*shop"):
        simulate(3, 10, 1, tmp_path / "file" / "shop")


def test_progress_counts_every_step_once(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    simulate(3, 40, 1, tmp_path / "shop", progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_draws_fill_their_range_evenly(chance: duckdb.DuckDBPyConnection) -> None:
    shares = chance.execute(
        """
        select salt, draw(key, salt, 20) as side, count(*) / 5000.0 as share
        from range(100000) as keys (key)
        cross join (values (1), (2), (77), (4001)) as salts (salt)
        group by all
        """
    ).fetchall()
    assert len(shares) == 4 * 20
    # Five standard deviations of a fair die: 5 / sqrt(5000) is 7 %.
    assert all(0.93 < share < 1.07 for _, _, share in shares)


def test_neighbouring_keys_and_salts_are_unrelated(chance: duckdb.DuckDBPyConnection) -> None:
    row = chance.execute(
        """
        select
            corr(share(key, 1), share(key + 1, 1)),
            corr(share(key, 1), share(key, 2)),
            corr(share(key, 1), share(key, 257)),
            corr(share(mix(key, 1), 1), share(mix(key, 1), 2)),
            corr(share(key, 1), cast(key as double)),
            -- A sum of two draws that hung together would not have the variance 1/6.
            6 * var_pop(share(key, 3) + share(key, 4)) - 1,
            6 * var_pop(share(key, 3) + share(key + 1, 3)) - 1
        from range(200000) as keys (key)
        """
    ).fetchone()
    assert row is not None
    assert all(abs(value) < 0.015 for value in row)
