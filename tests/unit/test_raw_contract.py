"""The contract's YAML is read whole, and a slip of the pen in it is an error, not a lost rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.ingest.raw_contract import CONTRACT_FILE, ContractError, load_contract

TEMPLATE = """
sources:
  - name: raw
    tables:
      - name: things
        config:
          meta:
            primary_key: [thing_id]
            extra_columns: schema_log
        columns:
          - name: thing_id
            data_type: varchar
            config:
              meta:
                required: true
"""


def read(tmp_path: Path, text: str):
    path = tmp_path / "raw.yml"
    path.write_text(text)
    return load_contract(path)


def test_the_shipped_contract_has_the_ten_tables_and_two_are_required() -> None:
    contract = load_contract()
    assert contract.table_names == (
        "events",
        "orders",
        "order_lines",
        "refunds",
        "customers",
        "customer_merges",
        "products",
        "channel_daily",
        "exchange_rates",
        "erasure_requests",
    )
    required = [table.name for table in contract.tables if not table.is_optional]
    assert required == ["events", "orders"]
    assert [len(table.columns) for table in contract.tables] == [
        21, 31, 6, 6, 15, 3, 7, 15, 3, 2,
    ]  # fmt: skip


def test_every_money_column_has_four_decimals_and_every_rate_ten() -> None:
    columns = [column for table in load_contract().tables for column in table.columns]
    decimals = {column.data_type for column in columns if column.kind == "decimal"}
    assert decimals == {"decimal(18,4)", "decimal(20,10)"}
    rates = [column.name for column in columns if column.data_type == "decimal(20,10)"]
    assert rates == ["rate"]


def test_every_timestamp_begins_in_1990() -> None:
    columns = [column for table in load_contract().tables for column in table.columns]
    timestamps = [column for column in columns if column.kind == "timestamp"]
    assert len(timestamps) > 10
    assert {column.minimum for column in timestamps} == {"1990-01-01"}


def test_primary_keys_are_never_null() -> None:
    keys = [table.column(name) for table in load_contract().tables for name in table.primary_key]
    assert len(keys) == 14
    assert all(column.required or column.default is not None for column in keys)


def test_every_table_and_column_of_the_contract_is_described() -> None:
    text = CONTRACT_FILE.read_text()
    contract = load_contract()
    named = len(contract.tables) + sum(len(table.columns) for table in contract.tables) + 1
    assert text.count("description:") == named
    assert " ".join(text.split()).count("One row per") == len(contract.tables)


def test_a_minimal_contract_is_read(tmp_path: Path) -> None:
    (table,) = read(tmp_path, TEMPLATE).tables
    assert (table.name, table.primary_key, table.is_optional) == ("things", ("thing_id",), False)
    assert table.column("thing_id").required
    with pytest.raises(KeyError):
        table.column("other")


@pytest.mark.parametrize(
    ("found", "replacement", "complaint"),
    [
        ("required:", "requried:", 'requried is unknown; did you mean "required"'),
        ("primary_key: [thing_id]", "primary_key: [thing]", "thing is not one of its columns"),
        ("primary_key: [thing_id]", "optional_table: true", "add a primary_key"),
        ("varchar", "varchar2", "data_type varchar2 is not one of"),
        ("varchar", "json", "json_type"),
        ("schema_log", "nowhere", "extra_columns must be"),
        ("schema_log", "properties", "need a column properties"),
        ("name: raw", "name: other", "no dbt source called raw"),
        ("sources:", "sources: [", "no dbt source called raw"),
    ],
)
def test_a_slip_in_the_contract_is_one_sentence_that_names_the_place(
    tmp_path: Path, found: str, replacement: str, complaint: str
) -> None:
    assert found in TEMPLATE
    with pytest.raises(ContractError, match=r"raw\.yml") as refused:
        read(tmp_path, TEMPLATE.replace(found, replacement))
    assert complaint in str(refused.value)
