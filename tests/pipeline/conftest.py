"""What several pipeline tests share: batches of random worlds, each built once in a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reference.batches import Batch, Built, build
from tests.reference.kpis import batches
from tests.reference.kpis.shop import Shop


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Batch], Built]:
    """A function that builds a batch the first time and remembers it, or that it failed."""
    done: dict[str, Built | AssertionError] = {}

    def once(batch: Batch) -> Built:
        if batch.name not in done:
            try:
                done[batch.name] = build(batch, tmp_path_factory.mktemp(batch.name))
            except AssertionError as error:
                done[batch.name] = error
        shop = done[batch.name]
        if isinstance(shop, AssertionError):
            raise shop
        return shop

    return once


@dataclass(frozen=True)
class BuiltShop:
    """A random shop that was built, and what the reference made of its raw rows."""

    name: str
    state_dir: Path
    settled: Shop


@pytest.fixture(scope="session", params=batches.SHOPS, ids=lambda batch: batch.name)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuiltShop:
    """Each of the shops whose KPIs are compared; read it, never write to it."""
    batch: Batch = request.param
    made = batches.build(batch, tmp_path_factory.mktemp(batch.name))
    settled = Shop(made.world, batch.settings, made.rules, made.seeds)
    return BuiltShop(batch.name, made.state_dir, settled)
