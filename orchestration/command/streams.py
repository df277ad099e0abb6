"""The three streams of a process, whatever a shell has made of them.

Belongs here: that there is something to write to, that any text can be written, and how a command
ends when nothing can. Does not belong here: what is written (`console`).
"""

from __future__ import annotations

import os
import sys
from errno import EPIPE
from io import TextIOWrapper


def open_streams() -> None:
    """Open what the shell has closed, and have each stream write out what it cannot show.

    The first file opened would else become the closed stream, and all that is printed go into it;
    that file may be a database.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Not every locale has the signs that are printed, or those in other people's names.
            stream.reconfigure(errors="backslashreplace")


def write_out(text: str) -> None:
    """Write a text to standard output, and end the process in one sentence where that fails."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Python would try again as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1 if error.errno == EPIPE else f"Standard output: {error.strerror}.")
