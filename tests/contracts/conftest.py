"""A local Google that runs, new for each test but for its keys and its port."""

from collections.abc import Iterator

import pytest

from tests.sandbox.running import RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with pytest.MonkeyPatch.context() as patch, running_sandbox() as started:
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # oauthlib asks for https even on this very machine
        yield started


@pytest.fixture
def sandbox(running: RunningSandbox) -> Iterator[RunningSandbox]:
    running.world.reset()
    running.readback_url = None
    yield running
