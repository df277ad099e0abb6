"""Measure simulated shops against their truth, and write the record.

    python -m tests.truth [--seeds 20] [--state DIR] [--work DIR]

A seed takes 50 CPU seconds. The models are those of a built sample: of `--state`, else of one built
first. With `--work` the figures of each seed stay in a directory and are used again as they are.
Exits 1 when a line does not hold.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import tempfile
from pathlib import Path

from orchestration.settings.paths import SAMPLE_DIR, StateDir
from tests.pipeline.models_kit import CompiledModels
from tests.reference.compare import run_lifecycle
from tests.truth import real
from tests.truth.lines import Seed, lines, measure
from tests.truth.report import RESULTS, render


def main(arguments: list[str] | None = None) -> int:
    """Measure, write, and say what does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="seeds 1 to N (default 20)")
    parser.add_argument("--state", type=Path, help="a state with the sample, all frameworks built")
    parser.add_argument("--work", type=Path, help="a directory for the figures of each seed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        state = StateDir(options.state or folder / "state")
        if not options.state:
            given = ["--raw-dir", str(SAMPLE_DIR), "--state-dir", str(state.root)]
            run_lifecycle(["build", *given, "--frameworks", "all"])
        models = CompiledModels(state)
        work = options.work or folder
        seeds = [_measured(models, folder, work, seed) for seed in range(1, options.seeds + 1)]
        shops = [real.measure(models, folder, shop) for shop in real.SHOPS if real.is_here(shop)]
    RESULTS.write_text(render(seeds, shops), encoding="utf-8")
    broken = [line.claim for line in lines(seeds) if line.holds is False]
    broken += [shop.name for shop in shops if shop.holds is False]
    print("\n".join(["Does not hold:", *broken] if broken else [f"{RESULTS}: all lines hold."]))
    return bool(broken)


def _measured(models: CompiledModels, folder: Path, work: Path, seed: int) -> Seed:
    kept = work / f"seed_{seed}.pickle"
    if not kept.exists():
        kept.write_bytes(pickle.dumps(measure(models, folder, seed)))
    return pickle.loads(kept.read_bytes())  # noqa: S301 - figures of our own


if __name__ == "__main__":
    sys.exit(main())
