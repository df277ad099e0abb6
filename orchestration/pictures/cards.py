"""Headline numbers as cards: the number as it is read, what it was, what was aimed at.

Belongs here: the words of a card. Does not belong here: its looks on a page, or its small line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestration.pictures import palette
from orchestration.pictures.published import Headline, Rows
from orchestration.pictures.words import Words


@dataclass(frozen=True)
class Card:
    """A headline number as it is read; `picture` is SVG text of our own making, or blank."""

    title: str
    definition: str
    value: str
    month: str
    notes: tuple[str, ...]
    verdict: str
    colour: str
    picture: str


def card(headline: Headline, words: Words, currency: str, draw: Callable[[Rows], str]) -> Card:
    """Return the card of a headline.

    Args:
        headline: the number.
        words: the language.
        currency: code of the currency that amounts are in.
        draw: draws its last months, of which two or more have a number.
    """
    entry = headline.entry
    unit = str(entry["unit"])

    def read(number: float | None) -> str:
        told = words.number(number, unit)
        return f"{told} {currency}" if unit == "money" and number is not None else told

    notes: list[str] = []
    if headline.value is None or headline.status != "ok":
        notes.append(words(headline.status))
    if headline.before is not None:
        notes.append(words("before", value=read(headline.before)))
    if headline.target is not None:
        notes.append(words("target", value=read(headline.target)))
    verdict = "" if headline.is_met is None else words("met" if headline.is_met else "missed")
    is_drawn = sum(row["value"] is not None for row in headline.trend) > 1
    return Card(
        title=words.label(entry, "title"),
        definition=str(entry["definition"]),
        value=read(headline.value),
        month="" if headline.month is None else headline.month.strftime("%Y-%m"),
        notes=tuple(notes),
        verdict=verdict,
        colour=palette.GOOD if headline.is_met else palette.BAD,
        picture=draw(headline.trend) if is_drawn else "",
    )
