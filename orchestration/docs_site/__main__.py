"""`python -m orchestration.docs_site`: write the site, which `make docs` does.

Belongs here: the arguments and the order of the steps. Does not belong here: anything else.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestration.docs_site.contents import all_pages
from orchestration.docs_site.dbt_docs import write_dbt_docs
from orchestration.docs_site.site import write_site
from orchestration.errors import EXIT_FAILED, LifecycleError
from orchestration.settings.paths import DEFAULT_STATE_DIR


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the site and return the exit code."""
    parser = argparse.ArgumentParser(description="The documentation as static files.")
    parser.add_argument("--out", type=Path, default=DEFAULT_STATE_DIR / "docs")
    out = parser.parse_args(arguments).out.resolve()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            manifest = write_dbt_docs(out, Path(scratch))
    except LifecycleError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    pages = all_pages(manifest)
    write_site(pages, out)
    sys.stdout.write(f"{len(pages)} pages and dbt's docs: {out / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
