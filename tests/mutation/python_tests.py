"""The tests of the models in Python, run on a model with a slip, as witnesses of it.

Belongs here: which tests, running them. Does not belong here: models in SQL (``unit_tests``).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from orchestration.settings.paths import DBT_PROJECT_DIR, REPO_ROOT
from tests.mutation.slips import Slip

TESTS = {
    "int_pace_fits": "tests/unit/test_pace_fits.py",
    "int_value_models": "tests/unit/test_value_models.py",
}
# In a process of its own: the tests read their model when they are imported.
_RUN = """
import sys
from pathlib import Path
import pytest
from tests import python_model
python_model.DBT_PROJECT_DIR = Path(sys.argv[1])
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", sys.argv[2]]))
"""


def red(slip: Slip) -> str:
    """Return the file of tests of which one fails with a slip, or nothing."""
    if slip.model not in TESTS:
        return ""
    (model,) = DBT_PROJECT_DIR.rglob(f"{slip.model}.py")
    text = model.read_text(encoding="utf-8")
    if text.count(slip.right) != 1:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / model.relative_to(DBT_PROJECT_DIR)
        wrong.parent.mkdir(parents=True)
        wrong.write_text(text.replace(slip.right, slip.wrong), encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-c", _RUN, folder, TESTS[slip.model]],
            cwd=REPO_ROOT,
            capture_output=True,
            check=False,
        )
    # Others are that a test could not even be run.
    return TESTS[slip.model] if ran.returncode == 1 else ""
