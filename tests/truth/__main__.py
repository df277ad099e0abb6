"""Measure simulated shops against their truth, and write the record.

    python -m tests.truth [--seeds 24] [--state DIR]

A seed takes 50 CPU seconds. The models are those of a built sample: of `--state`, else of one built
first. Exits 1 when a line does not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from orchestration.settings.paths import SAMPLE_DIR, StateDir
from tests.pipeline.models_kit import CompiledModels
from tests.reference.compare import run_lifecycle
from tests.truth import real
from tests.truth.lines import lines, measure
from tests.truth.report import RESULTS, render


def main(arguments: list[str] | None = None) -> int:
    """Measure, write, and say what does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("--seeds", type=int, default=24, help="seeds 1 to N (default 24)")
    parser.add_argument("--state", type=Path, help="a state with the sample, all frameworks built")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        state = StateDir(options.state or folder / "state")
        if not options.state:
            given = ["--raw-dir", str(SAMPLE_DIR), "--state-dir", str(state.root)]
            run_lifecycle(["build", *given, "--frameworks", "all"])
        models = CompiledModels(state)
        seeds = [measure(models, folder, seed) for seed in range(1, options.seeds + 1)]
        shops = [real.measure(models, folder, shop) for shop in real.SHOPS if real.is_here(shop)]
    RESULTS.write_text(render(seeds, shops), encoding="utf-8")
    broken = [line.claim for line in lines(seeds) if line.holds is False]
    broken += [shop.name for shop in shops if shop.holds is False]
    print("\n".join(["Does not hold:", *broken] if broken else [f"{RESULTS}: all lines hold."]))
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
