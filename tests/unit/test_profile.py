"""The dbt profile: how a build opens its database."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import yaml

PROFILE = Path(__file__).resolve().parents[2] / "dbt_project" / "profiles.yml"


def output(**environment: str) -> dict[str, dict[str, str]]:
    """The profile's one output as dbt would read it."""

    def env_var(name: str, default: str | None = None) -> str:
        value = environment.get(name, default)
        if value is None:
            raise KeyError(name)
        return value

    text = PROFILE.read_text(encoding="utf-8")
    # Rendered into YAML that is read here; nothing of it becomes a web page.
    rendered = jinja2.Template(text, autoescape=False).render(env_var=env_var)
    return yaml.safe_load(rendered)["customer_lifecycle"]["outputs"]["duckdb"]


def test_what_every_connection_sets_may_still_be_set_after_spilling(tmp_path: Path) -> None:
    """dbt-duckdb repeats `settings` on each connection; DuckDB refuses some once it has spilled."""
    given = output(LIFECYCLE_STATE_DIR=str(tmp_path), LIFECYCLE_MEMORY_LIMIT="64MB")
    with duckdb.connect(config={**given["config_options"], "threads": 1}) as connection:
        connection.execute(
            "create table sorted as select i, repeat(i::varchar, 9) as text"
            " from range(2000000) as numbers(i) order by hash(i)"
        )
        assert list((tmp_path / "tmp").iterdir())  # it has spilled, and spills there
        for name, value in given["settings"].items():
            connection.execute(f"set {name} = '{value}'")


def test_memory_is_limited_and_the_limit_is_a_setting() -> None:
    blank = output(LIFECYCLE_STATE_DIR="/srv", LIFECYCLE_MEMORY_LIMIT="")
    assert blank["config_options"]["memory_limit"] == "2GB"
    given = output(LIFECYCLE_STATE_DIR="/srv", LIFECYCLE_MEMORY_LIMIT="512MB")
    assert given["config_options"]["memory_limit"] == "512MB"
