"""A shop whose customers live through latent stages, written as raw-contract files with the truth.

Belongs here: splitting the work into batches of customers, running the SQL for each (`shop` lives,
`files` and `truth` tell of it), and laying out the files. Does not belong here: what people do
(that is the SQL), or anything a build needs; the pipeline never learns that a directory was
simulated.

The bytes depend on (customers, days, seed, start, traits) and the DuckDB version alone: chance is
integer arithmetic on keys (`shop/chance.sql`), batches never share state, and each batch runs on
one thread of its own database, so the number of cores changes the time and nothing else.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb

from orchestration.errors import LifecycleError, SettingsError

END_DATE = date(2026, 6, 30)  # The last simulated day unless a start is given.
SMALL_SHOP = 1_000  # Up to here the files are few and mostly readable text.
LARGEST_BATCH = 30_000  # Customers at once: about 3 M events and 0.8 GB for each core.
ALIGNMENT = 120  # Companies follow from customer numbers; batches of this multiple keep them whole.
MOST_CUSTOMERS = 5_000_000
MOST_DAYS = 3_660
VISITORS_PER_TEN_CUSTOMERS = 15  # People who look around and never make an account.
SPILL = ".spill"  # Where DuckDB puts what does not fit into memory; gone before anybody looks.
EVENTS_PER_BATCH = 1_000_000_000  # Distance of the event numbers of two batches.
# What there is to be found, each of which a shop may lack.
TRAITS = {
    "affinity": "products that the same people buy",
    "channels": "channels whose customers stay shorter or longer",
    "drift": "gaps between orders that grow with the years",
}

PREPARATION = (
    "chance",
    "catalogue",
    "people",
    "accounts",
    "subscriptions",
    "orders",
    "tickets",
    "sessions",
    "referrals",
    "order_rows",
    "conversations",
    "events",
)
MONTHLY_TABLES = ("events", "orders")
BATCH_TABLES = ("order_lines", "refunds", "customers", "customer_merges", "erasure_requests")
SHOP_TABLES = ("products", "exchange_rates", "channel_daily")  # The same whatever the batch.
TRUTH_TABLES = ("customer_states", "customer_churn", "account_states", "subscriptions")

PARQUET = "format parquet, compression zstd"
CSV = "format csv, header true"
WRITERS = {
    "parquet": PARQUET,
    "csv": CSV,
    "csv.gz": f"{CSV}, compression gzip",
    "jsonl.gz": "format json, compression gzip",
}
SMALL_SHOP_FORMATS = {"orders": "jsonl.gz", "order_lines": "csv.gz"}

Progress = Callable[[int, int], None]
Month = tuple[str, int, int]  # Name, first second, the second after the last.


@dataclass(frozen=True)
class SimulationSummary:
    """What a simulation wrote.

    Attributes:
        out: the directory with the files.
        start: the first simulated day.
        end: the last simulated day.
        rows: number of rows of each raw table, by table name.
        files: number of files, those under `_truth` included.
        seconds: wall time of the whole simulation.
    """

    out: Path
    start: date
    end: date
    rows: dict[str, int]
    files: int
    seconds: float

    @property
    def events_per_second(self) -> float:
        """Events written per second of wall time."""
        return self.rows["events"] / self.seconds


@dataclass(frozen=True)
class _Batch:
    """A run of customers and of visitors who never become customers; numbers include both ends."""

    number: int
    batches: int
    first_customer: int
    last_customer: int
    first_visitor: int
    last_visitor: int


@dataclass(frozen=True)
class _Shop:
    """The arguments of a simulation, checked."""

    customers: int
    days: int
    seed: int
    start: date
    without: frozenset[str]


def simulate(
    customers: int,
    days: int,
    seed: int,
    out: Path,
    *,
    start: date | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
) -> SimulationSummary:
    """Write the raw-contract files of a simulated shop and its truth to `out`.

    Args:
        customers: people who make an account, 1 to 5,000,000; fifteen visitors who never do come
            with every ten of them.
        days: simulated days, 1 to 3,660.
        seed: 0 to 4,294,967,295; another seed is another shop.
        out: a directory that is absent or empty; it appears when everything is written.
        start: first day; by default the last day is 2026-06-30.
        without: names of `TRAITS` that the shop lacks, so that nothing is there to be found.
        progress: called with (steps done, steps in all) from worker threads, one call at a time.

    Raises:
        SettingsError: an argument is out of its range, or `out` holds something already.
        LifecycleError: the files could not be written.
    """
    began = time.monotonic()
    shop = _checked_shop(customers, days, seed, start, without)
    _refuse_occupied(out)
    try:
        rows, written = _write_whole(shop, out, progress)
    except (OSError, duckdb.Error) as error:
        raise LifecycleError(
            f"The simulated shop could not be written to {out}: {error}; "
            "see that the directory can be written to and has space, then run it again."
        ) from error
    return SimulationSummary(
        out=out,
        start=shop.start,
        end=shop.start + timedelta(days=days - 1),
        rows=rows,
        files=written,
        seconds=time.monotonic() - began,
    )


def _write_whole(shop: _Shop, out: Path, progress: Progress | None) -> tuple[dict[str, int], int]:
    """Write beside `out` and move there in one step, so that a half-made shop never shows."""
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".simulating-", dir=out.parent))
    try:
        rows = _write_shop(shop, scratch, progress)
        shutil.rmtree(scratch / SPILL, ignore_errors=True)
        written = sum(1 for path in scratch.rglob("*") if path.is_file())
        scratch.chmod(0o755)  # mkdtemp keeps others out; the result is an ordinary directory.
        scratch.replace(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return rows, written


def _checked_shop(
    customers: int, days: int, seed: int, start: date | None, without: Collection[str]
) -> _Shop:
    for name, value, least, most in (
        ("customers", customers, 1, MOST_CUSTOMERS),
        ("days", days, 1, MOST_DAYS),
        ("seed", seed, 0, 2**32 - 1),
    ):
        if not least <= value <= most:
            raise SettingsError(
                f"--{name} {value} is out of range: choose a whole number from {least} to {most}."
            )
    for trait in without:
        if trait not in TRAITS:
            raise SettingsError(f'--without "{trait}" is none of {", ".join(TRAITS)}.')
    first_day = start or END_DATE - timedelta(days=days - 1)
    return _Shop(customers, days, seed, first_day, frozenset(without))


def _refuse_occupied(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise SettingsError(f"{out} is a file: choose a directory that is absent or empty.")
    if out.is_dir() and any(out.iterdir()):
        raise SettingsError(f"{out} is not empty: choose a directory that is absent or empty.")


class _Steps:
    """Counts steps from several threads, and tells the batches still at work when to give up."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._lock = threading.Lock()
        self._done = 0
        self._total = total
        self._progress = progress
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    def step(self) -> None:
        with self._lock:
            if self._stopped:
                raise CancelledError
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._total)


def _write_shop(shop: _Shop, folder: Path, progress: Progress | None) -> dict[str, int]:
    batches = tuple(_batches(shop.customers))
    months = tuple(_months(shop))
    steps = _Steps(len(batches) * (1 + len(months)), progress)
    rows: Counter[str] = Counter()
    with ThreadPoolExecutor(max_workers=min(len(batches), os.cpu_count() or 1)) as pool:
        tasks = [pool.submit(_write_batch, shop, batch, months, folder, steps) for batch in batches]
        try:
            for task in as_completed(tasks):
                rows.update(task.result())
        except BaseException:
            steps.stop()  # Also on Ctrl-C: the other batches end with their present month.
            raise
    return {table: rows[table] for table in sorted((*MONTHLY_TABLES, *BATCH_TABLES, *SHOP_TABLES))}


def _batches(customers: int) -> Iterator[_Batch]:
    """Split the customers so that two cores have work and no batch outgrows the memory."""
    wanted = 1 if customers <= 2 * SMALL_SHOP else max(2, -(-customers // LARGEST_BATCH))
    size = -(-customers // (wanted * ALIGNMENT)) * ALIGNMENT
    count = -(-customers // size)
    for number in range(count):
        first, last = number * size + 1, min(customers, (number + 1) * size)
        yield _Batch(
            number=number,
            batches=count,
            first_customer=first,
            last_customer=last,
            first_visitor=customers + (first - 1) * VISITORS_PER_TEN_CUSTOMERS // 10 + 1,
            last_visitor=customers + last * VISITORS_PER_TEN_CUSTOMERS // 10,
        )


def _months(shop: _Shop) -> Iterator[Month]:
    """Name each calendar month as 2026-06, with its first second and the one after its last."""
    first = 0
    while first < shop.days:
        day = shop.start + timedelta(days=first)
        next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        until = min(shop.days, (next_month - shop.start).days)
        yield f"{day:%Y-%m}", first * 86_400, until * 86_400
        first = until


def _write_batch(
    shop: _Shop, batch: _Batch, months: tuple[Month, ...], folder: Path, steps: _Steps
) -> Counter[str]:
    rows: Counter[str] = Counter()
    part = "" if batch.batches == 1 else f"{batch.number:03d}"
    small = shop.customers <= SMALL_SHOP
    spill = str(folder / SPILL / f"batch-{part}")
    with closing(duckdb.connect(config={"threads": 1, "temp_directory": spill})) as connection:
        for name, value in _variables(shop, batch).items():
            _set(connection, name, value)
        for concept in PREPARATION:
            connection.execute(_sql(f"shop/{concept}"))
        steps.step()
        for month, from_second, until_second in months:
            _set(connection, "from_second", from_second)
            _set(connection, "until_second", until_second)
            for table in ("events",) if small else MONTHLY_TABLES:
                target = folder / table / (f"{month}-{part}" if part else month)
                rows[table] += _write(connection, f"files/{table}", target, "parquet")
            steps.step()
        _set(connection, "from_second", 0)
        if small:
            for table in ("orders", *BATCH_TABLES):
                kind = SMALL_SHOP_FORMATS.get(table, "csv")
                rows[table] += _write(connection, f"files/{table}", folder / table, kind)
        else:
            for table in BATCH_TABLES:
                target = folder / table / f"part-{part or '000'}"
                rows[table] += _write(connection, f"files/{table}", target, "parquet")
        if batch.number == 0:
            for table in SHOP_TABLES:
                rows[table] += _write(connection, f"files/{table}", folder / table, "csv")
        for table in TRUTH_TABLES:
            target = folder / "_truth" / (f"{table}/part-{part}" if part else table)
            _write(connection, f"truth/{table}", target, "parquet")
    return rows


def _variables(shop: _Shop, batch: _Batch) -> dict[str, int | str | bool]:
    """Return what the SQL reads by `getvariable`."""
    return {
        "seed_key": (shop.seed * 2_654_435_761 + 374_761_393) % 4_294_967_291,
        "customers": shop.customers,
        "days": shop.days,
        "start_date": shop.start.isoformat(),
        "first_customer": batch.first_customer,
        "last_customer": batch.last_customer,
        "first_visitor": batch.first_visitor,
        "last_visitor": batch.last_visitor,
        "first_event": (batch.number + 1) * EVENTS_PER_BATCH,
        "from_second": 0,
        "until_second": shop.days * 86_400,
        **{f"has_{trait}": trait not in shop.without for trait in TRAITS},
    }


def _set(connection: duckdb.DuckDBPyConnection, name: str, value: int | str | bool) -> None:
    literal = f"'{value}'" if isinstance(value, str) else str(value)
    connection.execute(f"set variable {name} = {literal}")


def _write(connection: duckdb.DuckDBPyConnection, concept: str, target: Path, kind: str) -> int:
    """Write the rows of a concept to `target` with the suffix of its kind; return their number."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = str(target.with_name(f"{target.name}.{kind}")).replace("'", "''")
    written = connection.execute(f"copy ({_sql(concept)}) to '{path}' ({WRITERS[kind]})")
    row = written.fetchone()
    return int(row[0]) if row else 0


def _sql(concept: str) -> str:
    return (files("orchestration.simulator") / f"{concept}.sql").read_text(encoding="utf-8")
