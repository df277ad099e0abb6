"""YAML that holds values and nothing else.

Belongs here: reading it. Does not belong here: what it must say.
"""

from __future__ import annotations

from typing import Any

import yaml

# Every build reads a few hundred kilobytes of it; the loader in C takes a tenth of the time.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parsed(text: str | bytes) -> Any:
    """Return what a document says.

    Raises:
        yaml.YAMLError: it is none.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe one
