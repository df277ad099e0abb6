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

from orchestration.command.check import scratch_ingest
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.words import read_words
from orchestration.rules.rule_set import read_rules
from orchestration.settings.request import BuildRequest

SEED = "event_signals.csv"
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
    known = read_rules(request.rules_dir).seeds[SEED].rows
    signals = {row["event_name"]: row["signal"] for row in known}
    folded = {fold_name(name): name for name in signals}
    with scratch_ingest(request) as (_, connection):
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
    """Write `event_signals.csv` with the rows that were proposed behind those that count now."""
    seed = read_rules(request.rules_dir).seeds[SEED]
    rows = [dict(row.values) for row in seed.rows]
    like = {row["signal"]: row for row in rows}
    for unmapped in names:
        if unmapped.signal:
            model = like.get(unmapped.signal, {})
            rows.append({**model, "event_name": unmapped.name, "signal": unmapped.signal})
    text = StringIO()
    writer = csv.DictWriter(
        text, seed.columns, lineterminator="\n", restval="", extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / SEED
    target.write_text(text.getvalue(), encoding="utf-8")
    return target
