"""Where `lifecycle` begins: the list of commands and the version, told before anything is imported.

Belongs here: what can be said without settings, whose classes take ten times as long to import as
this. Does not belong here: commands and their options (`cli`), whose first sentences stand here.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.command.streams import open_streams, write_out

COMMANDS: Mapping[str, str] = {
    "simulate": "Write the landing files of a simulated shop, with the truth beside them.",
    "ingest": "Load landing files into raw.duckdb, each exactly once, and stop there.",
    "build": "Ingest, build, check, publish; exit 0 only if a new version was published.",
    "demo": "Build the shipped sample shop and show what came out.",
    "init": "Look at the landing files and write sources.yml beside them and lifecycle.toml here.",
    "check": (
        "Tell in seconds what a build would load, refuse and ignore; exit 2 if it would stop there."
    ),
    "map": "List event names that feed nothing, with the signal that each may mean.",
    "rollback": "Make a kept version current again.",
    "status": "Tell what is published, what was ingested, and how the last build ended.",
    "show": "Tell what happened to a customer, the latest last, from the published marts.",
    "report": ("Write one self-contained page of pictures and tables about what is published."),
    "dashboard": "Open pictures and tables of what is published in a browser, on loopback.",
    "explain": (
        "Tell where a subject stood on a day, why, and what comes next, from the published marts."
    ),
    "calibrate": "Write the health policy that the shop's orders recommend as a rules directory.",
    "doctor": "Tell of everything whether it is well, and the way out; exit 1 if something is not.",
    "verify": "Build from raw beside what is published and compare, mart by mart.",
    "quarantine": "List what was refused, or replay it: load what has been mended since.",
    "connect": "Print how other programs open what is published, locked down.",
    "erase": (
        "Remove persons from raw, landing files, published versions and logs, and write a receipt."
    ),
    "export": "Write whom a play or a segment names now, for a CRM tool, with a receipt.",
    "whatif": "Tell who would stand elsewhere today by other rules; publishes nothing.",
    "diff": "Tell what two published versions say otherwise of the same days, and why.",
    "dbt": "Run dbt on the working database: lifecycle dbt run --select int_orders.",
}
_HELP = """Usage: lifecycle [--version] [--help] COMMAND [ARGS]...

  Who is at which stage of the customer lifecycle, since when, why, and what comes next.

Commands (COMMAND --help tells the options of one):
"""


def main() -> None:
    """Answer what needs no command, or hand over to the command line."""
    open_streams()
    _quiet_packages()
    asked = sys.argv[1:]
    _refuse_surroundings(asked)
    if asked in ([], ["--help"]):
        width = max(map(len, COMMANDS))
        told = (f"  {name:<{width}}  {sentence}\n" for name, sentence in COMMANDS.items())
        write_out(_HELP + "".join(told))
        sys.exit(0 if asked else 2)
    if asked == ["--version"]:
        from importlib.metadata import version

        write_out(f"lifecycle {version('customer-lifecycle')}\n")
        sys.exit(0)
    from orchestration.command.cli import main as run_command

    run_command()


def _quiet_packages() -> None:
    """Let no warning of a package end a command, here or in dbt: PYTHONWARNINGS=error asks so."""
    warnings.simplefilter("ignore")
    os.environ.pop("PYTHONWARNINGS", None)


def _refuse_surroundings(asked: Sequence[str]) -> None:
    """End where no command can work: in a directory that is gone, with words that are no text."""
    try:
        Path.cwd()
    except OSError:
        sys.exit("The current directory is gone; go to one that is there.")
    for word in asked:
        try:
            word.encode()
        except UnicodeEncodeError:
            sys.exit(f"The argument {word!a} is no text of UTF-8.")


if __name__ == "__main__":
    main()
