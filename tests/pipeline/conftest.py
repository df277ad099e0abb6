"""What several pipeline tests share: batches of random worlds, each built once in a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.reference.batches import Batch, Built, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Batch], Built]:
    """A function that builds a batch the first time and remembers it."""
    done: dict[str, Built] = {}

    def once(batch: Batch) -> Built:
        if batch.name not in done:
            done[batch.name] = build(batch, tmp_path_factory.mktemp(batch.name))
        return done[batch.name]

    return once
