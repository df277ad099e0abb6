"""The check that dbt-bouncer lacks: a mart's declared key is the key its test proves."""

from collections.abc import Collection, Sequence
from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail


def unproven_key(
    declared: Sequence[str], columns: Collection[str], tested: Sequence[Sequence[str]]
) -> str:
    """Say why a declared primary key is not proven; blank when it is.

    Publishing orders rows by the declared key; were it not a key, the order would not be total and
    two builds of the same input could differ.

    Args:
        declared: the columns of `meta.primary_key`.
        columns: the columns of the mart.
        tested: the `primary_key` of each of its `sound_rows` tests.
    """
    unknown = [column for column in declared if column not in columns]
    if not declared or unknown:
        return f"declares the primary key {list(declared)}, unknown columns: {unknown}"
    if list(tested) != [list(declared)]:
        return f"declares the primary key {list(declared)}; its sound_rows tests say {tested}"
    return ""


@check
def check_model_primary_key_is_tested(model: Any, ctx: Any) -> None:
    """The columns of `meta.primary_key` exist and are those that `sound_rows` proves."""
    tested = [
        list((test.test_metadata.kwargs or {}).get("primary_key", []))
        for test in ctx.tests_by_attached_node.get(model.unique_id, [])
        if getattr(test, "test_metadata", None) and test.test_metadata.name == "sound_rows"
    ]
    declared = list((model.config.meta or {}).get("primary_key", []))
    problem = unproven_key(declared, model.columns, tested)
    if problem:
        fail(f"`{model.unique_id.split('.')[-1]}` {problem}.")
