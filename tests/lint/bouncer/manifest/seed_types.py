"""The check that dbt-bouncer lacks: every column of a seed has a type that dbt loads it with."""

from collections.abc import Collection
from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail


def mistyped_columns(documented: Collection[str], typed: Collection[str]) -> list[str]:
    """Return the columns that are documented or typed, but not both, in order.

    A column without a type in `+column_types` gets the type that its present rows suggest: a
    replaced file with whole numbers would make a bound an integer.
    """
    return sorted(set(documented) ^ set(typed))


@check
def check_seed_columns_are_loaded_with_types(seed: Any) -> None:
    """The columns in the seed's YAML are those of its `+column_types` in dbt_project.yml."""
    typed = getattr(seed.config, "column_types", None) or {}
    differing = mistyped_columns(seed.columns, typed)
    if differing or not typed:
        fail(f"`{seed.name}`: +column_types and the YAML differ in {differing}.")
