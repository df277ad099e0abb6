"""This project's side: the compiled SQL of a built state directory over the same Parquet files.

Belongs here: the inputs that all sides read, and answering a question with the models as they are.
Does not belong here: the other libraries (`sides`), equality and the page (`__main__`).

    python -m tests.benchmarks.peers.ours STATE QUESTION INPUTS OUTPUT

prints the CPU seconds from the first byte read to the answer in memory.
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.settings.paths import StateDir
from tests.benchmarks.peers.sides import cpu_seconds
from tests.benchmarks.plan import read_plan
from tests.benchmarks.whole_build import read_manifest
from tests.benchmarks.workload import profile_settings

# What every side reads: the cleaned rows of persons, of buyers without any id as little as anybody.
KNOWN = "person_key in (select person_key from {person_attributes} where not is_guest)"
INPUTS = {
    "orders": "select person_key, order_date, cast(10000 * (coalesce(order_value, 0) "
    "- coalesce(refunded_value, 0)) as bigint) as net_value from {booked_orders} "
    "where not is_guest and subscription_id is null order by order_id",
    "order_days": "select person_key, order_date, first_order_on, previous_order_on, orders, "
    "cast(10000 * gross_value as bigint) as value from {customer_order_days} "
    "order by person_key, order_date",
    "facts": f"select person_key, signal_date from {{person_signals}} where {KNOWN}",
    "visits": f"select person_key, event_date from {{session_starts}} where {KNOWN}",
    "settings": "select * from {settings}",
    "calendar": "select * from {activity_calendar}",
    "periods": "select * from {periods}",
}


@dataclass(frozen=True)
class Question:
    """What is asked, and how this project answers.

    Attributes:
        models: the models that are run, parents first.
        inputs: what they read, as queries over the files; columns that answer nothing here are
            constants.
        answer: their result with whole numbers only, as every side gives it.
    """

    models: tuple[str, ...]
    inputs: dict[str, str]
    answer: str


MONTH = "12 * year({0}) + month({0}) - 1"
QUESTIONS = {
    "rfm": Question(
        ("int_value_order_days", "int_value_histories"),
        {
            "int_booked_orders": "select person_key, order_date, false as is_guest, "
            "null as subscription_id, false as is_missing_rate, 0 as refunded_value, "
            "cast(net_value / cast(10000 as decimal(9, 4)) as decimal(18, 4)) as order_value "
            "from orders",
            "int_settings": "from settings",
        },
        "select * replace (cast(10000 * monetary_value as bigint) as monetary_value) "
        "from {int_value_histories}",
    ),
    "cohorts": Question(
        ("retention_cohorts",),
        {
            "int_customer_order_days": "select * exclude (value), "
            "cast(value / cast(10000 as decimal(9, 4)) as decimal(38, 4)) as gross_value, "
            "false as is_missing_rate from order_days",
            "int_cohort_groups": "select distinct person_key, 'all' as dimension, "
            "'all' as dimension_value from order_days",
            "int_refunds": "select '' as order_id, current_date as refund_date, "
            "cast(0 as decimal(18, 4)) as refund_value where false",
            "int_booked_orders": "select '' as order_id, 0 as person_key, "
            "false as is_missing_rate where false",
            "int_settings": "from settings",
            "int_periods": "from periods",
        },
        f"select {MONTH.format('cohort_month')} as cohort, {MONTH.format('month')} as month, "
        "customers, active, cast(orders as bigint) as orders, "
        "cast(10000 * revenue as bigint) as revenue "
        "from {retention_cohorts}",
    ),
    "activity": Question(
        ("int_activity_periods", "activity_lifecycle"),
        {
            "int_person_signals": "from facts",
            "int_session_starts": "from visits",
            "int_person_attributes": "select person_key, false as is_guest from "
            "(select person_key from facts union select person_key from visits)",
            "int_customer_order_days": "from order_days",
            "int_activity_calendar": "from calendar",
            "int_periods": "from periods",
        },
        'select period_grain, period_start, activity, new_persons, "returning", resurrecting, '
        "dormant from {activity_lifecycle}",
    ),
}


def write_inputs(state: StateDir, folder: Path) -> None:
    """Write the Parquet files that every side reads from a built state directory."""
    relations = {
        node.name.removeprefix("int_"): node.relation
        for node in read_plan(read_manifest(state), None)
    }
    with closing(duckdb.connect(str(state.working_database), read_only=True)) as connection:
        connection.execute(f"attach '{state.raw_database}' as raw_db (read_only)")
        for name, query in INPUTS.items():
            select = query.format(**relations)
            connection.execute(f"copy ({select}) to '{folder / name}.parquet' (format parquet)")


def answer(question: Question, state: StateDir, folder: Path, output: Path) -> float:
    """Answer with the models' SQL, write the answer, and return the CPU seconds it took."""
    plan = {node.name: node for node in read_plan(read_manifest(state), None)}
    with closing(duckdb.connect()) as connection:
        for name, value in profile_settings(state.root).items():
            connection.execute(f"set {name} = '{value}'")
        connection.execute("attach ':memory:' as working")
        for schema in sorted({node.schema for node in plan.values()}):
            connection.execute(f'create schema working."{schema}"')
        for name in INPUTS:
            file = folder / f"{name}.parquet"
            connection.execute(f"create view memory.main.{name} as from read_parquet('{file}')")
        for name, query in question.inputs.items():
            connection.execute(f"create view {plan[name].relation} as ({query})")
        relations = {name: plan[name].relation for name in question.models}
        before = cpu_seconds()
        for name in question.models:
            connection.execute(plan[name].statement())
        connection.execute(
            f"create table memory.main.answer as {question.answer.format(**relations)}"
        )
        spent = cpu_seconds() - before
        connection.execute(f"copy memory.main.answer to '{output}' (format parquet)")
    return spent


def main() -> None:
    """Answer one question."""
    state, question, folder, output = sys.argv[1:]
    print(answer(QUESTIONS[question], StateDir.at(Path(state)), Path(folder), Path(output)))


if __name__ == "__main__":
    main()
