"""Whether a finished build looks like a shop: Great Expectations over the bands of the seeds.

Belongs here: reading the measured values and their bands, the suite made from them, and what its
results say. Does not belong here: the bands (`seeds/rules/expectations.csv`), how a value is
measured (the mart `plausibility`), or what follows from a broken band (`gate`).

Nothing is taken on trust: a suite that cannot run, an expectation without a value and a build of
which nothing was judged are findings against publishing. Importing the library takes seconds, so
`load_library` lets a caller have it done while dbt runs.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Generator, Mapping, MutableSequence, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import duckdb

from orchestration.errors import first_line
from orchestration.settings.paths import StateDir

SUITE = "plausibility"
_LIBRARY = "great_expectations"
# Of its imports: those that it can do without, and those that it asks for and never uses here.
_OPTIONAL = ("pyspark", "sqlalchemy")
_UNUSED = ("altair", "scipy", "scipy.stats")
_MOST_ITEMS_SHOWN = 5
# Of the same people: the version that readers see may be older than this build, never newer.
_KNOWN_THEN = """
select count(*), (select max(as_of_date) from marts.build_info)
from marts.subjects where subject_type = 'person'
"""
_KNOWN_NOW = """
select
    (select count(*) from marts.subjects
     where subject_type = 'person' and first_seen_on <= $as_of),
    (select bool_and(as_of_date >= $as_of and known_at is null) from marts.build_info)
"""


@dataclass(frozen=True)
class Band:
    """One row of the seed `expectations`.

    Attributes:
        expectation: its name.
        compared_with: `itself` or `published`.
        at_least: lowest plausible value; None for no bound.
        at_most: highest plausible value; None for no bound.
        least_population: fewest things a value must rest on to be judged.
        severity: `error` or `warn`.
        rationale: why the band lies there.
    """

    expectation: str
    compared_with: str
    at_least: float | None
    at_most: float | None
    least_population: float
    severity: str
    rationale: str


@dataclass(frozen=True)
class Measure:
    """One measured value.

    Attributes:
        expectation: what was measured.
        item: of which thing; blank for the whole shop.
        value: None if there is nothing to measure.
        is_judged: False when the value is missing or rests on too little.
    """

    expectation: str
    item: str
    value: float | None
    is_judged: bool


@dataclass(frozen=True)
class Finding:
    """What one expectation came to.

    Attributes:
        expectation: its name; the name of the suite when the suite itself failed.
        passed: whether nothing speaks against the build.
        severity: `error` or `warn`, what a broken band means.
        sentence: one sentence for people.
        values: judged values by item.
    """

    expectation: str
    passed: bool
    severity: str
    sentence: str
    values: Mapping[str, float]


def judge(state: StateDir) -> tuple[Finding, ...]:
    """Hold the working database against the bands; at least one finding, in the seed's order."""
    try:
        bands, measures = _read(state)
    except duckdb.Error as error:
        return (_broken_suite(f"its values cannot be read ({first_line(error)})"),)
    return judge_measures(bands, measures)


def judge_measures(bands: Sequence[Band], measures: Sequence[Measure]) -> tuple[Finding, ...]:
    """Validate measured values against their bands with Great Expectations."""
    judged = [measure for measure in measures if measure.is_judged]
    if not bands:
        return (_broken_suite("the seed expectations.csv has no row"),)
    if not judged:
        return (_broken_suite("there is not one value to judge"),)
    try:
        results = _validate(bands, judged)
    except Exception as error:  # noqa: BLE001  # whatever breaks the suite closes the gate
        return (_broken_suite(f"it ended with {type(error).__name__}: {first_line(error)}"),)
    return tuple(
        _finding(
            band,
            [measure for measure in measures if measure.expectation == band.expectation],
            results.get(band.expectation, []),
        )
        for band in bands
    )


def load_library() -> None:
    """Import Great Expectations, without its telemetry; may run in a thread of its own."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with _without_unused_parts():
        importlib.import_module(_LIBRARY)


@contextmanager
def _without_unused_parts() -> Generator[None]:
    """Have the library imported without what it imports for other expectations than ours.

    Drawings, distributions and SQL engines take more than half of its import. What somebody else
    has imported stays, and what is left out is there again for whoever imports it afterwards.
    """
    absent = {name: None for name in _OPTIONAL if name not in sys.modules}
    stand_ins = {name: _StandIn(name) for name in _UNUSED if name not in sys.modules}
    # The import makes a million objects that stay; counting them again and again finds no garbage.
    was_collecting = gc.isenabled()
    gc.disable()
    sys.modules.update(absent | stand_ins)  # pyright: ignore[reportArgumentType, reportCallIssue]
    try:
        yield
    finally:
        for name in (*absent, *stand_ins):
            sys.modules.pop(name, None)
        if was_collecting:
            gc.enable()


class _StandIn(ModuleType):
    """A module that has whatever is asked for and can do nothing."""

    __path__: MutableSequence[str] = []  # noqa: RUF012 - it makes a package of the module

    def __getattr__(self, name: str) -> ModuleType:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(name)


def _read(state: StateDir) -> tuple[list[Band], list[Measure]]:
    with closing(duckdb.connect(str(state.working_database), read_only=True)) as working:
        bands = [
            Band(
                expectation=str(row[0]),
                compared_with=str(row[1]),
                at_least=_number(row[2]),
                at_most=_number(row[3]),
                least_population=float(row[4]),
                severity=str(row[5]),
                rationale=str(row[6]),
            )
            for row in working.execute(
                "select expectation, compared_with, at_least, at_most, least_population, severity, "
                "rationale from seeds.expectations order by rowid"
            ).fetchall()
        ]
        measures = [
            Measure(str(row[0]), str(row[1]), _number(row[2]), bool(row[3]))
            for row in working.execute(
                "select expectation, item, value, is_judged from marts.plausibility order by all"
            ).fetchall()
        ]
        measures += [
            _against_published(state, working, band)
            for band in bands
            if band.compared_with == "published"
        ]
    return bands, measures


def _against_published(state: StateDir, working: duckdb.DuckDBPyConnection, band: Band) -> Measure:
    """Return how many of the people known to the published version this build still knows.

    Not judged without a published version, for a build of an earlier day, and for a published file
    that cannot be read, since a new version is what replaces it.
    """
    unjudged = Measure(band.expectation, "", None, False)
    try:
        with closing(duckdb.connect(str(state.published_database), read_only=True)) as published:
            then, as_of = published.execute(_KNOWN_THEN).fetchall()[0]
    except duckdb.Error:
        return unjudged
    now, is_later = working.execute(_KNOWN_NOW, {"as_of": as_of}).fetchall()[0]
    if not then or not is_later:
        return unjudged
    return Measure(band.expectation, "", now / then, then >= band.least_population)


def _validate(bands: Sequence[Band], judged: Sequence[Measure]) -> dict[str, list[Any]]:
    """Run the suite and return its results by expectation."""
    load_library()
    gx: Any = importlib.import_module(_LIBRARY)
    column: Any = importlib.import_module(f"{_LIBRARY}.expectations.row_conditions").Column
    pandas: Any = importlib.import_module("pandas")
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    frame = pandas.DataFrame(
        {
            "expectation": [measure.expectation for measure in judged],
            "item": [measure.item for measure in judged],
            "value": pandas.array([measure.value for measure in judged], dtype="float64"),
        }
    )
    suite = gx.ExpectationSuite(name=SUITE)
    for band in bands:
        told = {
            "column": "value",
            "row_condition": column("expectation") == band.expectation,
            "meta": {"expectation": band.expectation},
        }
        suite.add_expectation(gx.expectations.ExpectColumnValuesToNotBeNull(**told))
        bounds = {"min_value": band.at_least, "max_value": band.at_most}
        if bounds != {"min_value": None, "max_value": None}:
            between = gx.expectations.ExpectColumnValuesToBeBetween
            suite.add_expectation(between(**told, **bounds))
    source = context.data_sources.add_pandas(SUITE).add_dataframe_asset(SUITE)
    batch = source.add_batch_definition_whole_dataframe(SUITE).get_batch({"dataframe": frame})
    results: dict[str, list[Any]] = {}
    for result in batch.validate(suite).results:
        name = str(result.expectation_config.meta["expectation"])
        results.setdefault(name, []).append(result)
    return results


def _finding(band: Band, measures: Sequence[Measure], results: Sequence[Any]) -> Finding:
    """Turn what the library found into one sentence."""
    judged = {measure.item: measure.value for measure in measures if measure.is_judged}
    values = {item: value for item, value in judged.items() if value is not None}
    passed = False
    if not measures:
        said = f"{_named(band)} has no value; the mart plausibility does not measure it"
    elif not judged:
        passed, said = True, f"{_named(band)} rests on too little to be judged"
    elif not results or any(result.exception_info.get("raised_exception") for result in results):
        said = f"{_named(band)} could not be judged by the suite"
    elif any(result.result.get("element_count") != len(judged) for result in results):
        said = f"{_named(band)} was judged on other rows than were measured"
    elif all(result.success for result in results):
        passed, said = True, f"{_named(band)} lies within {_range(band)}"
    else:
        broken = [item for item, value in judged.items() if not _within(band, value)]
        listed = ", ".join(
            f"{item} {values.get(item, 'nothing')}".strip() for item in broken[:_MOST_ITEMS_SHOWN]
        )
        why = band.rationale.rstrip(".")
        said = f"{_named(band)} is not within {_range(band)}: {listed} ({why})"
    return Finding(band.expectation, passed, band.severity, f"{said}.", values)


def _within(band: Band, value: float | None) -> bool:
    if value is None:
        return False
    low = band.at_least is None or value >= band.at_least
    return low and (band.at_most is None or value <= band.at_most)


def _named(band: Band) -> str:
    return f'The expectation "{band.expectation}"'


def _range(band: Band) -> str:
    low = "any value" if band.at_least is None else f"{band.at_least:g}"
    high = "any value" if band.at_most is None else f"{band.at_most:g}"
    return f"{low} to {high}"


def _broken_suite(why: str) -> Finding:
    return Finding(SUITE, False, "error", f"The plausibility suite did not run: {why}.", {})


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
