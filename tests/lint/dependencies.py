"""What is installed with this project: under licences that let it be used, and without known holes.

Belongs here: judging the core lock without a network. Does not belong here: pins and hashes, which
`tests/unit/test_locks.py` asks for of both locks, and which pip checks when it installs.

    python -m tests.lint.dependencies [VULNERABILITIES.json]

The file is what https://osv.dev exports: one record, a list of them, or `{"vulns": [...]}`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.lint.verdict import ROOT, conclude

LOCK = ROOT / "requirements.lock"
# Words of a licence under which a program that only imports a package may be used and passed on.
# The Mozilla licence asks for the sources of changed files alone, and none is changed here.
ACCEPTED = re.compile(
    r"MIT|Apache|BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla|Zlib|CC0|Unlicense|Artistic"
)
# Of a choice of licences the accepted one is taken; this one says so only in its own words.
CHOSEN: Mapping[str, str] = {"text-unidecode": "Artistic or GPL: the Artistic one is taken"}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", flags=re.MULTILINE)


def pins(lock: str) -> dict[str, Version]:
    """Return the version of every pin of a lock file, by canonical name."""
    return {canonicalize_name(name): Version(version) for name, version in _PIN.findall(lock)}


def licence(name: str) -> str | None:
    """Return what an installed package says of its licence; None if it is not installed here."""
    try:
        told: Any = distribution(name).metadata
    except PackageNotFoundError:
        return None
    classifiers = [one for one in told.get_all("Classifier") or [] if one.startswith("License")]
    words = "; ".join(one.split(" :: ")[-1] for one in classifiers)
    return told.get("License-Expression") or words or str(told.get("License") or "")[:80]


def unusable(licences: Mapping[str, str | None]) -> Iterator[str]:
    """Yield a sentence for each package under a licence that has to be looked at."""
    for name, words in licences.items():
        if words is None or name in CHOSEN:
            continue
        parts = re.split(r";|\bOR\b", words)
        # A choice needs one accepted licence, a sum of them needs all.
        if not any(all(ACCEPTED.search(one) for one in part.split(" AND ")) for part in parts):
            yield f"{name} is under {words.strip() or 'no licence that it names'}; look at it."
        elif re.search(r"\bA?GPL|General Public", words):
            yield f"{name} is under {words}; say in CHOSEN which one is taken."


def vulnerable(
    pinned: Mapping[str, Version], records: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield a sentence for each known hole of a pinned version."""
    for record in records:
        for affected in record.get("affected", []):
            package = affected.get("package", {})
            name = canonicalize_name(str(package.get("name", "")))
            if package.get("ecosystem", "PyPI") != "PyPI" or name not in pinned:
                continue
            if _is_affected(pinned[name], affected):
                said = str(record.get("summary") or record.get("details") or "").splitlines()[:1]
                told = f": {said[0]}" if said else ""
                found = f"{name} {pinned[name]} has {record.get('id')}{told}"
                yield f"{found}; make lock with a later one."


def read_records(path: Path) -> list[Mapping[str, Any]]:
    """Return the records of a file of vulnerabilities."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(content, list):
        return content
    return content.get("vulns", [content])


def _is_affected(version: Version, affected: Mapping[str, Any]) -> bool:
    if str(version) in affected.get("versions", []):
        return True
    for span in affected.get("ranges", []):
        is_inside = False
        for event in span.get("events", []):
            if "introduced" in event:
                is_inside = is_inside or version >= Version(event["introduced"])
            elif "fixed" in event:
                is_inside = is_inside and version < Version(event["fixed"])
            elif "last_affected" in event:
                is_inside = is_inside and version <= Version(event["last_affected"])
        if is_inside:
            return True
    return False


def main(arguments: Sequence[str]) -> int:
    """Judge the core lock; a file of vulnerabilities may be named."""
    pinned = pins(LOCK.read_text(encoding="utf-8"))
    licences = {name: licence(name) for name in pinned}
    absent = sum(words is None for words in licences.values())
    records = [record for name in arguments for record in read_records(Path(name))]
    measured = f"{len(pinned)} packages, {absent} of them for other systems"
    known = f"{len(records)} records of vulnerabilities given"
    return conclude([*unusable(licences), *vulnerable(pinned, records)], [measured, known])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
