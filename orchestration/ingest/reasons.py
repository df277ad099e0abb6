"""Why ingest refuses a row or a file: the closed list of reasons, and the record it leaves.

Belongs here: reason codes with their meaning, and the quarantined item as a value.
Does not belong here: deciding that a reason applies, and writing to raw.quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Every value of raw.quarantine.reason. The first reason that applies is the one given."""

    # Of a whole file, all of whose rows are read and quarantined, in one line of quarantine.
    UNREADABLE_FILE = "unreadable_file"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    WRONG_TYPE = "wrong_type"
    # Of a line that never became a row.
    INVALID_ENCODING = "invalid_encoding"
    RAGGED_ROW = "ragged_row"
    MALFORMED_ROW = "malformed_row"
    ROW_TOO_LONG = "row_too_long"
    # Of a row that is none of the table's: set aside, never quarantined.
    BLANK_ROW = "blank_row"
    TOTAL_ROW = "total_row"
    # Of a value.
    MISSING_VALUE = "missing_value"
    MISSING_ID = "missing_id"
    INVALID_ID = "invalid_id"
    INVALID_NUMBER = "invalid_number"
    NOT_FINITE = "not_finite"
    INVALID_INTEGER = "invalid_integer"
    OUT_OF_RANGE = "out_of_range"
    INVALID_TIMESTAMP = "invalid_timestamp"
    EPOCH_TIMESTAMP = "epoch_timestamp"
    TOO_EARLY = "too_early"
    INVALID_DATE = "invalid_date"
    INVALID_BOOLEAN = "invalid_boolean"
    INVALID_JSON = "invalid_json"
    UNKNOWN_VALUE = "unknown_value"


SET_ASIDE = (Reason.BLANK_ROW, Reason.TOTAL_ROW)
REASON_TEXTS: dict[Reason, str] = {
    Reason.UNREADABLE_FILE: "the file is damaged or not what its extension says",
    Reason.MISSING_COLUMN: "the file lacks a required column",
    Reason.DUPLICATE_COLUMN: "the file or row names a column twice (case does not count)",
    Reason.WRONG_TYPE: "the column's type in the file cannot hold such values",
    Reason.INVALID_ENCODING: "the line is not valid UTF-8",
    Reason.RAGGED_ROW: "the row has more or fewer fields than the header",
    Reason.MALFORMED_ROW: "the row's quotes do not close, or the line is not a JSON object",
    Reason.ROW_TOO_LONG: "the row is longer than 2,000,000 bytes",
    Reason.BLANK_ROW: "the row has no value at all",
    Reason.TOTAL_ROW: "the row holds the sums of the rows above it",
    Reason.MISSING_VALUE: "a required value is empty or a placeholder such as null",
    Reason.MISSING_ID: "none of the ids of which one is needed is filled",
    Reason.INVALID_ID: "the id is a number of which a spreadsheet or a float lost digits",
    Reason.INVALID_NUMBER: "the value is not a plain decimal number (12.50)",
    Reason.NOT_FINITE: "the value is NaN or infinite",
    Reason.INVALID_INTEGER: "the value is not a whole number",
    Reason.OUT_OF_RANGE: "the value lies outside the accepted range",
    Reason.INVALID_TIMESTAMP: "the value is not an ISO 8601 timestamp (2024-03-01T10:00:00Z)",
    Reason.EPOCH_TIMESTAMP: "the value is a number of seconds or milliseconds, not a timestamp",
    Reason.TOO_EARLY: "the value lies before 1990-01-01",
    Reason.INVALID_DATE: "the value is not an ISO 8601 date (2024-03-01)",
    Reason.INVALID_BOOLEAN: "the value is none of true, false, t, f, yes, no, y, n, 1, 0",
    Reason.INVALID_JSON: "the value is not JSON, or not a JSON object where one is needed",
    Reason.UNKNOWN_VALUE: "the value is not in the list of accepted values",
}


class FileRefusedError(Exception):
    """A whole file goes to quarantine; the message is the sentence that says why.

    Attributes:
        reason: why.
        column: the column concerned, if one is.
        rows: how many rows the file has; 1 where that cannot be known.
    """

    def __init__(
        self, reason: Reason, detail: str, column: str | None = None, rows: int = 1
    ) -> None:
        """Keep the reason beside the sentence."""
        super().__init__(detail)
        self.reason = reason
        self.column = column
        self.rows = rows


@dataclass(frozen=True)
class RefusedLine:
    """A line of a text file that never became a row.

    Attributes:
        line: its 1-based number in the file, the header included.
        reason: why.
        text: the line as far as it can be shown.
    """

    line: int
    reason: Reason
    text: str


def quarantine_sentence(
    source_file: str, line_number: int | None, column_name: str | None, reason: str
) -> str:
    """Return one sentence that names file, line and column of a quarantined item."""
    place = source_file
    if line_number is not None:
        place += f", line {line_number}"
    if column_name is not None:
        place += f", column {column_name}"
    return f"{place}: {reason}, {REASON_TEXTS[Reason(reason)]}."
