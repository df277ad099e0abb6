"""The check that dbt-bouncer lacks: a mart's declared key is the key its test proves."""

from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail


@check
def check_model_primary_key_is_tested(model: Any, ctx: Any) -> None:
    """The columns of `meta.primary_key` exist and are those of a `primary_key` test.

    Publishing orders rows by `meta.primary_key`; were it not a key, the order would not be total
    and two builds of the same input could differ.
    """
    name = model.unique_id.split(".")[-1]
    declared = list((model.config.meta or {}).get("primary_key", []))
    unknown = [column for column in declared if column not in model.columns]
    if not declared or unknown:
        fail(f"`{name}` declares the primary key {declared}, unknown columns: {unknown}.")
    tested = [
        list((test.test_metadata.kwargs or {}).get("columns", []))
        for test in ctx.tests_by_attached_node.get(model.unique_id, [])
        if getattr(test, "test_metadata", None) and test.test_metadata.name == "primary_key"
    ]
    if tested != [declared]:
        fail(f"`{name}` declares the primary key {declared}; its primary_key tests say {tested}.")
