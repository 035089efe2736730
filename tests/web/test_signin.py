"""Signing in: who gets in where, what the browser keeps, and what nobody gets in with."""

from tests.web.conftest import BASE, LORA, QUORRA, SAM, TESS, come_back, get, post


def test_the_signed_out_see_what_it_is_and_one_button(browser):
    page = get(browser(), "/")
    assert page.status_code == 200
    assert "Sign in with Google" in page.text
    assert "/auth/google" in page.text


def test_the_first_of_a_company_founds_its_workspace_as_admin(sign_in):
    quorra = sign_in(QUORRA)
    team = get(quorra, "/settings/team").text
    assert "Quorra Reed" in team
    assert "admin" in team
