"""Which marts are never rewritten by later facts, as their contracts say, and whether that is true.

`append_only` stands in the meta of every mart: why it is not, or a claim or some. A claim is that
rows about a day (SQL: `day`) up to any day are the same, whatever came after. Of intervals the last
day, `until`, and what is `ahead` are not known before they are over. Only rows `where` something
holds may be meant, and only some `columns`; where it `ripens`, rows come when their time is over.
Belongs here: reading the claims, and the rows that belie one. Does not belong here: building twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import yaml

from orchestration.settings.paths import DBT_PROJECT_DIR

MARTS = DBT_PROJECT_DIR / "models" / "marts"


@dataclass(frozen=True)
class Claim:
    """What later facts leave alone; the names are those of the contract."""

    mart: str
    day: str
    where: str = "true"
    columns: tuple[str, ...] = ()
    until: str | None = None
    ahead: tuple[str, ...] = ()
    ripens: bool = False

    @property
    def name(self) -> str:
        """What a test is called by."""
        return f"{self.mart} of {self.day}" + ("" if self.where == "true" else ", some")


def contracts() -> Iterator[tuple[str, Any]]:
    """Each mart, and what its contract says of later facts."""
    for file in sorted(MARTS.rglob("*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", ()):
            yield model["name"], model["config"]["meta"].get("append_only")


def claims() -> list[Claim]:
    """The claims of all contracts."""
    return [
        Claim(mart, **{key: _frozen(value) for key, value in claim.items()})
        for mart, said in contracts()
        if not isinstance(said, str)
        for claim in (said if isinstance(said, list) else [said])
    ]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Comparison:
    """How many rows of the earlier build were compared, and some that belie the claim."""

    compared: int
    rewritten: list[tuple[Any, ...]]
    added: list[tuple[Any, ...]]


def compared(
    connection: duckdb.DuckDBPyConnection, claim: Claim, earlier: str, later: str, day: date
) -> Comparison:
    """Compare what two relations, of an earlier and of a later build, say of days up to one."""
    # Marts that tell of the last months forget the first ones.
    (first,) = connection.execute(
        f"select greatest((select min({claim.day}) from {earlier}), "
        f"(select min({claim.day}) from {later}))"
    ).fetchall()[0]
    columns = ", ".join(_known(connection, claim, earlier, day))

    def said(relation: str) -> str:
        return (
            f"select {columns} from {relation} "
            f"where {claim.day} between date '{first}' and date '{day}' and {claim.where}"
        )

    def only(one: str, other: str) -> list[tuple[Any, ...]]:
        query = f"{said(one)} except all ({said(other)}) order by all limit 5"
        return connection.execute(query).fetchall()

    ((count,),) = connection.execute(f"select count(*) from ({said(earlier)})").fetchall()
    return Comparison(count, only(earlier, later), [] if claim.ripens else only(later, earlier))


def _known(
    connection: duckdb.DuckDBPyConnection, claim: Claim, relation: str, day: date
) -> Iterator[str]:
    """The columns of a claim; what lies ahead on the day is unknown."""
    described = connection.execute(f"describe {relation}").fetchall()
    for column in claim.columns or tuple(name for name, *_ in described):
        if claim.until and column in (claim.until, *claim.ahead):
            yield f"case when {claim.until} <= date '{day}' then {column} end as {column}"
        else:
            yield column
