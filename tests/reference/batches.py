"""Which worlds are built together: a batch shares settings, rates and rules.

Belongs here: the list of batches, the making of their worlds with a fixed seed, and the landing
folder and command line of each. Does not belong here: comparing (``compare``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from orchestration.settings.build_settings import BuildSettings
from tests.reference import rulebook
from tests.reference.compare import run_lifecycle
from tests.reference.invented import rule_strategies, strategies
from tests.reference.invented.by_hand import BY_HAND
from tests.reference.invented.draws import examples
from tests.reference.invented.rule_strategies import RuleRows
from tests.reference.rulebook import Rulebook
from tests.reference.world import (
    ExchangeRate,
    LandingOptions,
    Settings,
    World,
    renamed,
    write_landing,
)

END = date(2020, 11, 20)
SHIPPED_SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "rules"
OPTIONS = {one.name: one.option for one in BuildSettings.declared() if one.option}


@dataclass(frozen=True)
class Batch:
    """Worlds that are taken in together.

    ``end`` is the day around which worlds end; it is ``as_of_date`` unless that is blank.
    """

    name: str
    seed: int
    settings: Settings
    end: date = END
    invented_rules: bool = False
    landing: LandingOptions = field(default_factory=LandingOptions)

    def variables(self) -> dict[str, str]:
        """What the settings say that the defaults do not, by the var that says it."""
        given, default = self.settings, Settings()
        named = {
            "as_of_date": given.as_of_date,
            "known_at": given.known_at.isoformat() if given.known_at else None,
            "reporting_timezone": given.timezone,
            "reporting_currency": given.currency,
            "frameworks": "all",
            "allow_missing_rates": str(given.allow_missing_rates).lower(),
        }
        others = {
            name: getattr(given, name)
            for name in (
                "identity_as_of",
                "fulfilment_sla_days",
                "session_timeout_minutes",
                "pending_is_booked",
                "subscription_grace_days",
                "renewal_slack_days",
                "kpi_history_days",
                "fiscal_year_start_month",
                "rfm_window_days",
                "own_domains",
            )
            if getattr(given, name) != getattr(default, name)
        }
        texts = {
            name: ",".join(value) if isinstance(value, tuple) else str(value).lower()
            for name, value in others.items()
        }
        return {name: str(value) for name, value in named.items() if value is not None} | texts

    def options(self, raw_dir: Path, state_dir: Path, rules_dir: Path | None) -> list[str]:
        """The arguments of ``lifecycle`` that build this batch."""
        options = ["build", "--raw-dir", str(raw_dir), "--state-dir", str(state_dir)]
        options += [] if rules_dir is None else ["--rules-dir", str(rules_dir)]
        for name, text in self.variables().items():
            options += [OPTIONS[name], text] if name in OPTIONS else ["--var", f"{name}={text}"]
        return options


@dataclass(frozen=True)
class Landed:
    """A batch whose files lie where a build takes them in."""

    batch: Batch
    worlds: list[World]
    rules: Rulebook
    raw_dir: Path
    rules_dir: Path | None
    state_dir: Path


def build(batch: Batch, folder: Path) -> Landed:
    """Invent a batch's rules and worlds, land them in ``folder``, build and publish them."""
    landed = land(batch, folder)
    run_lifecycle(batch.options(landed.raw_dir, landed.state_dir, landed.rules_dir))
    return landed


def land(batch: Batch, folder: Path) -> Landed:
    """Invent a batch's rules and worlds, and land them in ``folder``."""
    rules_dir = folder / "rules" if batch.invented_rules else None
    if rules_dir is not None:
        rule_strategies.write_rules(rules_of(batch), SHIPPED_SEEDS, rules_dir)
    rules = rulebook.load(SHIPPED_SEEDS, rules_dir)
    worlds = worlds_of(batch, worlds_per_batch(), rules)
    landed = Landed(batch, worlds, rules, folder / "raw", rules_dir, folder / "state")
    write_landing(worlds, batch.settings, landed.raw_dir, batch.landing)
    return landed


def _rates(*rows: tuple[date, str, str]) -> tuple[ExchangeRate, ...]:
    return tuple(ExchangeRate(day, currency, Decimal(rate)) for day, currency, rate in rows)


# GBP is always known, USD changes on two days, JPY begins late: what came before it has no value.
TO_EUR = _rates(
    (date(2018, 1, 1), "GBP", "1.1512345678"),
    (date(2019, 1, 1), "USD", "0.9"),
    (date(2020, 6, 30), "USD", "0.9333333333"),
    (date(2020, 10, 1), "USD", "1.05"),
    (date(2020, 8, 1), "JPY", "0.0061728395"),
)
TO_USD = _rates(
    (date(2018, 1, 1), "EUR", "1.1"),
    (date(2020, 9, 1), "EUR", "1.0876543210"),
    (date(2020, 5, 1), "GBP", "1.25"),
)

BATCHES = (
    Batch(
        "settings_from_the_data",
        1,
        Settings(timezone="Europe/Rome", session_timeout_minutes=45, rates=TO_EUR),
        landing=LandingOptions(parts=3),
    ),
    Batch(
        "half_hour_zone_and_identity_known_later",
        2,
        Settings(
            as_of_date=END,
            identity_as_of=END + timedelta(days=45),
            timezone="Asia/Kolkata",
            currency="EUR",
            fulfilment_sla_days=3,
            subscription_grace_days=0,
            renewal_slack_days=0,
            rates=TO_EUR,
        ),
        landing=LandingOptions(formats={"events": "jsonl", "orders": "jsonl"}),
    ),
    Batch(
        "half_hour_summer_time_and_identity_known_earlier",
        3,
        Settings(
            as_of_date=date(2020, 10, 31),
            identity_as_of=date(2020, 8, 31),
            known_at=datetime(2020, 11, 4, 10, 30),
            timezone="Australia/Lord_Howe",
            currency="USD",
            rates=TO_USD,
        ),
        end=date(2020, 10, 31),
    ),
    Batch(
        "invented_rules",
        6,
        Settings(
            as_of_date=END,
            known_at=datetime(2020, 11, 30),
            timezone="America/New_York",
            currency="USD",
            fulfilment_sla_days=30,
            subscription_grace_days=10,
            renewal_slack_days=14,
            rates=TO_USD,
        ),
        invented_rules=True,
        landing=LandingOptions(backwards=True),
    ),
)


def worlds_per_batch() -> int:
    """Worlds of one batch; LIFECYCLE_WORLDS asks for more of them over all batches."""
    wanted = int(os.environ.get("LIFECYCLE_WORLDS", "320"))
    return -(-wanted // len(BATCHES))


def worlds_of(batch: Batch, count: int, rulebook: Rulebook) -> list[World]:
    """The worlds of a batch, ids prefixed, those by hand first; the same ones in every run."""
    made = [person.world for person in BY_HAND]
    made += strategies.exact_worlds(batch.settings)
    invented = strategies.worlds(batch.settings, batch.end)
    made += examples(invented, count - len(made), _seed(batch))
    return [
        renamed(world, f"w{number:04d}", rulebook.excluded_ids) for number, world in enumerate(made)
    ]


def rules_of(batch: Batch) -> RuleRows:
    """The invented rule rows of a batch; the same ones in every run."""
    # Hypothesis begins with the simplest rows; the last ones are the richest.
    return examples(rule_strategies.rule_rows(), 4, _seed(batch))[-1]


def _seed(batch: Batch) -> int:
    # LIFECYCLE_WORLDS_SEED turns the same suite into a search among other worlds.
    return batch.seed + 100 * int(os.environ.get("LIFECYCLE_WORLDS_SEED", "0"))
