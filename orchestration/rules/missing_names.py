"""Names that a seed lacks, told one by one when they are few and as one sentence when many.

Belongs here: what is told together. Does not belong here: finding what is lacking (`rule_checks`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from orchestration.rules.seed_rows import SeedRow

# So many sentences of one kind are read; more are counted.
_MOST = 3


@dataclass(frozen=True)
class Lack:
    """A row that names something which another seed does not hold.

    Attributes:
        row: the row that names it.
        noun: what is named, such as `framework`.
        name: the name, with the framework for a stage.
        lacking: file name of the seed that lacks it.
        text: the sentence on this row alone, without file and line.
    """

    row: SeedRow
    noun: str
    name: str
    lacking: str
    text: str


def told(found: Iterable[str | Lack], own: Collection[str]) -> Iterator[str]:
    """Yield the sentences in order, with many lacks of one kind as one sentence.

    Args:
        found: sentences and lacks.
        own: the seed files that a user's whole file replaces.
    """
    listed = tuple(found)
    groups: defaultdict[tuple[str, str, str], list[Lack]] = defaultdict(list)
    for each in listed:
        if isinstance(each, Lack):
            groups[_kind(each)].append(each)
    grouped = {kind for kind, lacks in groups.items() if len(lacks) > _MOST}
    for each in listed:
        if isinstance(each, str):
            yield each
        elif _kind(each) not in grouped:
            yield each.row.problem(each.text)
        elif each is groups[_kind(each)][0]:
            yield _sentence(groups[_kind(each)], own)


def _kind(lack: Lack) -> tuple[str, str, str]:
    return lack.row.file, lack.noun, lack.lacking


def _sentence(lacks: list[Lack], own: Collection[str]) -> str:
    first = lacks[0]
    names = list(dict.fromkeys(lack.name for lack in lacks))
    noun = f"the {first.noun} {names[0]}" if len(names) == 1 else f"{len(names)} {first.noun}s"
    rows = len({lack.row.line for lack in lacks})
    text = f"{rows} rows of {first.row.file} name {noun} that"
    if first.lacking in own:
        return f"{text} your {first.lacking} lacks; did you mean a patch?"
    return f"{text} {first.lacking} lacks, the first on line {first.row.line}."
