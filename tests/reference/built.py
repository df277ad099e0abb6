"""What a built working database says where the marts of value and of calibration begin.

Belongs here: reading the tables of the rooms before into what the reference tells marts from. Does
not belong here: the telling; raw rows (``landed``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from tests.reference.calibration.odds import Span, Standings
from tests.reference.value.customer_value import Fits, Order, Standing, Term, World
from tests.reference.value.ledger import rows

FAR = date(9999, 12, 31)
Days = list[tuple[date, date | None]]


@dataclass(frozen=True)
class Built:
    """A connection to which a working database is attached as `working`."""

    connection: duckdb.DuckDBPyConnection

    def _of(self, schema: str) -> Callable[..., list[dict[str, Any]]]:
        return lambda name, *where: rows(self.connection, f"working.{schema}.{name}", *where)

    @property
    def marts(self) -> Callable[..., list[dict[str, Any]]]:
        """The rows of a mart, for which a condition holds if there is one."""
        return self._of("marts")

    @property
    def facts(self) -> Callable[..., list[dict[str, Any]]]:
        """The rows of an intermediate table, likewise."""
        return self._of("intermediate")

    @property
    def as_of(self) -> date:
        """The last reporting date."""
        return self.facts("int_settings")[0]["as_of_date"]

    @property
    def windows(self) -> Mapping[str, int]:
        """What people decide."""
        return {
            row["name"]: row["value"] for row in rows(self.connection, "working.seeds.kpi_windows")
        }

    @property
    def framework(self) -> str:
        """The default framework."""
        (row,) = rows(self.connection, "working.seeds.frameworks", "is_default")
        return row["framework"]

    @property
    def names(self) -> dict[int, str]:
        """The subject of each person's key."""
        return {row["person_key"]: row["person_id"] for row in self.facts("int_persons")}

    def world(self) -> World:
        """What the value of customers is told from."""
        keys = {name: key for key, name in self.names.items()}
        amounts = {
            (row["person_key"], row["subscription_id"]): row["amount"]
            for row in self.facts("int_subscription_amounts")
            if row["valid_from"] <= self.as_of < row["valid_to"]
        }
        return World(
            self.as_of,
            [
                Order(
                    row["person_key"],
                    row["order_date"],
                    Decimal(0)
                    if row["is_missing_rate"]
                    else row["order_value"] - row["refunded_value"],
                    row["is_missing_rate"],
                    row["is_guest"],
                    row["subscription_id"],
                )
                for row in self.facts("int_booked_orders")
            ],
            [
                Term(
                    row["person_key"],
                    row["subscription_id"],
                    row["begins_on"],
                    row["ends_on"],
                    amounts.get((row["person_key"], row["subscription_id"])),
                )
                for row in self.facts("int_subscription_terms")
            ],
            [
                Standing(
                    keys[row["subject_id"]],
                    row["stage"],
                    row["health"],
                    row["valid_from"],
                    row["valid_to"] or FAR,
                )
                for row in self.marts("lifecycle_history", f"framework = '{self.framework}'")
            ],
            [
                row["stage"]
                for row in self.marts("stages", f"framework = '{self.framework}' order by ordinal")
            ],
        )

    def fits(self) -> Fits:
        """The published fits by purpose and model; what was never fitted is left out."""
        found: dict[tuple[str, str], dict[str, float]] = {}
        for row in self.marts("model_fits"):
            found.setdefault((row["purpose"], row["model"]), {})[row["name"]] = row["value"]
        return {key: fit for key, fit in found.items() if "is_converged" in fit}

    def standings(self, means: Mapping[tuple[str, str], float]) -> Standings:
        """What the odds of the default framework are told from."""
        stages: dict[str, list[str]] = {}
        for row in self.marts("stages", "true order by ordinal"):
            stages.setdefault(row["framework"], []).append(row["stage"])
        histories: dict[tuple[str, Any], list[Span]] = {}
        in_order = f"framework = '{self.framework}' order by subject_id, valid_from"
        for row in self.marts("lifecycle_history", in_order):
            histories.setdefault((row["framework"], row["subject_id"]), []).append(
                Span(row["valid_from"], row["stage"], row["health"])
            )
        return Standings(self.as_of, self.windows, stages, histories, self.framework, means)

    def order_days(self) -> dict[int, Days]:
        """The order days of each person but guests, with the day on which each was voided."""
        guests = {
            row["person_key"] for row in self.facts("int_persons", "guest_order_id is not null")
        }
        found: dict[int, Days] = {}
        for row in self.facts("int_order_days", "subject_key >= 0"):
            if row["subject_key"] not in guests:
                found.setdefault(row["subject_key"], []).append(
                    (row["order_date"], row["voided_on"])
                )
        return found

    def health(self) -> dict[int, list[tuple[date, str]]]:
        """The changes of each subject's health, in order."""
        found: dict[int, list[tuple[date, str]]] = {}
        for row in self.facts("int_health_changes", "true order by changed_on"):
            found.setdefault(row["subject_key"], []).append((row["changed_on"], row["health"]))
        return found
