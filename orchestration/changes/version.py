"""What a published version says of itself: when, of which days, by which rules.

Belongs here: the one row of `build_info` and the time in the version's name. Does not belong here:
which versions there are (`pipeline.versions`), or what differs between two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.database_files import open_quietly
from orchestration.errors import PublishError, first_line, nearest, sentence, shown
from orchestration.version_files import damage

_DATABASE = "lifecycle.duckdb"
_TIME = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True)
class Version:
    """A published version.

    Attributes:
        name: its directory's name.
        path: its directory.
        built_at: when it was published; what was loaded later it does not know (naive UTC).
        build_id: the build that made it.
        as_of: the last day it speaks of.
        rules_hash: of the rule seeds it was built by.
        settings_hash: of the settings that decide what is computed, and of the package's version.
        inputs_hash: of the files it was made from.
        identity_as_of: the last day whose links and merges count.
        timezone: in which its days begin.
        frameworks: those it holds.
    """

    name: str
    path: Path
    built_at: datetime
    build_id: str
    as_of: date
    rules_hash: str
    settings_hash: str
    inputs_hash: str
    identity_as_of: date
    timezone: str
    frameworks: tuple[str, ...]

    @property
    def database(self) -> Path:
        """Its DuckDB file."""
        return self.path / _DATABASE


def read_version(path: Path) -> Version:
    """Return what the version in a directory says of itself.

    Raises:
        PublishError: it cannot be read, or was made by a package too old to say all of it.
    """
    name = path.name
    try:
        built_at = datetime.strptime(name.partition("-")[0], _TIME)
    except ValueError:
        raise PublishError(
            f"{shown(name)} is no version that a build has made, or was renamed; remove it."
        ) from None
    found = damage(path, [_DATABASE])
    if found:
        text = f"The version {name} was damaged or edited: {found}"
        raise PublishError(f"{text}; build again, and compare what is published then.")
    try:
        with open_quietly(path / _DATABASE, read_only=True) as published:
            row = published.execute(
                "select build_id, as_of_date, rules_hash, settings_hash, inputs_hash, "
                "identity_as_of, reporting_timezone, frameworks from marts.build_info"
            ).fetchone()
    except duckdb.Error as error:
        text = f"The version {name} does not say what it was made of ({first_line(error)})"
        raise PublishError(f"{text}; build again, and compare what is published then.") from None
    if row is None:
        raise PublishError(f"The version {name} holds no build_info; build again.")
    build_id, as_of, rules_hash, settings_hash, inputs_hash, identity_as_of, zone, names = row
    return Version(
        name=name,
        path=path,
        built_at=built_at,
        build_id=str(build_id),
        as_of=as_of,
        rules_hash=str(rules_hash),
        settings_hash=str(settings_hash),
        inputs_hash=str(inputs_hash),
        identity_as_of=identity_as_of,
        timezone=str(zone),
        frameworks=tuple(str(names).split(", ")),
    )


def day_after(day: date) -> date:
    """Return the next day."""
    return day + timedelta(days=1)


def named_version(kept: Sequence[str], name: str) -> str:
    """Return the kept version that a name or a build id means.

    Raises:
        PublishError: none is; lists those that are kept.
    """
    found = [version for version in kept if name in {version, version.partition("-")[2]}]
    if not found:
        text = sentence(f"The version {shown(name)} is not kept{nearest(name, kept)}")
        raise PublishError(f"{text} Kept are {', '.join(kept) or 'none'}.")
    return found[0]


def two_versions(kept: Sequence[str], current: str | None, names: Sequence[str]) -> tuple[str, str]:
    """Return the older and the newer of two versions.

    Args:
        kept: all that are kept, oldest first.
        current: the one that readers see.
        names: two of them; one, to be held against the current one; or none, for the current one
            and the one before it.

    Raises:
        PublishError: there are no two.
    """
    if len(names) > 2:
        raise PublishError(f"{len(names)} versions were named; two are held side by side.")
    chosen = {named_version(kept, name) for name in names}
    if len(names) < 2 and current is not None:
        chosen.add(current)
    if not names and current is not None:
        chosen |= set([name for name in kept if name < current][-1:])
    if len(chosen) != 2:
        raise PublishError(
            f"Two versions are needed to tell what changed; kept are {', '.join(kept) or 'none'}."
        )
    older, newer = sorted(chosen)
    return older, newer
