"""What dbt works out anew for every node and is the same for all of them.

Belongs here: constants of a process, and looking for one relation among hundreds. Does not belong
here: anything that a node's own text or settings decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.context import base as contexts
from dbt.context import providers
from dbt.contracts import project as contracts
from dbt_common.clients import agate_helper
from dbt_common.events import functions as logging

# By name, since dbt gives them no types.
_type_tester: Any = getattr(agate_helper, "build_type_tester")  # noqa: B009
_args_to_dict: Any = getattr(providers, "args_to_dict")  # noqa: B009
_make_match: Any = getattr(BaseAdapter, "_make_match")  # noqa: B009
_secrets: Any = getattr(logging, "env_secrets")  # noqa: B009
# Of what dbt_project.yml and profiles.yml say; the tests run dbt as it is, which looks at them.
_SHIPPED = (
    DuckDBCredentials,
    contracts.Configuration,
    contracts.PackageConfig,
    contracts.Project,
    contracts.ProjectFlags,
)
_known_tester = cache(_type_tester)
_arguments: dict[int, Mapping[str, Any]] = {}


def type_tester(
    text_columns: Iterable[str], string_null_values: Iterable[str] = ("null", "")
) -> Any:
    """Return what types the cells of a result; each one made brings two calendars."""
    return _known_tester(frozenset(text_columns), tuple(string_null_values))


def arguments_as_dictionary(args: Any) -> dict[str, Any]:
    """Return the arguments of this process as a node's context names them."""
    if id(args) not in _arguments:
        _arguments[id(args)] = _args_to_dict(args)
    return dict(_arguments[id(args)])


def relations_that_match(
    self: BaseAdapter,
    relations_list: Sequence[BaseRelation],
    database: str,
    schema: str,
    identifier: str,
) -> list[BaseRelation]:
    """Hold those against what is asked for whose name it is; dbt holds every relation."""
    name = identifier.lower().strip('"')
    of_that_name = [found for found in relations_list if _plain_name(found) == name]
    return _make_match(self, of_that_name, database, schema, identifier)


def as_shipped(_: Any) -> None:
    """Find no fault with a file of the project's: a schema is made for each kind at every start."""


def _plain_name(relation: BaseRelation) -> str:
    return str(relation.identifier or "").lower().strip('"')


REPLACED = (
    (agate_helper, "build_type_tester", type_tester),
    (agate_helper, "empty_table", cache(agate_helper.empty_table)),
    (providers, "args_to_dict", arguments_as_dictionary),
    (contexts, "get_context_modules", cache(contexts.get_context_modules)),
    # The secrets of the environment, to be kept out of each line.
    (logging, "env_secrets", cache(_secrets)),
    (BaseAdapter, "_make_match", relations_that_match),
    *((kind, "validate", staticmethod(as_shipped)) for kind in _SHIPPED),
)
