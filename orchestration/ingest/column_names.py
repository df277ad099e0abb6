"""Column names as people write them, folded to the spelling that this project compares.

Belongs here: folding one name. Does not belong here: which names a table or an adapter knows.
"""

from __future__ import annotations

import re
import unicodedata

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[\W_]+")


def fold_name(name: str) -> str:
    """Return a name in lower case with underscores for blanks, marks and camel case.

    `Created date (UTC)` becomes `created_date_utc`, `messageId` `message_id`, `$value` `value`.
    """
    composed = unicodedata.normalize("NFC", name)
    return _OTHER.sub("_", _CAMEL.sub("_", composed)).strip("_").casefold()
