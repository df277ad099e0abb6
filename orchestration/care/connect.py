"""How other programs open what is published: read-only, shut off, and with settings that stay.

Belongs here: the recipes as text. Does not belong here: opening the file for a command of this
program (`pipeline/status`), which follows the first of them.

A connection that may read files or load extensions reads whatever its user may: `read_csv` on the
landing files is one line of SQL. The two settings end that, and the second that they are unset.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

LOCKED_DOWN: Mapping[str, str] = {"enable_external_access": "false", "lock_configuration": "true"}
WAYS = ("python", "sqlalchemy", "cli", "jdbc")


def recipes(database: Path) -> dict[str, str]:
    """Return a recipe by way, in the words of that way, that counts the rows of a mart."""
    path, config = json.dumps(str(database)), json.dumps(LOCKED_DOWN)
    url = "".join(f";{name}={value}" for name, value in LOCKED_DOWN.items())
    settings = " ".join(f'-cmd "set {name} = {value}"' for name, value in LOCKED_DOWN.items())
    return {
        "python": (
            "import duckdb\n\n"
            f"with duckdb.connect({path}, read_only=True, config={config}) as marts:\n"
            '    print(marts.sql("select * from marts.build_info").fetchall())\n'
        ),
        "sqlalchemy": (
            "# pip install duckdb-engine\n"
            "from sqlalchemy import create_engine, text\n\n"
            f'options = {{"read_only": True, "config": {config}}}\n'
            f'engine = create_engine("duckdb:///" + {path}, connect_args=options)\n'
            "with engine.connect() as marts:\n"
            '    print(marts.execute(text("select * from marts.build_info")).fetchall())\n'
        ),
        "cli": (
            f"duckdb -readonly {shlex.quote(str(database))} {settings} "
            '-c "select * from marts.build_info"\n'
        ),
        "jdbc": f"jdbc:duckdb:{database};access_mode=READ_ONLY{url}\n",
    }
