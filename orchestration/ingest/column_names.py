"""Column names as people write them, folded to the spelling that this project compares.

Belongs here: folding one name, names that stand for a person's data. Does not belong here: which
names a table or an adapter knows.
"""

from __future__ import annotations

import re
import unicodedata

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[\W_]+")

# Columns that name, place or describe a person; unless a table or an adapter reads them they stay
# outside.
_PERSONAL = re.compile(
    r"(^|_)(address\w*|ip|ipaddress|user_?agent|card\w*|notes?|phone|zip|zipcode|post(al)?_?code|"
    r"latitude|longitude|(first|last|full|middle)_?name|birth\w*|street|e?_?mail|company|iban|"
    r"tax_id|vat_number)($|_)|^(shipping|billing|recipient|receipt)_.*(name|city|province|state|email)"
)


def fold_name(name: str) -> str:
    """Return a name in lower case with underscores for blanks, marks and camel case.

    `Created date (UTC)` becomes `created_date_utc`, `messageId` `message_id`, `$value` `value`.
    """
    composed = unicodedata.normalize("NFC", name)
    return _OTHER.sub("_", _CAMEL.sub("_", composed)).strip("_").casefold()


def is_personal(folded: str) -> bool:
    """Say whether a folded name is one of a person's data."""
    return bool(_PERSONAL.search(folded))
