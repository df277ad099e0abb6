"""dbt's command line, lean."""

from __future__ import annotations

from dbt.cli.main import cli

from orchestration.pipeline.lean_dbt import make_lean, templates
from orchestration.pipeline.parse_cache import compiled_templates

make_lean()
with templates.kept(compiled_templates()):
    cli()
