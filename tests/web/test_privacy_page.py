"""The privacy page: for how long readers' exact addresses are kept; seen by all, changed by admins of that company."""

import pytest

from tests.web.conftest import QUORRA, SAM, TESS, get, post


def chosen(page: str) -> list[str]:
    found = page.split('name="days" value="')[1:]
    return [part.split('"')[0] for part in found if part.split(">")[0].endswith("checked")]


def test_an_admin_changes_it_for_her_workspace_alone(sign_in):
    quorra, tess = sign_in(QUORRA), sign_in(TESS)
    assert chosen(get(quorra, "/settings/privacy").text) == ["30"]
    assert post(quorra, "/settings/privacy/addresses", days="7").status_code == 303
    page = get(quorra, "/settings/privacy").text
    assert chosen(page) == ["7"] and "Saved" in page
    assert chosen(get(tess, "/settings/privacy").text) == ["30"]


def test_a_member_reads_it_and_cannot_change_it(sign_in, gridworks):
    sam = sign_in(SAM)
    page = get(sam, "/settings/privacy").text
    assert "Exact addresses are kept for 30 days" in page and 'name="days"' not in page
    assert post(sam, "/settings/privacy/addresses", days="7").status_code == 403


@pytest.mark.parametrize("days", ["", "8", "forever"])
def test_what_cannot_be_chosen_is_refused(sign_in, days):
    assert post(sign_in(QUORRA), "/settings/privacy/addresses", days=days).status_code == 400


def test_strangers_are_led_to_the_door(browser):
    assert get(browser(), "/settings/privacy").status_code == 302
