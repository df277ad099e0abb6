"""JSON that others have written: whatever is wrong with it is a `ValueError`.

Belongs here: reading it. Does not belong here: files that hold some (`small_files`).
"""

from __future__ import annotations

import json
from typing import Any


def parsed(text: str | bytes) -> Any:
    """Return what a text of JSON says.

    Raises:
        ValueError: it is none, or nested deeper than Python follows.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
