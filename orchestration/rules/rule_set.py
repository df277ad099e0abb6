"""The rule seeds of one build: shipped files, replaced or patched, checked, written for dbt.

Belongs here: which seed files there are, which file wins, and the copy dbt reads. Does not belong
here: what makes the rows runnable (`rule_checks`), what a patch does (`patches`), what rows mean.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import RulesError, nearest, sentence, shown
from orchestration.rules.patches import patch_name, patched_seed
from orchestration.rules.rule_checks import find_problems
from orchestration.rules.seed_rows import SeedFile, is_true, read_seed, seed_text
from orchestration.rules.seed_shapes import SeedShape, form_problems, read_shapes, with_defaults
from orchestration.settings.paths import RULES_DIR, StateDir

# The seeds whose cells have sentences of their own; others are held against their columns' types.
CHECKED_SEEDS = (
    "frameworks.csv",
    "framework_stages.csv",
    "event_signals.csv",
    "rules.csv",
    "rule_conditions.csv",
    "stage_rules.csv",
    "health_policy.csv",
    "kpi_windows.csv",
    "value_limits.csv",
    "rfm_segments.csv",
    "segments.csv",
    "segment_conditions.csv",
    "plays.csv",
)


@dataclass(frozen=True)
class RuleSet:
    """The merged and checked seeds of a build.

    Attributes:
        frameworks: every framework, in file order.
        default_framework: the one that is always built.
        default_stages: its stages, in order.
        rules_hash: SHA-256 over names and rows of all merged seeds; blind to quoting, line ends
            and the order of columns.
        overridden: names of the files that came from the rules directory.
        seeds: the merged seeds by file name.
    """

    frameworks: tuple[str, ...]
    default_framework: str
    default_stages: tuple[str, ...]
    rules_hash: str
    overridden: tuple[str, ...]
    seeds: Mapping[str, SeedFile]

    @property
    def excluded_ids(self) -> frozenset[str]:
        """Ids that count as absent."""
        return frozenset(row["id"] for row in self.seeds["excluded_ids.csv"].rows)

    @property
    def event_names(self) -> dict[str, bool]:
        """Event names that have a row, each with whether the value of its events is money."""
        names: dict[str, bool] = {}
        for row in self.seeds["event_signals.csv"].rows:
            is_value = row["value_property"] in ("", "value")
            always = is_true(row["is_money"]) and is_value and not row["operator"]
            names[row["event_name"]] = names.get(row["event_name"], False) or always
        return names


def read_rules(rules_dir: Path | None, shipped: Path = RULES_DIR) -> RuleSet:
    """Merge the shipped seeds with those of a rules directory and check them; write nothing.

    Args:
        rules_dir: CSV files that replace or patch the shipped ones; None for none.
        shipped: the directory with every seed there is.

    Raises:
        RulesError: lists every problem, each one sentence with file and line.
    """
    sources = {path.name: path for path in sorted(shipped.glob("*.csv"))}
    missing = [name for name in CHECKED_SEEDS if name not in sources]
    if missing:
        raise RulesError([f"{shipped}: the seed files {', '.join(missing)} are missing."])
    overrides = _overrides(rules_dir, shipped) if rules_dir else {}
    shapes = read_shapes(shipped)
    before = {name: read_seed(path) for name, path in sources.items()}
    seeds = {
        name: with_defaults(_overridden(seed, overrides, shapes[name]), shapes[name])
        for name, seed in before.items()
    }
    problems = [problem for seed in seeds.values() for problem in seed.problems]
    problems = problems or _row_problems(seeds, before, shapes, overrides.keys() & seeds.keys())
    if problems:
        raise RulesError(problems)
    frameworks = seeds["frameworks.csv"].rows
    default = next(row["framework"] for row in frameworks if is_true(row["is_default"]))
    stages = [row for row in seeds["framework_stages.csv"].rows if row["framework"] == default]
    stages.sort(key=lambda row: int(row["ordinal"]))
    return RuleSet(
        frameworks=tuple(row["framework"] for row in frameworks),
        default_framework=default,
        default_stages=tuple(row["stage"] for row in stages),
        rules_hash=_rules_hash(seeds),
        overridden=tuple(overrides),
        seeds=seeds,
    )


def write_rules(rules: RuleSet, state: StateDir) -> None:
    """Make the state's rules directory hold exactly the merged seeds; their YAML stays shipped.

    Files that would not change keep their time, so that dbt's partial parsing stays valid.
    """
    texts = {name: seed_text(seed) for name, seed in rules.seeds.items()}
    state.rules.mkdir(parents=True, exist_ok=True)
    for path in state.rules.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = state.rules / name
        if not path.is_file() or path.read_bytes() != text.encode():
            path.write_bytes(text.encode())


def keep_published_rules(state: StateDir) -> None:
    """Keep the rules of what has just been published, for whoever tries others on top of them."""
    shutil.rmtree(state.published_rules, ignore_errors=True)
    shutil.copytree(state.rules, state.published_rules)


def _row_problems(
    seeds: Mapping[str, SeedFile],
    shipped: Mapping[str, SeedFile],
    shapes: Mapping[str, SeedShape],
    own: Collection[str],
) -> list[str]:
    problems = [
        problem
        for name, seed in seeds.items()
        for problem in form_problems(seed.rows, shapes[name], with_types=name not in CHECKED_SEEDS)
    ]
    # What is wrong with a row's form may make it wrong otherwise: it is told once.
    places = {problem.partition(":")[0] for problem in problems}
    rows = {name: seed.rows for name, seed in seeds.items()}
    found = find_problems(rows, {name: seed.rows for name, seed in shipped.items()}, own)
    return [*problems, *(each for each in found if each.partition(":")[0] not in places)]


def _overridden(seed: SeedFile, overrides: Mapping[str, Path], shape: SeedShape) -> SeedFile:
    """Return the seed as the rules directory has it: its whole file first, its patch on top."""
    whole, patch = overrides.get(seed.name), overrides.get(patch_name(seed.name))
    if whole:
        optional = [column for column in seed.columns if not shape.is_needed(column)]
        seed = read_seed(whole, expected=seed.columns, optional=optional)
    return patched_seed(seed, patch, shape) if patch else seed


def _overrides(rules_dir: Path, shipped: Path) -> dict[str, Path]:
    """Return the CSV files of a rules directory by name; every file in it must be a known one."""
    if not rules_dir.is_dir():
        raise RulesError([f"The rules directory {rules_dir} does not exist; name one that does."])
    seeds = sorted(path.name for path in shipped.glob("*.csv"))
    known = (*seeds, *map(patch_name, seeds))
    problems: list[str] = []
    found: dict[str, Path] = {}
    for path in sorted(rules_dir.iterdir()):
        if path.name.startswith("."):
            continue
        if path.name in known and path.is_file():
            found[path.name] = path
        elif path.name in known:
            problems.append(f"{path} is no file.")
        elif not _is_shipped_yaml(path, shipped):
            hint = nearest(path.name, known)
            problems.append(sentence(f"{path}: {shown(path.name)} is not a rule seed{hint}"))
    if not found and not problems:
        text = f"The rules directory {rules_dir} holds no rule seed"
        problems.append(f"{text}; put at least one of {', '.join(seeds)} there, or a patch.")
    if problems:
        raise RulesError(problems)
    return found


def _is_shipped_yaml(path: Path, shipped: Path) -> bool:
    """Whether a file is an unchanged copy of a shipped YAML, which describes the columns.

    A changed one is refused: dbt would render it, so it would be code, not rules.
    """
    twin = shipped / path.name
    if path.suffix not in {".yml", ".yaml"} or not (path.is_file() and twin.is_file()):
        return False
    return path.read_bytes() == twin.read_bytes()


def _rules_hash(seeds: Mapping[str, SeedFile]) -> str:
    digest = hashlib.sha256()
    for name in sorted(seeds):
        digest.update(f"{name}\n{seed_text(seeds[name])}\0".encode())
    return digest.hexdigest()
