"""The rooms of the SQL and the arrows between them: a room reads only what stands before it.

Belongs here: the order of the rooms, and the judgement of a parsed manifest by it. Does not belong
here: what a model of a room looks like (dbt-bouncer.yml).

    python -m tests.lint.rooms MANIFEST
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tests.lint.verdict import conclude, manifest

INTERMEDIATE = (
    "rules",
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
)
# What was there before any model. Who may read a source is dbt-bouncer's business.
GIVEN = ("sources", "seeds")
ORDER = (*GIVEN, "staging", *INTERMEDIATE)


@dataclass(frozen=True)
class Model:
    """One model, and the models, seeds and sources that it reads.

    Attributes:
        name: of the model.
        path: of its file, from dbt_project/.
        reads: unique ids.
    """

    name: str
    path: str
    reads: Sequence[str]


def models_of(parsed: Mapping[str, Any]) -> dict[str, Model]:
    """Return the models of a manifest by unique id."""
    return {
        unique_id: Model(node["name"], node["original_file_path"], node["depends_on"]["nodes"])
        for unique_id, node in sorted(parsed["nodes"].items())
        if node["resource_type"] == "model"
    }


def room_of(path: str) -> str | None:
    """Return the room that a model's file lies in; None where there is no such room."""
    match PurePosixPath(path).parts:
        case ("models", "staging", *_, _):
            return "staging"
        case ("models", "intermediate", room, _) if room in INTERMEDIATE:
            return room
        case ("models", "marts", folder, _):
            return f"marts/{folder}"
        case _:
            return None


def place(room: str) -> int:
    """Return where a room stands in the order; all marts stand last, side by side."""
    return ORDER.index(room) if room in ORDER else len(ORDER)


def arrows(models: Mapping[str, Model]) -> list[tuple[str, str, Model, str]]:
    """Return (room, room that is read, model, name of what it reads) of all that models read."""
    found: list[tuple[str, str, Model, str]] = []
    for model in models.values():
        room = room_of(model.path)
        for unique_id in model.reads:
            kind, name = unique_id.split(".")[0], unique_id.split(".")[-1]
            read = room_of(models[unique_id].path) if kind == "model" else f"{kind}s"
            if room and read:
                found.append((room, read, model, name))
    return found


def reachable(graph: Iterable[tuple[str, str]], start: str) -> set[str]:
    """Return all that an arrow, or several in a row, lead to from `start`."""
    pairs = set(graph)
    seen: set[str] = set()
    ahead = {start}
    while ahead:
        ahead = {read for room, read in pairs if room in ahead} - seen
        seen |= ahead
    return seen


def findings(models: Mapping[str, Model]) -> list[str]:
    """Return a sentence for each model without a room and each arrow that runs back."""
    if not models:
        return ["The manifest holds no model: nothing was judged."]
    homeless = [
        f"dbt_project/{model.path}: no room has this folder; the rooms are models/staging/, "
        f"models/intermediate/ROOM/ (ROOM: {', '.join(INTERMEDIATE)}; no folders below) and "
        "models/marts/FOLDER/."
        for model in models.values()
        if room_of(model.path) is None
    ]
    drawn = arrows(models)
    between_marts = [
        (room, read) for room, read, _, _ in drawn if place(room) == place(read) and room != read
    ]
    back: list[str] = []
    for room, read, model, name in drawn:
        arrow = f"dbt_project/{model.path}: `{model.name}` ({room}) reads `{name}` ({read})"
        if place(read) > place(room):
            back.append(
                f"{arrow}, a later room. Move one of the two, or let a model of {room} or an "
                "earlier room hold what both need."
            )
        elif room == "rules" and read not in {"seeds", "rules"}:
            back.append(f"{arrow}; rules read seeds alone. A later room can join what it needs.")
        elif (
            room != read
            and (room, read) in between_marts
            and room in reachable(between_marts, read)
        ):
            back.append(
                f"{arrow}, and {read} reads {room}. Let both read an intermediate model instead."
            )
    return homeless + back


def drawing(models: Mapping[str, Model]) -> list[str]:
    """Return the graph of rooms, a line for each: its models, and the rooms they read how often."""
    sizes = Counter(room for model in models.values() if (room := room_of(model.path)))
    read = Counter((room, read) for room, read, _, _ in arrows(models) if room != read)
    lines: list[str] = []
    for room in sorted(sizes, key=lambda room: (place(room), room)):
        targets = sorted((target for by, target in read if by == room), key=lambda r: (place(r), r))
        reads = ", ".join(f"{target} {read[room, target]}" for target in targets)
        lines.append(f"  {room:<17}{sizes[room]:>3} models  → {reads or 'nothing'}")
    return lines


def main(arguments: Sequence[str]) -> int:
    """Draw the graph of rooms and judge it."""
    models = models_of(manifest(arguments))
    return conclude(findings(models), drawing(models))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
