"""The same three questions asked of pandas, polars and chdb: what the project is measured against.

Belongs here: each library's own best way to the answer. Does not belong here: this project's SQL,
equality, the page (`__main__`). It runs in an environment of its own, so nothing of the project is
imported.

    python sides.py LIBRARY QUESTION INPUTS OUTPUT

reads the Parquet files of the folder INPUTS, writes the answer to the Parquet file OUTPUT and
prints the CPU seconds from the first byte read to the answer in memory. Amounts are whole
ten-thousandths, dates are dates, persons are integers: what suits these libraries best.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

# Days that a hold-out leaves out, by purpose; the longest needs twice its days before it.
PURPOSES = {"all": 0, "holdout_90": 90, "holdout_365": 365}
ACTIVITIES = {"any": "facts", "visit": "visits", "order": "order_days"}
GRAINS = ("day", "week", "week_sunday", "month", "quarter", "year")


def cpu_seconds() -> float:
    """Return the CPU seconds, user and system, of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def splits(as_of: date, first: date) -> dict[str, date]:
    """Return the day up to which each purpose knows the orders, where the shop is old enough."""
    return {
        purpose: as_of - timedelta(days)
        for purpose, days in PURPOSES.items()
        if first <= as_of - timedelta(2 * days)
    }


def with_pandas(question: str, folder: Path) -> Callable[[], Any]:
    """Return the work of pandas."""
    np: Any = import_module("numpy")
    pd: Any = import_module("pandas")

    def read(name: str, *columns: str) -> Any:
        frame = pd.read_parquet(folder / f"{name}.parquet", columns=list(columns) or None)
        for column in frame.columns:
            if str(frame[column].dtype) == "object":
                frame[column] = pd.to_datetime(frame[column])
        return frame

    def numbers(days: Any) -> Any:
        """Days since 1970 as integers: pandas groups and compares these fastest."""
        return days.to_numpy().astype("datetime64[D]").astype("int64")

    def day_number(day: date) -> int:
        return (day - date(1970, 1, 1)).days

    def rfm() -> Any:
        orders = read("orders", "person_key", "order_date", "net_value")
        as_of = read("settings")["as_of_date"].iloc[0].date()
        orders["day"] = numbers(orders["order_date"])
        days = orders.groupby(["person_key", "day"], sort=True, as_index=False)["net_value"].sum()
        days["first"] = days.groupby("person_key")["day"].transform("min")
        earliest = date(1970, 1, 1) + timedelta(int(days["day"].min()))
        found = []
        for purpose, until in splits(as_of, earliest).items():
            split = day_number(until)
            part = days[days["first"] <= split]
            known = part["day"] <= split
            repeat = known & (part["day"] > part["first"])
            part = part.assign(
                known_day=part["day"].where(known, -1),
                repeat=repeat.astype("int64"),
                later=(~known).astype("int64"),
                repeat_value=part["net_value"].where(repeat, 0),
            )
            totals = part.groupby("person_key", sort=False).agg(
                first=("first", "min"),
                last=("known_day", "max"),
                frequency=("repeat", "sum"),
                later_order_days=("later", "sum"),
                repeat_value=("repeat_value", "sum"),
            )
            value, times = totals["repeat_value"].to_numpy(), totals["frequency"].to_numpy()
            safe = np.where(times == 0, 1, times)
            # Half away from zero, as SQL rounds.
            mean = np.sign(value) * ((2 * np.abs(value) + safe) // (2 * safe))
            found.append(
                pd.DataFrame(
                    {
                        "purpose": purpose,
                        "person_key": totals.index.to_numpy(),
                        "frequency": times,
                        "recency_days": (totals["last"] - totals["first"]).to_numpy(),
                        "age_days": (split - totals["first"]).to_numpy(),
                        "monetary_value": np.where(times == 0, 0, mean),
                        "later_order_days": totals["later_order_days"].to_numpy(),
                    }
                )
            )
        return pd.concat(found, ignore_index=True)

    def cohorts() -> Any:
        days = read("order_days", "person_key", "order_date", "first_order_on", "orders", "value")
        as_of = read("settings")["as_of_date"].iloc[0]
        for name, column in (("month", "order_date"), ("cohort", "first_order_on")):
            day = days[column].dt
            days[name] = (day.year * 12 + day.month - 1).astype("int64")
        months = days.groupby(["cohort", "month", "person_key"], sort=False, as_index=False)[
            ["orders", "value"]
        ].sum()
        cells = months.groupby(["cohort", "month"], sort=False).agg(
            active=("person_key", "size"), orders=("orders", "sum"), revenue=("value", "sum")
        )
        sizes = days.drop_duplicates("person_key").groupby("cohort").size()
        last = as_of.year * 12 + as_of.month - 1
        every = pd.MultiIndex.from_tuples(
            [(cohort, month) for cohort in sizes.index for month in range(cohort, last + 1)],
            names=["cohort", "month"],
        )
        cells = cells.reindex(every, fill_value=0).reset_index()
        cells["customers"] = cells["cohort"].map(sizes)
        return cells[["cohort", "month", "customers", "active", "orders", "revenue"]]

    def starts(days: Any, grain: str) -> Any:
        if grain == "day":
            return days
        if grain in {"week", "week_sunday"}:
            shift = 3 if grain == "week" else 4
            return days - (days + shift) % 7
        if grain in {"month", "year"}:
            unit = "M" if grain == "month" else "Y"
            whole = days.astype("datetime64[D]").astype(f"datetime64[{unit}]")
            return whole.astype("datetime64[D]").astype("int64")
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype("int64")
        quarters = (months - months % 3).astype("datetime64[M]")
        return quarters.astype("datetime64[D]").astype("int64")

    def activity() -> Any:
        calendar = read("calendar")
        calendar["start"] = numbers(calendar["period_start"])
        found = []
        for name, table in ACTIVITIES.items():
            column = {"facts": "signal_date", "visits": "event_date"}.get(table, "order_date")
            rows = read(table, "person_key", column)
            packed = np.unique(
                (rows["person_key"].to_numpy().astype("int64") << 20) | numbers(rows[column])
            )
            person, day = packed >> 20, packed & 0xFFFFF
            for grain in GRAINS:
                periods = calendar[calendar["period_grain"] == grain].sort_values("start")
                first = starts(day, grain)
                kept = np.ones(len(first), bool)
                kept[1:] = (person[1:] != person[:-1]) | (first[1:] != first[:-1])
                who = person[kept]
                number = np.searchsorted(periods["start"].to_numpy(), first[kept])
                since = np.full(len(who), -1)
                same = who[1:] == who[:-1]
                since[1:][same] = np.diff(number)[same]
                until = np.full(len(who), 2)
                until[:-1][same] = np.diff(number)[same]
                size = len(periods) + 1

                def count(where: Any, numbers: Any, size: int = size) -> Any:
                    return np.bincount(numbers[where], minlength=size)[: size - 1]

                found.append(
                    pd.DataFrame(
                        {
                            "period_grain": grain,
                            "period_start": periods["period_start"].to_numpy(),
                            "activity": name,
                            "new_persons": count(since == -1, number),
                            "returning": count(since == 1, number),
                            "resurrecting": count(since > 1, number),
                            "dormant": count(until > 1, number + 1),
                        }
                    )
                )
        return pd.concat(found, ignore_index=True)

    return {"rfm": rfm, "cohorts": cohorts, "activity": activity}[question]


def with_polars(question: str, folder: Path) -> Callable[[], Any]:
    """Return the work of polars."""
    pl: Any = import_module("polars")

    def scan(name: str) -> Any:
        return pl.scan_parquet(folder / f"{name}.parquet")

    def as_of() -> date:
        return scan("settings").collect()["as_of_date"][0]

    def rfm() -> Any:
        days = (
            scan("orders")
            .group_by("person_key", "order_date")
            .agg(pl.col("net_value").sum())
            .with_columns(first=pl.col("order_date").min().over("person_key"))
            .collect()
        )
        found = []
        for purpose, until in splits(as_of(), days["order_date"].min()).items():
            known = pl.col("order_date") <= until
            repeat = known & (pl.col("order_date") > pl.col("first"))
            totals = (
                days.lazy()
                .filter(pl.col("first") <= until)
                .group_by("person_key")
                .agg(
                    first=pl.col("first").min(),
                    last=pl.col("order_date").filter(known).max(),
                    frequency=repeat.sum().cast(pl.Int64),
                    later_order_days=(~known).sum().cast(pl.Int64),
                    repeat_value=pl.col("net_value").filter(repeat).sum(),
                )
            )
            times = pl.max_horizontal(pl.col("frequency"), pl.lit(1))
            value = pl.col("repeat_value")
            found.append(
                totals.select(
                    pl.lit(purpose).alias("purpose"),
                    "person_key",
                    "frequency",
                    (pl.col("last") - pl.col("first")).dt.total_days().alias("recency_days"),
                    (pl.lit(until) - pl.col("first")).dt.total_days().alias("age_days"),
                    (value.sign() * ((2 * value.abs() + times) // (2 * times))).alias(
                        "monetary_value"
                    ),
                    "later_order_days",
                )
            )
        return pl.concat(found).collect()

    def cohorts() -> Any:
        def month(column: str) -> Any:
            return pl.col(column).dt.year().cast(pl.Int64) * 12 + pl.col(column).dt.month() - 1

        days = scan("order_days").with_columns(
            month=month("order_date"), cohort=month("first_order_on")
        )
        people = days.filter(pl.col("order_date") == pl.col("first_order_on"))
        cells = (
            days.group_by("cohort", "month", "person_key")
            .agg(pl.col("orders").sum(), pl.col("value").sum())
            .group_by("cohort", "month")
            .agg(
                active=pl.len().cast(pl.Int64),
                orders=pl.col("orders").sum(),
                revenue=pl.col("value").sum(),
            )
        )
        sizes = people.group_by("cohort").agg(customers=pl.len().cast(pl.Int64))
        until = as_of()
        last = until.year * 12 + until.month - 1
        return (
            sizes.with_columns(month=pl.int_ranges("cohort", last + 1))
            .explode("month")
            .join(cells, on=["cohort", "month"], how="left")
            .with_columns(pl.col("active", "orders", "revenue").fill_null(0))
            .select("cohort", "month", "customers", "active", "orders", "revenue")
            .collect()
        )

    def start(grain: str) -> Any:
        day = pl.col("day")
        if grain == "week_sunday":
            return day.dt.offset_by("1d").dt.truncate("1w").dt.offset_by("-1d")
        units = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}
        return day.dt.truncate(units[grain])

    def activity() -> Any:
        calendar = scan("calendar").sort("period_grain", "period_start").collect()
        found = []
        for name, table in ACTIVITIES.items():
            column = {"facts": "signal_date", "visits": "event_date"}.get(table, "order_date")
            days = (
                scan(table)
                .select("person_key", day=pl.col(column))
                .unique()
                .sort("person_key", "day")
                .collect()
            )
            for grain in GRAINS:
                periods = calendar.filter(pl.col("period_grain") == grain).select(
                    "period_start", number=pl.int_range(pl.len(), dtype=pl.Int64)
                )
                steps = (
                    days.lazy()
                    .select("person_key", period_start=start(grain))
                    .filter(
                        (pl.col("person_key") != pl.col("person_key").shift()).fill_null(True)
                        | (pl.col("period_start") != pl.col("period_start").shift())
                    )
                    .join(periods.lazy(), on="period_start", how="left", maintain_order="left")
                    .with_columns(
                        since=pl.when(pl.col("person_key") == pl.col("person_key").shift()).then(
                            pl.col("number") - pl.col("number").shift()
                        ),
                        until=pl.when(pl.col("person_key") == pl.col("person_key").shift(-1)).then(
                            pl.col("number").shift(-1) - pl.col("number")
                        ),
                    )
                )
                active = steps.group_by("number").agg(
                    new_persons=pl.col("since").is_null().sum().cast(pl.Int64),
                    returning=(pl.col("since") == 1).sum().cast(pl.Int64),
                    resurrecting=(pl.col("since") > 1).sum().cast(pl.Int64),
                )
                gone = (
                    steps.filter(pl.col("until").fill_null(2) > 1)
                    .group_by(number=pl.col("number") + 1)
                    .agg(dormant=pl.len().cast(pl.Int64))
                )
                found.append(
                    periods.lazy()
                    .join(active, on="number", how="left")
                    .join(gone, on="number", how="left")
                    .select(
                        pl.lit(grain).alias("period_grain"),
                        "period_start",
                        pl.lit(name).alias("activity"),
                        pl.col("new_persons", "returning", "resurrecting", "dormant").fill_null(0),
                    )
                )
        return pl.concat(found).collect()

    return {"rfm": rfm, "cohorts": cohorts, "activity": activity}[question]


def with_chdb(question: str, folder: Path) -> Callable[[], Any]:
    """Return the work of chdb, that is ClickHouse in this process."""
    session: Any = import_module("chdb.session").Session()
    text = (Path(__file__).parent / "chdb.sql").read_text(encoding="utf-8")
    queries = dict(part.split("\n", 1) for part in text.split("-- question: ")[1:])

    def work() -> Any:
        statements = queries[question].replace("FOLDER", str(folder)).split(";")
        for statement in statements:
            if statement.strip():
                session.query(statement)
        return session

    return work


LIBRARIES = {"pandas": with_pandas, "polars": with_polars, "chdb": with_chdb}


def write(answer: Any, library: str, output: Path) -> None:
    """Write the answer as Parquet."""
    if library == "pandas":
        answer.to_parquet(output)
    elif library == "polars":
        answer.write_parquet(output)
    else:
        answer.query(f"select * from answer into outfile '{output}' truncate format Parquet")


def main() -> None:
    """Answer one question with one library."""
    library, question, folder, output = sys.argv[1:]
    work = LIBRARIES[library](question, Path(folder))
    before = cpu_seconds()
    answer = work()
    print(cpu_seconds() - before)
    write(answer, library, Path(output))


if __name__ == "__main__":
    main()
