"""`lifecycle map`: event names that feed nothing, each with the signal that it may mean.

Belongs here: counting the names, proposing by synonym and by likeness, the rows to add.
Does not belong here: printing, and deciding: a person reads the rows before they count.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path

from orchestration.command.landing.check import scratch_ingest
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.words import read_words
from orchestration.rules.patches import patch_name
from orchestration.rules.rule_set import read_rules
from orchestration.rules.seed_rows import read_seed
from orchestration.settings.request import BuildRequest

SEED = "event_signals.csv"
# What an event of a signal has in common with another one of it.
_LIKE = ("value_property", "is_money", "is_key_event", "is_visit")
# Below this share of common letters two names mean different things more often than not.
_ALIKE = 0.8


@dataclass(frozen=True)
class UnmappedName:
    """An event name that feeds no signal.

    Attributes:
        name: as it is sent.
        rows: how many events have it.
        persons: how many persons sent it.
        signal: what it may feed; empty if nothing is near.
        because: the known name or word that it is like.
    """

    name: str
    rows: int
    persons: int
    signal: str
    because: str


def unmapped_names(request: BuildRequest) -> list[UnmappedName]:
    """List the event names of a landing directory that no rule knows, the most frequent first."""
    rules = read_rules(request.rules_dir)
    known = rules.seeds[SEED].rows
    signals = {row["event_name"]: row["signal"] for row in known}
    folded = {fold_name(name): name for name in signals}
    with scratch_ingest(request, rules) as (_, connection):
        rows: list[tuple[str, int, int]] = connection.execute(
            "select event_name, count(*), count(distinct coalesce(user_id, anonymous_id)) "
            "from raw.events group by event_name order by count(*) desc, event_name"
        ).fetchall()
    found: list[UnmappedName] = []
    for name, count, persons in rows:
        if fold_name(name) not in folded:
            signal, because = propose(name, signals)
            found.append(UnmappedName(name, count, persons, signal, because))
    return found


def propose(name: str, signals: Mapping[str, str]) -> tuple[str, str]:
    """Return the signal that an event name may feed and what it is like; two blanks for none."""
    word = fold_name(name)
    synonyms = read_words("signals")
    if word in synonyms:
        return synonyms[word], word
    by_word = {fold_name(known): known for known in sorted(signals)} | {
        known: known for known in synonyms
    }
    best = max(by_word, key=lambda known: (_likeness(word, known), known), default="")
    if not best or _likeness(word, best) < _ALIKE:
        return "", ""
    because = by_word[best]
    return signals.get(because, synonyms.get(best, "")), because


def _likeness(left: str, right: str) -> float:
    """Share of common letters; the same words in another order are the same name."""
    if sorted(left.split("_")) == sorted(right.split("_")):
        return 1.0
    return SequenceMatcher(None, left, right).ratio()


def write_rows(request: BuildRequest, names: Sequence[UnmappedName], directory: Path) -> Path:
    """Write the rows that were proposed as a patch, below those that a patch there has already."""
    rows = read_rules(request.rules_dir).seeds[SEED].rows
    like = {row["signal"]: {column: row[column] for column in _LIKE} for row in rows}
    target = directory / patch_name(SEED)
    kept = read_seed(target) if target.exists() else None
    written = [dict(row.values) for row in kept.rows] if kept else []
    done = {row["event_name"] for row in written}
    written += [
        {"event_name": each.name, "signal": each.signal, **like.get(each.signal, {})}
        for each in names
        if each.signal and each.name not in done
    ]
    text = StringIO()
    columns = tuple(
        dict.fromkeys((*(kept.columns if kept else ()), "event_name", "signal", *_LIKE))
    )
    writer = csv.DictWriter(text, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(written)
    directory.mkdir(parents=True, exist_ok=True)
    target.write_text(text.getvalue(), encoding="utf-8")
    return target
