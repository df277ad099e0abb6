"""What a newcomer does in the first hour, the README from top to bottom, on a shop of a dozen rows.

Belongs here: that each command of the README ends and answers as it says there, with one build for
all of them, and that what `pip install` brings is enough for it. Does not belong here: what else
the commands can do (their own tests).
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.conftest import run_lifecycle
from tests.pipeline.small_shop import write_small_shop

pytestmark = pytest.mark.slow

README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
# One person more, with a name that no rule knows before `map` wrote a row for it.
BASKET = """event_id,event_name,occurred_at,anonymous_id
e9,added_to_basket,2026-02-05T10:00:00Z,a3
"""
HABIT = {
    "frameworks": "framework\nhabit\n",
    "framework_stages": "framework,stage,ordinal\nhabit,newcomer,1\nhabit,buyer,2\n"
    "habit,regular,3\n",
    "stage_rules": "framework,stage,rule\nhabit,newcomer,seen\nhabit,buyer,has_purchased\n"
    "habit,regular,repeat_customer\n",
}
PUBLISHED = Path("var/published")
# The extra `report`.
HAS_PICTURES = importlib.util.find_spec("vl_convert") is not None


@dataclass(frozen=True)
class Action:
    """A command as it is typed, or what is done by hand.

    Attributes:
        section: heading of the README that tells of it.
        typed: arguments of `lifecycle`; a function of the project directory returns what it found.
        line: a line of the answer, as a pattern.
        exit_code: of the command.
    """

    section: str
    typed: str | Callable[[Path], str]
    line: str
    exit_code: int = 0


def census(project: Path) -> str:
    (query,) = re.findall(r"^(select stage, health.*?;)$", README, re.DOTALL | re.MULTILINE)
    with duckdb.connect(str(project / PUBLISHED / "lifecycle.duckdb"), read_only=True) as reader:
        return str([(stage, count) for stage, _, count in reader.execute(query).fetchall()])


def orders_in_parquet(project: Path) -> str:
    files = project / PUBLISHED / "current" / "parquet" / "orders.parquet"
    (found,) = duckdb.execute(f"select count(*), sum(gross_revenue) from '{files}'").fetchall()
    return f"{found[0]} orders, {found[1]:.2f}"


def write_habit_without_its_stages(project: Path) -> str:
    (project / "rules" / "frameworks.patch.csv").write_text(HABIT["frameworks"])
    return "done"


def write_habit(project: Path) -> str:
    for seed, text in HABIT.items():
        # The three lines that the README types hold the same.
        assert repr(text)[1:-1] in README
        (project / "rules" / f"{seed}.patch.csv").write_text(text)
    return "done"


OWN_DATA, MARTS, RULES = "Bring your own data", "What you get", "Change the rules"
DBT = "For those who live in dbt"
ACTIONS = (
    Action("Two commands", "--help", r" +build +Ingest, build, .*"),
    Action("Two commands", "--version", r"lifecycle \d+\.\d+\.\d+"),
    Action(OWN_DATA, "init --raw-dir landing --currency EUR", r"Next: lifecycle check, then .*"),
    Action(OWN_DATA, "check", r"A build would load 10 rows, skip 1 copies and refuse 1\."),
    Action(OWN_DATA, "map --write rules", r".*cart_add \(like added_to_basket\)"),
    Action(OWN_DATA, "ingest", r"ingest .* 5 new files, 12 rows read = 10 loaded .*"),
    # What `ingest` loaded is not loaded again.
    Action(OWN_DATA, "build --rules-dir rules", r"ingest .* 0 new files, 5 known, 0 rows read .*"),
    Action(OWN_DATA, "build --currencies EUR", r"Error: No such option: --currencies.*", 2),
    Action(OWN_DATA, "build --frameworks clasic_five", r".*did you mean \"classic_five\"\?.*", 2),
    Action(
        OWN_DATA,
        "explain customer:c1 --on 2026-01-25",
        r" +interval +from 2026-01-20 until 2026-02-01 .*",
    ),
    Action(OWN_DATA, "explain customer:c1 --json", r' *"stage": "advocacy",?'),
    Action(OWN_DATA, "explain customer:c11", r".*customer:c11.* nearest.*customer:c1.*", 1),
    Action(OWN_DATA, "show customer:c1", r".*2026-01-20.*"),
    Action(OWN_DATA, "status", r" *orders +2 files, 5 rows read = 4 loaded .* 1 quarantined"),
    *((Action(OWN_DATA, "report --out report.html", r".*report\.html.*"),) if HAS_PICTURES else ()),
    Action(OWN_DATA, "rollback", r"There is no version before .*", 1),
    Action(OWN_DATA, "simulate --customers 20 --days 30 --seed 1 --out shop", r"Next: .*shop.*"),
    # One view makes a2 no engaged visitor (it takes two); the basket does it for a3, by map's row.
    Action(
        MARTS,
        census,
        r"\[\('advocacy', 1\), \('discovery', 1\), \('engagement', 1\), \('retention', 1\)\]",
    ),
    Action(MARTS, orders_in_parquet, r"4 orders, 250\.00"),
    Action(RULES, write_habit_without_its_stages, "done"),
    Action(RULES, "check --rules-dir rules", r".*habit.*", 2),
    Action(RULES, write_habit, "done"),
    Action(RULES, "check --rules-dir rules", r"A build would load 10 rows, .*"),
    Action(DBT, "dbt ls --select lifecycle_current --resource-type model", r".*lifecycle_current"),
)


def answer(action: Action, project: Path, command: Path) -> tuple[int, str]:
    if not isinstance(action.typed, str):
        return 0, action.typed(project)
    done = run_lifecycle(*action.typed.split(), cwd=project, command=command, COLUMNS="200")
    return done.returncode, done.stdout + done.stderr


def test_the_readme_can_be_followed_from_top_to_bottom_with_the_wheel(
    wheel: Path, tmp_path: Path
) -> None:
    write_small_shop(tmp_path / "landing")
    (tmp_path / "landing" / "events_2026-02-05.csv").write_text(BASKET)

    failed: list[str] = []
    for action in ACTIONS:
        code, told = answer(action, tmp_path, wheel)
        says = any(re.fullmatch(action.line, line) for line in told.splitlines())
        if code != action.exit_code or not says or "Traceback" in told:
            failed.append(f"{action.typed}: exit {code}, not {action.exit_code}:\n{told}")

    assert not failed, "\n\n".join(failed)
    assert len(ACTIONS) >= 20


def test_the_readme_tells_of_the_actions_in_this_order() -> None:
    commands = {action.typed.split()[0] for action in ACTIONS if isinstance(action.typed, str)}
    assert [name for name in commands if name[0] != "-" and f"lifecycle {name}" not in README] == []
    sections = list(dict.fromkeys(action.section for action in ACTIONS))
    headings = re.findall(r"^## (.*)$", README, re.MULTILINE)
    assert sections == [heading for heading in headings if heading in sections]
