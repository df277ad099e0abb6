"""Is what is published what the raw rows say? The marts are made anew beside and compared.

Belongs here: the second build in a scratch directory, and what it is held against. Does not belong
here: how two databases are compared (`changes/comparison`), whether files were edited (`doctor`).

A build proves itself by its checks; this proves that nothing has changed since, neither by hand nor
by a failing disk, and that the same rows give the same marts.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.changes.comparison import ALWAYS_DIFFERENT, MartDifference, compare
from orchestration.errors import InputError, WarehouseError
from orchestration.pipeline.build import build_identity, dbt_phase, new_build_id
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.scratch import VERIFICATION, scratch_state
from orchestration.pipeline.status import open_published
from orchestration.pipeline.versions import check_version, current_version
from orchestration.progress import Progress
from orchestration.rules.rule_set import read_rules, write_rules
from orchestration.settings.build_settings import BuildSettings, check_frameworks
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest

# Columns of `build_info` that are settings of the same name.
_TOLD = (
    *("as_of_date", "identity_as_of", "known_at"),
    *("reporting_timezone", "reporting_currency"),
)


@dataclass(frozen=True)
class Verified:
    """Every mart beside what the raw rows give.

    Attributes:
        version: the published version.
        differences: of every mart that is compared, equal ones included, by name.
        exempt: marts that are not compared.
    """

    version: str
    differences: Sequence[MartDifference]
    exempt: tuple[str, ...]

    @property
    def differing(self) -> tuple[MartDifference, ...]:
        """The marts that are not equal."""
        return tuple(found for found in self.differences if not found.is_equal)


def verify(request: BuildRequest, progress: Progress) -> Verified:
    """Build from raw into scratch and compare with what is published; nothing of either changes.

    Raises:
        StateDirError: nothing is published, or its files were damaged or edited.
        InputError: rules, settings or raw rows are others than those of the published build.
        WarehouseError: the second build did not come to an end.
    """
    with build_lock(request.state):
        version = current_version(request.state) or ""
        if version:
            check_version(request.state, version, thorough=True)
        with open_published(request.state) as published:
            found = published.execute("select * from marts.build_info")
            names = [str(column[0]) for column in found.description]
            told: Mapping[str, Any] = dict(zip(names, found.fetchone() or (), strict=False))
        with scratch_state(request.state, VERIFICATION) as scratch:
            _build_beside(request, scratch, told, progress)
            differences = compare(request.state.published_database, scratch.working_database)
    return Verified(
        version,
        tuple(found for found in differences if found.mart not in ALWAYS_DIFFERENT),
        tuple(found.mart for found in differences if found.mart in ALWAYS_DIFFERENT),
    )


def _build_beside(
    request: BuildRequest, scratch: StateDir, told: Mapping[str, Any], progress: Progress
) -> None:
    rules = read_rules(request.rules_dir)
    settings = _as_published(request.settings, told)
    check_frameworks(settings, rules.frameworks)
    write_rules(rules, scratch)
    # dbt only reads raw.
    shutil.copyfile(request.state.raw_database, scratch.raw_database)
    beside = BuildRequest(
        settings, request.raw_dir, scratch, request.rules_dir, project=request.project
    )
    identity = build_identity(beside, new_build_id(), rules)
    for name, now in (("rules", identity.rules_hash), ("inputs", identity.inputs_hash)):
        if now != told.get(f"{name}_hash"):
            text = f"The {name} are not those of what is published"
            raise InputError(f"{text}; name them as the build did, or build again.")
    run = dbt_phase(beside, identity, progress)
    if run.exit_code != 0:
        said = f" ({run.errors[-1].splitlines()[0]})" if run.errors else ""
        raise WarehouseError(f"The build beside ended with exit code {run.exit_code}{said}.")


def _as_published(settings: BuildSettings, told: Mapping[str, Any]) -> BuildSettings:
    """Return the settings of the published build, as far as `build_info` tells them."""
    known = {name: told[name] for name in _TOLD if told.get(name) is not None}
    known["frameworks"] = tuple(str(told["frameworks"]).split(", "))
    return settings.model_copy(update=known)
