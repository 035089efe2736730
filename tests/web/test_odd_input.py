"""What only a tool would type: it is refused in words, and never ends as a fault of ours."""

from urllib.parse import quote

import pytest

from tests.web.conftest import QUORRA, get, post


@pytest.fixture
def quorra(sign_in):
    return sign_in(QUORRA)


def test_a_nul_in_an_address_is_no_address(quorra):
    answer = post(quorra, "/settings/team/invitations", address="fl\0ynn@flynnsarcade.com")
    assert answer.status_code == 302
    assert "This is not an e-mail address." in get(quorra, "/settings/team").text


def test_no_invitation_stands_for_an_address_with_a_nul(quorra):
    assert post(quorra, "/settings/team/invitations/withdraw", address="fl\0ynn@flynnsarcade.com").status_code == 404


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_place_in_the_feed_beyond_the_calendar_is_refused(quorra, instant):
    assert get(quorra, f"/?before={quote(instant)}_1").status_code == 400


def test_a_place_in_the_feed_may_be_written_in_any_zone(quorra):
    assert get(quorra, f"/?before={quote('2026-11-24T14:05:00+15:59')}_1").status_code == 200
