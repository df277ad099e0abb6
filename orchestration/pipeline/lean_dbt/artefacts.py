"""What dbt reads and writes beside the database, no more often than it is used.

Belongs here: the parsed project and the artefacts. Does not belong here: where they are kept
between builds (`parse_cache`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from dbt import flags
from dbt.artifacts.resources.base import FileHash
from dbt.artifacts.schemas import base as artifacts
from dbt.contracts.graph.manifest import Manifest, ManifestStateCheck
from dbt.contracts.graph.nodes import ParsedNode
from dbt.parser import manifest as parsing
from dbt.parser.manifest import ManifestLoader

# It is what writes the manifest of a finished build, and keeps dbt's own function for that.
from dbt.task import runnable as building
from dbt_common.utils.encoding import JSONEncoder

from orchestration.pipeline.parse_cache import vars_that_parsing_reads

# By name, since dbt gives them no types.
_flags: Any = getattr(flags, "get_flags")  # noqa: B009
_write_node: Any = getattr(ParsedNode, "write_node")  # noqa: B009
_write_manifest: Any = getattr(building, "write_manifest")  # noqa: B009
_state_check: Any = getattr(ManifestLoader, "build_manifest_state_check")  # noqa: B009
_may_be_used: Any = getattr(ManifestLoader, "is_partial_parsable")  # noqa: B009


def write_compiled_node(
    self: ParsedNode, project_root: str, compiled_path: str, compiled_code: str
) -> None:
    """Write what a node compiles to; the statement around it says nothing more."""
    if compiled_path != self.build_path:
        _write_node(self, project_root, compiled_path, compiled_code)


def write_parsed_manifest(manifest: Manifest, target_path: str) -> None:
    """Write the manifest of a project as parsed; a build writes it at its end anyway."""
    if _flags().WHICH != "build":
        _write_manifest(manifest, target_path)


def note_vars(self: ManifestLoader) -> ManifestStateCheck:
    """Note what a parse depends on, and apart from all vars those that it has read."""
    check: ManifestStateCheck = _state_check(self)
    read = json.dumps(vars_that_parsing_reads(self.root_project.cli_vars), sort_keys=True)
    check.project_hashes["vars that parsing reads"] = FileHash.from_contents(read)
    return check


def may_be_used(self: ManifestLoader, manifest: Manifest) -> Any:
    """Say whether a kept parse holds: a var that only statements read makes none of it untrue."""
    now = self.manifest.state_check
    self.manifest.state_check = replace(now, vars_hash=manifest.state_check.vars_hash)
    try:
        return _may_be_used(self, manifest)
    finally:
        self.manifest.state_check = now


def write_json(path: str, data: dict[str, Any]) -> bool:
    """Write an artefact as one text: piece by piece, as dbt does, takes three times as long."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(data, cls=JSONEncoder), encoding="utf-8")
    return True


REPLACED = (
    (ParsedNode, "write_node", write_compiled_node),
    (parsing, "write_manifest", write_parsed_manifest),
    (ManifestLoader, "build_manifest_state_check", note_vars),
    (ManifestLoader, "is_partial_parsable", may_be_used),
    (artifacts, "write_json", write_json),
)
