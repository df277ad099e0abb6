"""The ways into the project besides `make`: container, devcontainer, issues, citation, release.

Belongs here: that they agree with the project and keep what they promise. Does not belong here:
style of the Dockerfile (hadolint, in `make lint`), the wheel (tests/pipeline/test_wheel.py).
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from orchestration.settings.paths import REPO_ROOT

PROJECT = tomllib.loads((REPO_ROOT / "pyproject.toml").read_text("utf-8"))
DOCKERFILE = (REPO_ROOT / "Dockerfile").read_text(encoding="utf-8")
TEMPLATES = sorted((REPO_ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def instructions(word: str) -> list[str]:
    """Return what stands behind an instruction, each time it is given."""
    return re.findall(rf"^{word} (.+)$", DOCKERFILE, re.MULTILINE)


def test_every_place_that_states_the_version_states_the_same() -> None:
    version = PROJECT["project"]["version"]
    dbt_project = yaml.safe_load((REPO_ROOT / "dbt_project/dbt_project.yml").read_text("utf-8"))
    citation = yaml.safe_load((REPO_ROOT / "CITATION.cff").read_text("utf-8"))
    (released,) = re.findall(
        rf"^## \[{re.escape(version)}\] - (\S+)$",
        (REPO_ROOT / "CHANGELOG.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert dbt_project["version"] == citation["version"] == version
    assert citation["date-released"] == released
    assert citation["license"] == PROJECT["project"]["license"]


def test_the_container_runs_as_nobody_special_and_opens_no_port() -> None:
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.findall(r"^USER (\S+)$", last_stage, re.MULTILINE) == ["10001"]
    assert "--uid 10001" in last_stage
    assert instructions("EXPOSE") == []
    assert "0.0.0.0" not in DOCKERFILE  # noqa: S104 - that it is absent
    assert instructions("ENTRYPOINT") == ['["lifecycle"]']


def test_what_the_container_installs_is_pinned_and_of_the_locks() -> None:
    images = [image.split()[0] for image in instructions("FROM")]
    assert len(images) == 2
    assert len(set(images)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", images[0])
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    (hatchling,) = re.findall(r"hatchling==(\S+)", DOCKERFILE)
    assert f"hatchling=={hatchling} " in (REPO_ROOT / "requirements-dev.lock").read_text("utf-8")


def test_the_container_is_given_all_that_the_wheel_is_made_of() -> None:
    copied = {
        source
        for line in instructions("COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    }
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {path.split("/")[0] for path in (*wheel["only-include"], *wheel["force-include"])}
    # dbt_project/tests is a link to tests/data.
    assert wanted | {"pyproject.toml", "requirements.lock", "README.md", "tests/data"} <= copied
    assert all((REPO_ROOT / source).exists() for source in copied)
    allowed = (REPO_ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {f"!{source}" for source in copied} == {line for line in allowed if line[:1] == "!"}


def test_the_devcontainer_makes_what_the_makefile_has() -> None:
    container = json.loads((REPO_ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert container["remoteUser"] != "root"
    targets = re.findall(r"make (\S+)", container["postCreateCommand"])
    makefile = (REPO_ROOT / "Makefile").read_text("utf-8").replace("$(VENV)", ".venv")
    assert targets
    assert [name for name in targets if f"{name}:" not in makefile and name not in makefile] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_of_an_issue_asks_for_something(path: Path) -> None:
    template = yaml.safe_load(path.read_text("utf-8"))
    if path.stem == "config":
        assert template == {"blank_issues_enabled": True}
        return
    assert template["name"]
    assert template["description"]
    fields = [field for field in template["body"] if field["type"] != "markdown"]
    names = [field["id"] for field in fields]
    assert len(set(names)) == len(names) >= 3
    assert any(field.get("validations", {}).get("required") for field in fields)
