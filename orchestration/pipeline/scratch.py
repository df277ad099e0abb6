"""A state directory within another one, for a second build beside the first, and gone afterwards.

Belongs here: lending one, and their names, by which a leftover is known. Does not belong here: what
is built there.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager

from orchestration.settings.paths import StateDir

VERIFICATION, TRIAL = "verify_tmp", "whatif"
# Which command leaves one behind when it is killed; the next one of its kind removes it.
LENT_TO = {VERIFICATION: "lifecycle verify", TRIAL: "lifecycle whatif"}


@contextmanager
def scratch_state(state: StateDir, name: str) -> Generator[StateDir]:
    """Lend a state directory that is deleted, since raw rows lie in it; a leftover goes first.

    It always has the same name, so that dbt finds the project as it parsed it the last time.
    """
    scratch = StateDir(state.root / name)
    shutil.rmtree(scratch.root, ignore_errors=True)
    scratch.root.mkdir(mode=0o700)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch.root, ignore_errors=True)
