"""A collector in a process of its own, over this test process's database."""

from collections.abc import Iterator

import httpx
import pytest

from tests.collector.serving import Server, serving


@pytest.fixture(scope="module")
def server(database_url, tmp_path_factory) -> Iterator[Server]:
    with serving(database_url, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def http(server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, follow_redirects=False, timeout=10) as client:
        yield client
