"""The registry of everything a build can be told: dbt vars, options, environment variables.

Belongs here: names, kinds, ranges, defaults and one sentence on each, as data. Does not belong
here: reading or checking what a user gave; that is `build_settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int | bool


@dataclass(frozen=True)
class Variable:
    """One setting of a build: a dbt var and how it is given.

    Attributes:
        name: the name of the dbt var.
        kind: `date`, `timestamp`, `timezone`, `currency`, `frameworks`, `integer`, `truth`, `name`.
        default: the value when nothing is given; a blank text is decided from the data.
        description: one sentence for the documentation.
        option: the command-line option; blank for what `--var NAME=VALUE` gives.
        environment: the environment variable that stands in for the option.
        minimum: lowest integer allowed.
        maximum: highest integer allowed.
        by_hand_only: true when only a dbt build by hand can use it.
    """

    name: str
    kind: str
    default: Value
    description: str
    option: str = ""
    environment: str = ""
    minimum: int = 0
    maximum: int = 0
    by_hand_only: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "as_of_date",
        "date",
        "",
        "Last day that counts; blank is the latest day of any valid event or order.",
        "--as-of",
        "LIFECYCLE_AS_OF",
    ),
    Variable(
        "known_at",
        "timestamp",
        "",
        "Rows received after this instant (UTC unless it has an offset) are ignored.",
        "--known-at",
        "LIFECYCLE_KNOWN_AT",
    ),
    Variable(
        "reporting_timezone",
        "timezone",
        "UTC",
        "IANA time zone in which an instant becomes a date.",
        "--timezone",
        "LIFECYCLE_TIMEZONE",
    ),
    Variable(
        "reporting_currency",
        "currency",
        "",
        "ISO 4217 code that money is reported in; blank is the only currency present, else EUR.",
        "--currency",
        "LIFECYCLE_CURRENCY",
    ),
    Variable(
        "frameworks",
        "frameworks",
        "",
        "Frameworks to build: `all` or names joined by commas; blank is the default framework.",
        "--frameworks",
        "LIFECYCLE_FRAMEWORKS",
    ),
    Variable(
        "identity_as_of",
        "date",
        "",
        "Identity is built from events and merges up to this day; blank is the as-of date.",
    ),
    Variable(
        "fulfilment_sla_days",
        "integer",
        14,
        "Days after which an order no longer counts as open.",
        minimum=1,
        maximum=3650,
    ),
    Variable(
        "session_timeout_minutes",
        "integer",
        30,
        "A pause longer than this many minutes starts a new session.",
        minimum=1,
        maximum=1440,
    ),
    Variable(
        "allow_missing_rates",
        "truth",
        False,
        "Publish although an order has no exchange rate; its value is then null.",
    ),
    Variable(
        "pending_is_booked",
        "truth",
        False,
        "Count orders of status `pending` as booked in the money KPIs.",
    ),
    Variable(
        "subscription_grace_days",
        "integer",
        45,
        "Days without a renewal after which a subscription counts as ended.",
        minimum=1,
        maximum=3650,
    ),
    Variable(
        "raw_database",
        "name",
        "raw_db",
        "Database (dbt source) of the raw tables when another loader fills them.",
        by_hand_only=True,
    ),
    Variable(
        "raw_schema",
        "name",
        "raw",
        "Schema of the raw tables when another loader fills them.",
        by_hand_only=True,
    ),
)

# What addresses are hashed with where nobody chose otherwise; `lifecycle init` writes a random one.
DEFAULT_SALT = "customer-lifecycle"

# Environment variables besides the twins of VARIABLES: name -> description.
DIRECTORIES: Mapping[str, str] = {
    "LIFECYCLE_RAW_DIR": "Landing files (--raw-dir).",
    "LIFECYCLE_STATE_DIR": "State directory (--state-dir).",
    "LIFECYCLE_RULES_DIR": "Rule seeds that override the shipped ones by name (--rules-dir).",
    "LIFECYCLE_SOURCES": "sources.yml that says what lies there in other shapes (--sources).",
    "LIFECYCLE_IDENTITY_SALT": "What addresses are hashed with; it never changes within a state.",
}
ENGINE: Mapping[str, str] = {
    "LIFECYCLE_THREADS": "Threads of dbt, 1 to 64 (default 1).",
    "LIFECYCLE_MEMORY_LIMIT": "Memory of DuckDB before it spills, like 512MB (default 2GB).",
}
# What Dagster alone reads; `orchestration.settings.dagster_settings` checks the values.
DAGSTER: Mapping[str, str] = {
    "LIFECYCLE_SCHEDULE_CRON": "When daily_build runs, five cron fields (default `0 5 * * *`).",
    "LIFECYCLE_SCHEDULE_TIMEZONE": "IANA zone of that time (default UTC).",
    "LIFECYCLE_FRESHNESS_HOURS": "Hours after which a published version is stale (default 26).",
    "LIFECYCLE_ALERT_WEBHOOK": "https address that alerts are posted to (default: none).",
    "LIFECYCLE_ALERT_FILE": "File that alerts are appended to (default alerts.jsonl in the state).",
    "LIFECYCLE_DAGSTER_URL": "Address of the UI in alerts (default http://127.0.0.1:3000).",
    "LIFECYCLE_DAGSTER_DIR": "Dagster's own storage; set by `make dev` (var/dagster).",
    "LIFECYCLE_DAGSTER_LOGS": "Output of Dagster's steps; set by `make dev` (var/dagster/logs).",
    "LIFECYCLE_DAGSTER_POSTGRES_URL": "Where dagster.yaml keeps its storage in PostgreSQL, if so.",
}
# Set by the build itself for the dbt process, or by the fault tests; a user's value has no effect
# on a build, since the build writes its own.
INTERNAL: Mapping[str, str] = {
    "LIFECYCLE_SEEDS_DIR": "Merged rule seeds that dbt reads.",
    "LIFECYCLE_BUILD_ID": "Id of the build, for build_info.",
    "LIFECYCLE_RULES_HASH": "SHA-256 of the merged rule seeds, for build_info.",
    "LIFECYCLE_INPUTS_HASH": "SHA-256 over the ledger's tables and files, for build_info.",
    "LIFECYCLE_VERSION": "Version of this package, for build_info.",
    "LIFECYCLE_FAIL_POINT": "Name of the fail point at which a test kills the process.",
}


BY_NAME: Mapping[str, Variable] = {variable.name: variable for variable in VARIABLES}


def known_environment() -> frozenset[str]:
    """Return the name of every LIFECYCLE_ environment variable there is."""
    twins = {variable.environment for variable in VARIABLES if variable.environment}
    groups = (DIRECTORIES, ENGINE, DAGSTER, INTERNAL)
    return frozenset(twins.union(*(group.keys() for group in groups)))
