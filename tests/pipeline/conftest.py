"""What several pipeline tests share: random shops, each built once for all workers of a run."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from tests.conftest import once_in_a_run
from tests.reference.batches import Batch
from tests.reference.kpis import batches
from tests.reference.kpis.batches import BuiltShop
from tests.reference.kpis.shop import Shop


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Batch], BuiltShop]:
    """A function that gives one of the shops whose KPIs are compared: read it, never write."""

    def built(batch: Batch) -> BuiltShop:
        with once_in_a_run(tmp_path_factory, batch.name) as folder:
            made = folder / "shop.pickle"
            if not made.exists():
                shop = batches.build(batch, folder)
                made.write_bytes(pickle.dumps(shop))
            return pickle.loads(made.read_bytes())  # noqa: S301 - written a few lines above

    return built


@pytest.fixture(scope="session", params=batches.SHOPS, ids=lambda batch: batch.name)
def shop(request: pytest.FixtureRequest, built_shop: Callable[[Batch], BuiltShop]) -> BuiltShop:
    """Each of these shops."""
    return built_shop(request.param)


@pytest.fixture(scope="session")
def settled(shop: BuiltShop) -> Shop:
    """What the reference makes of the raw rows of the shop."""
    return Shop(shop.world, shop.batch.settings, shop.rules, shop.seeds)
