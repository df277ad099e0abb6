"""What pictures say, in English and Italian.

Belongs here: texts of the report and numbers as people read them. Does not belong here: labels of
stages, healths and KPIs, which are columns of the marts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Language(StrEnum):
    """Languages the marts have labels in."""

    EN = "en"
    IT = "it"


_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Customer lifecycle", "Ciclo di vita dei clienti"),
    "at_end_of": ("at the end of {day}", "alla fine del {day}"),
    "about": (
        "{persons} persons, amounts in {currency}, framework {framework}",
        "{persons} persone, importi in {currency}, modello {framework}",
    ),
    "headlines": ("In short", "In breve"),
    "standing": ("Who stands where", "Chi si trova dove"),
    "stage": ("Stage", "Fase"),
    "health": ("Health", "Stato"),
    "subjects": ("Subjects", "Soggetti"),
    "total": ("Total", "Totale"),
    "growth": ("How the stages grew", "Come sono cresciute le fasi"),
    "month": ("Month", "Mese"),
    "flow": ("Who moved in {month}", "Chi si è mosso in {month}"),
    "from": ("From", "Da"),
    "to": ("To", "A"),
    "new": ("(new)", "(nuovi)"),
    "share": ("Share of the row", "Quota della riga"),
    "no_flow": (
        "No month is finished yet, so nobody can be seen to have moved through one.",
        "Nessun mese è ancora concluso: non si vedono spostamenti.",
    ),
    "retention": ("Do customers come back", "I clienti tornano?"),
    "cohort": ("Month of the first order", "Mese del primo ordine"),
    "age": ("Months since", "Mesi trascorsi"),
    "ordered": ("Share that ordered", "Quota che ha ordinato"),
    "customers": ("Customers", "Clienti"),
    "no_retention": (
        "No cohort is a whole month old yet.",
        "Nessuna coorte ha ancora un mese intero.",
    ),
    "channels": (
        "Channels, last {months} finished months",
        "Canali, ultimi {months} mesi conclusi",
    ),
    "channel": ("Channel", "Canale"),
    "spend": ("Spend", "Spesa"),
    "sessions": ("Sessions", "Sessioni"),
    "new_customers": ("New customers", "Nuovi clienti"),
    "acquisition_cost": ("Cost per new customer", "Costo per nuovo cliente"),
    "net_revenue": ("Net revenue", "Ricavi netti"),
    "no_channels": (
        "No channel had a session, an order or a cost in these months.",
        "Nessun canale ha avuto sessioni, ordini o costi in questi mesi.",
    ),
    "data": ("What it rests on", "Su che cosa si basa"),
    "files": ("Files", "File"),
    "rows_read": ("Rows read", "Righe lette"),
    "rows_kept": ("Loaded", "Caricate"),
    "rows_duplicate": ("Duplicates", "Doppie"),
    "rows_quarantined": ("In quarantine", "In quarantena"),
    "rows_set_aside": ("Set aside", "Messe da parte"),
    "unmapped": (
        "{names} event names feed no stage: {examples}.",
        "{names} nomi di eventi non alimentano alcuna fase: {examples}.",
    ),
    "implausible": (
        "Outside its usual range: {names}.",
        "Fuori dall'intervallo abituale: {names}.",
    ),
    "before": ("month before: {value}", "mese prima: {value}"),
    "target": ("target {value}", "obiettivo {value}"),
    "met": ("met", "raggiunto"),
    "missed": ("missed", "non raggiunto"),
    "unknown": ("unknown", "non noto"),
    "no_input": ("no data for it yet", "ancora nessun dato"),
    "no_base": ("nothing to divide by", "base nulla"),
    "immature": ("not settled yet", "non ancora maturo"),
    "partial": ("not over yet", "ancora in corso"),
    "small_sample": ("few answers", "poche risposte"),
    "missing_rate": ("exchange rate missing", "manca il cambio"),
    "as_table": ("The same as a table", "Lo stesso in tabella"),
    "trend_note": (
        "Lines show the last months; hollow points are not settled, not over or from few answers, "
        "and gaps are months without a number.",
        "Le linee mostrano gli ultimi mesi; i punti vuoti non sono ancora maturi, non conclusi o "
        "di poche risposte; le interruzioni sono mesi senza un numero.",
    ),
    "made_from": (
        "Version {version}, rules {rules}, inputs {inputs}.",
        "Versione {version}, regole {rules}, dati {inputs}.",
    ),
}
# One of it, and any other number of it.
_UNITS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "days": (("{} day", "{} days"), ("{} giorno", "{} giorni")),
    "minutes": (("{} min", "{} min"), ("{} min", "{} min")),
    "hours": (("{} h", "{} h"), ("{} h", "{} h")),
    "months": (("{} month", "{} months"), ("{} mese", "{} mesi")),
}
# Between thousands, and never the end of a line.
NO_BREAK = "\u202f"
# How Vega writes the numbers of axes; English is its own.
_ITALIAN_AXES = {
    "number": {"decimal": ",", "thousands": NO_BREAK, "grouping": [3], "currency": ["", ""]}
}
_PERCENT = 100
_WHOLE_FROM = 100
_EXACT = 4


class Words:
    """Texts and numbers in one language."""

    def __init__(
        self, language: Language, texts: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        """Speak one language; with texts of one's own, those and these."""
        self.language = language
        self._texts = {**_TEXTS, **(texts or {})}
        self._place = 0 if language is Language.EN else 1

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key, with values in their places."""
        return self._texts[key][self._place].format(**values)

    def label(self, row: Mapping[str, object], name: str = "label") -> str:
        """Return a label of a mart in this language, which falls back to the other one."""
        told = row.get(f"{name}_it") if self.language is Language.IT else None
        return str(told or row[name])

    def number(self, value: float | Decimal | int | None, unit: str = "count") -> str:
        """Write a number of a unit of `kpi_catalog`; nothing known is a dash, never a zero.

        Two units are none of those: `exact` has as many decimals as the number, up to four, and
        `hundredths` always two.
        """
        if value is None or math.isnan(value):
            return "–"
        amount = float(value)
        if unit == "share":
            return f"{self._grouped(amount * _PERCENT, 1)} %"
        if unit == "count":
            return self._grouped(amount, 0)
        if unit == "exact":
            return self._grouped(amount, _EXACT).rstrip("0").rstrip(",.")
        is_large = abs(amount) >= _WHOLE_FROM and unit != "hundredths"
        written = self._grouped(amount, 0 if is_large else 2)
        if unit not in _UNITS:
            return written
        if not is_large:
            written = written.rstrip("0").rstrip(",.")
        one, many = _UNITS[unit][self._place]
        return (one if written == "1" else many).format(written)

    @property
    def axes(self) -> Mapping[str, object]:
        """How Vega is to write the numbers of axes, nothing where its own way will do."""
        return _ITALIAN_AXES if self.language is Language.IT else {}

    def signed(self, value: float | int) -> str:
        """Write a change of a count with its sign."""
        return f"{'+' if value > 0 else ''}{self.number(value)}"

    def day(self, day: date | None) -> str:
        """Write a day, the same way in every language; none is a dash."""
        return "–" if day is None else day.isoformat()

    def _grouped(self, amount: float, decimals: int) -> str:
        written = f"{amount:,.{decimals}f}"
        if self.language is Language.IT:
            return written.replace(",", NO_BREAK).replace(".", ",")
        return written


def texts() -> Mapping[str, tuple[str, str]]:
    """All texts in both languages, for those who compare them."""
    return _TEXTS
