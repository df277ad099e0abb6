"""The rooms of the dbt project: a model reads only what stands before it.

Belongs here: the order of the rooms, the arrows between them, and which arrow runs back. Does not
belong here: what a model may look like (dbt-bouncer.yml).

    python -m tests.lint.rooms MANIFEST     draw the rooms, fail on an arrow that runs back
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# `rules` comes first: it reads seeds alone, so not even staging.
ROOMS = (
    "rules",
    "staging",
    "base",
    "identity",
    "facts",
    "health",
    "signals",
    "stages",
    "value",
    "kpis",
    "journey",
    "activation",
    "calibration",
    "marts",
)


def room_of(path: str) -> str:
    """Return the room of a model by its path below the dbt project."""
    layer, *folders = Path(path).parts[1:-1]
    if layer != "intermediate":
        return layer
    return folders[0] if folders else layer


def arrows(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each (reader, read) pair of models, as `room/model`, in order."""
    names = {
        key: f"{room_of(node['original_file_path'])}/{node['name']}"
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    return sorted(
        (names[reader], names[read])
        for reader in names
        for read in manifest["nodes"][reader]["depends_on"]["nodes"]
        if read in names
    )


def faults(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return a sentence for each arrow that runs back and each folder that is no room."""
    rooms = {model.split("/")[0] for pair in pairs for model in pair}
    strangers = sorted(rooms - set(ROOMS))
    if strangers:
        return [f"`{room}` is no room: tests/lint/rooms.py says which are." for room in strangers]
    return [
        f"{reader} reads {read}, which stands in a later room."
        for reader, read in pairs
        if reads_a_later_room(reader, read)
    ]


def reads_a_later_room(reader: str, read: str) -> bool:
    """Say whether an arrow runs back; staging stands apart, it reads nothing but itself."""
    from_room, to_room = reader.split("/")[0], read.split("/")[0]
    if from_room == "staging":
        return to_room != "staging"
    return ROOMS.index(to_room) > ROOMS.index(from_room)


def drawing(pairs: Sequence[tuple[str, str]]) -> str:
    """Return a line per room: what it reads, with the number of arrows."""
    lines: list[str] = []
    for room in ROOMS:
        read = [
            to_room
            for from_room, to_room in (
                (reader.split("/")[0], model.split("/")[0]) for reader, model in pairs
            )
            if from_room == room != to_room
        ]
        sources = [f"{source} {read.count(source)}" for source in ROOMS if source in read]
        if sources:
            lines.append(f"  {room:<9} reads {', '.join(sources)}")
    return "\n".join(lines)


def main(manifest: str) -> int:
    """Draw the rooms and return the exit code: 1 when an arrow runs back."""
    pairs = arrows(json.loads(Path(manifest).read_text(encoding="utf-8")))
    found = faults(pairs)
    print("\n".join(found) or drawing(pairs))
    return 1 if found or not pairs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
