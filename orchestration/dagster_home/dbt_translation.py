"""How dbt's nodes look in Dagster: keys, groups, owners, tags, descriptions, subjects of tests.

Belongs here: the translation, from the manifest alone. Does not belong here: policy about single
models; it stands in their `meta.dagster` (`asset_key`, `group`, `owners`, `ref`) or follows from
their folder.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    BetaWarning,
    MetadataValue,
    TableRecord,
)
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    build_dbt_asset_specs,
)

from orchestration.settings.paths import DBT_PROJECT_DIR

Manifest = Mapping[str, Any]
# The check of an asset that all dbt tests of it share: an event for each test would be a third of
# what a build costs Dagster.
TESTS = "dbt_tests"


class LifecycleTranslator(DagsterDbtTranslator):
    """Translates the nodes of this project's manifest."""

    def __init__(self, manifest: Manifest) -> None:
        """Remember which unit tests prove which model."""
        super().__init__(
            DagsterDbtTranslatorSettings(enable_asset_checks=False, enable_code_references=True)
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


@dataclass(frozen=True)
class Nodes:
    """What the nodes of a manifest are in Dagster.

    Attributes:
        specs: the models and seeds.
        checks: one for each of them, or source, that dbt tests judge.
        assets: asset key by unique id of a model or seed.
        sources: asset key by unique id of a source.
        tests: check key by unique id of a test; the tests of one asset share a check.
        marts: keys of the published models.
    """

    specs: tuple[AssetSpec, ...]
    checks: tuple[AssetCheckSpec, ...]
    assets: Mapping[str, AssetKey]
    sources: Mapping[str, AssetKey]
    tests: Mapping[str, AssetCheckKey]
    marts: tuple[AssetKey, ...]


def translate(manifest: Manifest) -> Nodes:
    """Return what every node is in Dagster."""
    translator = LifecycleTranslator(manifest)
    # Code references are "beta", which Dagster says once per node.
    warnings.filterwarnings("ignore", category=BetaWarning, module="dagster_dbt")
    project = DbtProject(DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)
    specs = build_dbt_asset_specs(
        manifest=manifest, dagster_dbt_translator=translator, project=project
    )
    assets = {str(spec.metadata["dagster_dbt/unique_id"]): spec.key for spec in specs}
    sources = {
        unique_id: translator.get_asset_key(source)
        for unique_id, source in sorted(manifest.get("sources", {}).items())
    }
    judged = _tests_by_asset(manifest, {**assets, **sources})
    return Nodes(
        specs=tuple(specs),
        checks=tuple(_check_spec(manifest, asset, tests) for asset, tests in judged.items()),
        assets=assets,
        sources=sources,
        tests={test: AssetCheckKey(asset, TESTS) for asset in judged for test in judged[asset]},
        marts=tuple(
            key
            for unique_id, key in sorted(assets.items())
            if layer_of(manifest["nodes"][unique_id]) == "marts"
        ),
    )


def _tests_by_asset(manifest: Manifest, keys: Mapping[str, AssetKey]) -> dict[AssetKey, list[str]]:
    judged: defaultdict[AssetKey, list[str]] = defaultdict(list)
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] == "test":
            subject = subject_of(manifest, unique_id, keys)
            if subject is not None:
                judged[keys[subject]].append(unique_id)
    return dict(judged)


def _check_spec(manifest: Manifest, asset: AssetKey, tests: Sequence[str]) -> AssetCheckSpec:
    nodes = [manifest["nodes"][test] for test in tests]
    claims = "\n".join(f"- `{node['name']}`: {sentence_of(node)}" for node in nodes)
    severities = {str(node["config"].get("severity") or "error").lower() for node in nodes}
    return AssetCheckSpec(
        TESTS,
        asset=asset,
        description=f"What dbt tests of it:\n\n{claims}",
        metadata={"tests": len(tests)},
        blocking="error" in severities,
    )


def subject_of(manifest: Manifest, unique_id: str, assets: Collection[str]) -> str | None:
    """Return the node, one of those that are assets, that a test judges.

    A generic test judges the node it is attached to; a singular one what `meta.dagster.ref` names
    if it reads it, else the first by name of the marts it reads, else of anything it reads.
    """
    test = manifest["nodes"][unique_id]
    parents = sorted(set(assets) & set(test["depends_on"]["nodes"]))
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


def group_of(node: Mapping[str, Any]) -> str:
    """Return layer and topic of a node, which are the folders it lies in."""
    if node["resource_type"] == "seed":
        return "rules"
    if node["resource_type"] == "source":
        return "raw"
    layer_and_topic = [str(folder) for folder in node["fqn"][1:-1]][:2]
    if layer_and_topic == ["intermediate", "kpis"] and not node["name"].startswith("int_kpi_"):
        # Too many for one group: KPIs, and beside them the things that they count.
        return "intermediate_kpi_facts"
    return "_".join(layer_and_topic)


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
