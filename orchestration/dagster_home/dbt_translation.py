"""How dbt's nodes look in Dagster: keys, groups, owners, tags, descriptions, subjects of tests.

Belongs here: the translation, from the manifest alone. Does not belong here: policy about single
models; it stands in their `meta.dagster` (`asset_key`, `group`, `owners`, `ref`) or follows from
their folder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    MetadataValue,
    TableRecord,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.settings.paths import DBT_PROJECT_DIR

Manifest = Mapping[str, Any]
_ASSETS = ("model", "seed", "snapshot")


class LifecycleTranslator(DagsterDbtTranslator):
    """Translates the nodes of this project's manifest."""

    def __init__(self, manifest: Manifest) -> None:
        """Remember which unit tests prove which model."""
        super().__init__(
            DagsterDbtTranslatorSettings(
                enable_code_references=True, enable_source_tests_as_checks=True
            )
        )
        self._unit_tests = unit_tests_by_model(manifest)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the group of `meta.dagster`, else the topic that the folder names."""
        return super().get_group_name(dbt_resource_props) or group_of(dbt_resource_props)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the description, and the names of the unit tests, which read as sentences."""
        text = " ".join(str(dbt_resource_props.get("description") or "").split())
        proved = self._unit_tests.get(dbt_resource_props["unique_id"], [])
        if not proved:
            return text
        listed = "\n".join(f"- {test.claim}" for test in proved)
        return f"{text}\n\n**Proved by unit tests**\n\n{listed}"

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """Return dbt's tags and the layer."""
        return {**super().get_tags(dbt_resource_props), "layer": layer_of(dbt_resource_props)}

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return dbt's metadata, the primary key and the unit tests."""
        metadata = dict(super().get_metadata(dbt_resource_props))
        key = meta_of(dbt_resource_props).get("primary_key")
        if key:
            metadata["primary_key"] = MetadataValue.text(", ".join(key))
        proved = self._unit_tests.get(dbt_resource_props["unique_id"], [])
        if proved:
            metadata["dbt/unit_tests"] = MetadataValue.table(
                [TableRecord({"claim": test.claim, "why": test.why}) for test in proved]
            )
        return metadata

    def get_asset_check_spec(
        self,
        asset_spec: AssetSpec,
        manifest: Manifest,
        unique_id: str,
        project: DbtProject | None,
    ) -> AssetCheckSpec | None:
        """Return the check that a dbt test is of the asset, None if it judges another one."""
        subject = subject_of(manifest, unique_id)
        if subject is None or self.get_asset_spec(manifest, subject, project).key != asset_spec.key:
            return None
        test = manifest["nodes"][unique_id]
        others = {
            self.get_asset_spec(manifest, parent, project).key
            for parent in _parents(manifest, unique_id)
        } - {asset_spec.key}
        return AssetCheckSpec(
            str(test["name"]),
            asset=asset_spec.key,
            description=sentence_of(test),
            additional_deps=sorted(others),
            metadata={"dagster_dbt/unique_id": unique_id},
            blocking=str(test["config"].get("severity") or "error").lower() == "error",
        )


@dataclass(frozen=True)
class Nodes:
    """Where the nodes of a manifest went.

    Attributes:
        assets: asset key by unique id of a model or seed.
        checks: check key by unique id of a test.
        marts: keys of the published models.
        sources: asset key by unique id of a source.
    """

    assets: Mapping[str, AssetKey]
    checks: Mapping[str, AssetCheckKey]
    marts: tuple[AssetKey, ...]
    sources: Mapping[str, AssetKey]


def translate(manifest: Manifest, translator: LifecycleTranslator, project: DbtProject) -> Nodes:
    """Return the Dagster key of every node."""
    assets: dict[str, AssetKey] = {}
    checks: dict[str, AssetCheckKey] = {}
    marts: list[AssetKey] = []
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] in _ASSETS:
            assets[unique_id] = translator.get_asset_spec(manifest, unique_id, project).key
            if layer_of(node) == "marts":
                marts.append(assets[unique_id])
        elif node["resource_type"] == "test":
            subject = subject_of(manifest, unique_id)
            if subject is not None:
                asset = translator.get_asset_spec(manifest, subject, project).key
                checks[unique_id] = AssetCheckKey(asset, str(node["name"]))
    sources = {
        unique_id: translator.get_asset_spec(manifest, unique_id, project).key
        for unique_id in sorted(manifest.get("sources", {}))
    }
    return Nodes(assets, checks, tuple(marts), sources)


def subject_of(manifest: Manifest, unique_id: str) -> str | None:
    """Return the node that a test judges.

    A generic test judges the node it is attached to; a singular one what `meta.dagster.ref` names
    if it reads it, else the first by name of the marts it reads, else of anything it reads.
    """
    test = manifest["nodes"][unique_id]
    parents = _parents(manifest, unique_id)
    if test.get("attached_node") in parents:
        return str(test["attached_node"])
    named = meta_of(test).get("dagster", {}).get("ref", {}).get("name")
    for parent in parents:
        if named is not None and parent.rpartition(".")[2] == named:
            return parent
    marts = [
        parent
        for parent in parents
        if parent in manifest["nodes"] and layer_of(manifest["nodes"][parent]) == "marts"
    ]
    return next(iter(marts or parents), None)


def sentence_of(test: Mapping[str, Any]) -> str:
    """Return what a test claims: its description, its opening comment, else its name."""
    described = " ".join(str(test.get("description") or "").split())
    comment = [
        line.lstrip().removeprefix("--").strip()
        for line in str(test.get("raw_code") or "").split("\n\n", maxsplit=1)[0].splitlines()
        if line.lstrip().startswith("--")
    ]
    return described or " ".join(comment) or str(test["name"]).replace("_", " ")


def _parents(manifest: Manifest, unique_id: str) -> list[str]:
    return sorted(set(manifest["nodes"][unique_id]["depends_on"]["nodes"]))


def dbt_project() -> DbtProject:
    """Return the shipped dbt project."""
    return DbtProject(DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


def group_of(node: Mapping[str, Any]) -> str:
    """Return the topic of a node: the folder below its layer, else the layer."""
    folders: Sequence[str] = node["fqn"][1:-1]
    if node["resource_type"] == "seed":
        return "rules"
    if node["resource_type"] == "source":
        return "raw"
    if folders[0] == "staging" or len(folders) == 1:
        return folders[0]
    return folders[1]


def layer_of(node: Mapping[str, Any]) -> str:
    """Return `seeds`, `raw`, `staging`, `intermediate` or `marts`."""
    kinds = {"seed": "seeds", "source": "raw"}
    return kinds.get(node["resource_type"]) or str(node["fqn"][1])


def meta_of(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the meta of a node, wherever dbt keeps it."""
    return node.get("config", {}).get("meta") or node.get("meta") or {}


@dataclass(frozen=True, order=True)
class UnitTest:
    """A unit test of dbt. It runs with the test suite, never in a build, so it is no check.

    Attributes:
        claim: its name as a sentence.
        why: its description, or blank.
    """

    claim: str
    why: str


def unit_tests_by_model(manifest: Manifest) -> dict[str, list[UnitTest]]:
    """Return the unit tests by unique id of the model they prove, sorted."""
    models = {
        node["name"]: unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    found: defaultdict[str, list[UnitTest]] = defaultdict(list)
    for test in manifest.get("unit_tests", {}).values():
        why = " ".join(str(test.get("description") or "").split())
        found[models[str(test["model"])]].append(UnitTest(str(test["name"]).replace("_", " "), why))
    return {model: sorted(tests) for model, tests in found.items()}
