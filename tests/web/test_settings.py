"""The settings: a mailbox comes and goes, browsers are forgotten, the team is led by its admins."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from backend.domain.identities import Identity
from backend.domain.mailboxes import MailboxProfile
from backend.errors import Forbidden, Transient
from backend.store import tables
from tests.web import rows
from tests.web.conftest import BASE, LORA, come_back, get, post


class SmallGmail:
    """Opens the mailbox of whoever agreed."""

    def __init__(self) -> None:
        self.address = "quorra@gridworks.example"
        self.trouble: Exception | None = None

    def credentials_of(self, grant) -> bytes:
        return json.dumps({"refresh_token": grant.refresh_token}).encode()

    def open(self, credentials):
        return self

    def profile(self) -> MailboxProfile:
        if self.trouble:
            raise self.trouble
        return MailboxProfile(self.address, "1000")

    def own_addresses(self) -> frozenset[str]:
        return frozenset({self.address})


class SmallBox:
    """Turns bytes round, so that what is stored is not what was given."""

    def seal(self, plain: bytes) -> bytes:
        return plain[::-1]

    def unseal(self, sealed: bytes) -> bytes:
        return sealed[::-1]


def identity(tenant, first: str) -> Identity:
    rep = tenant.reps[first]
    return Identity(f"sub-{rep.email}", rep.email, True, rep.name, tenant.domain)


@pytest.fixture
def gmail(app) -> SmallGmail:
    gmail = SmallGmail()
    app.extensions["readback"] = replace(app.extensions["readback"], gmail=gmail, secrets=SmallBox())
    return gmail


@pytest.fixture
def quorra(sign_in, gridworks, gmail):
    return sign_in(identity(gridworks, "quorra"))


@pytest.fixture
def sam(sign_in, gridworks):
    return sign_in(identity(gridworks, "sam"))


@pytest.fixture
def tess(sign_in, othergrid):
    return sign_in(identity(othergrid, "tess"))


def test_both_ways_to_connect_say_what_is_read_and_why(quorra):
    for path in ("/settings/mailbox", "/connect"):
        page = get(quorra, path).text
        assert "Readback can read your messages" in page
        assert "never the text" in page
        assert "mode=full" in page
        assert "mode=headers" in page


@pytest.mark.parametrize(("mode", "said"), [("full", "Readback can read your messages"), ("headers", "headers only")])
def test_a_mailbox_is_connected_in_the_mode_that_was_agreed_to(quorra, google, conn, gridworks, mode, said):
    google.person = identity(gridworks, "quorra")
    going = get(quorra, f"/mailbox/connect?mode={mode}")
    assert going.headers["Location"].startswith("https://accounts.google.example/")
    assert come_back(quorra, going).headers["Location"] == "/settings/mailbox"
    page = get(quorra, "/settings/mailbox").text
    assert "Your mailbox is connected." in page
    assert said in page
    stored = conn.execute(select(tables.mailbox)).one()
    assert (stored.workspace_id, stored.rep_id) == (gridworks.workspace_id, gridworks.reps["quorra"].id)
    assert (stored.mode, stored.address) == (mode, "quorra@gridworks.example")


def test_an_unknown_mode_is_refused(quorra):
    for mode in ("", "everything", "mailbox_full"):
        assert get(quorra, f"/mailbox/connect?mode={mode}").status_code == 400


def test_refusing_at_google_changes_nothing_and_says_so(quorra, google, conn, gridworks):
    google.person = identity(gridworks, "quorra")
    assert come_back(quorra, get(quorra, "/mailbox/connect?mode=full"), error="access_denied").status_code == 302
    assert "nothing was changed" in get(quorra, "/settings/mailbox").text
    assert conn.execute(select(tables.mailbox)).all() == []


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(Transient(), "Google cannot be reached"), (Forbidden("You agreed with another account."), "another account")],
)
def test_trouble_while_connecting_is_told_and_nothing_is_stored(quorra, gmail, google, conn, gridworks, trouble, said):
    gmail.trouble = trouble
    google.person = identity(gridworks, "quorra")
    come_back(quorra, get(quorra, "/mailbox/connect?mode=full"))
    assert said in get(quorra, "/settings/mailbox").text
    assert conn.execute(select(tables.mailbox)).all() == []


def test_a_sign_in_is_no_consent_to_a_mailbox(quorra, google, conn, gridworks):
    google.person = identity(gridworks, "quorra")
    going = get(quorra, "/auth/google")
    state = going.headers["Location"].split("state=")[1].split("&")[0]
    answer = get(quorra, f"/mailbox/callback?state={state}&code=code-{state}")
    assert answer.status_code == 302
    assert "something else" in get(quorra, "/settings/mailbox").text
    assert conn.execute(select(tables.mailbox)).all() == []


def test_disconnecting_asks_once_and_leaves_the_rest(quorra, tess, conn, gridworks, othergrid):
    mailbox_id = rows.mailbox(conn, gridworks, gridworks.reps["quorra"])
    rows.mailbox(conn, othergrid, othergrid.reps["tess"])
    assert '<details class="ask">' in get(quorra, "/settings/mailbox").text
    path = f"/settings/mailbox/{mailbox_id}/disconnect"
    assert quorra.post(path, base_url=BASE).status_code == 400
    assert post(tess, path).status_code == 404
    assert post(quorra, path).status_code == 302
    page = get(quorra, "/settings/mailbox").text
    assert "You disconnected it." in page
    assert "Reconnect here" in page
    states = dict(conn.execute(select(tables.mailbox.c.address, tables.mailbox.c.state)).all())
    assert states == {"quorra@gridworks.example": "disconnected", "tess@othergrid.example": "connected"}


def test_a_withdrawn_access_says_so_and_leads_to_reconnecting(quorra, conn, gridworks):
    rows.mailbox(
        conn,
        gridworks,
        gridworks.reps["quorra"],
        state="disconnected",
        disconnected_because="withdrawn",
        mode="headers",
    )
    page = get(quorra, "/settings/mailbox").text
    assert "the access was withdrawn" in page
    assert "/mailbox/connect?mode=headers&amp;address=quorra%40gridworks.example" in page


def test_a_colleagues_mailbox_is_not_shown(quorra, sam, conn, gridworks):
    rows.mailbox(conn, gridworks, gridworks.reps["sam"])
    assert "Connect your mailbox" in get(quorra, "/settings/mailbox").text
    assert "Connected" in get(sam, "/settings/mailbox").text


def test_the_addons_way_leads_through_the_choice_to_a_window_that_can_be_closed(quorra, google, gridworks, browser):
    assert "next=/connect" in get(browser(), "/connect").headers["Location"]
    google.person = identity(gridworks, "quorra")
    done = come_back(quorra, get(quorra, "/mailbox/connect?mode=headers&next=/connect/done"))
    assert done.headers["Location"] == "/connect/done"
    assert "You can close this window" in get(quorra, "/connect/done").text
    assert get(quorra, "/connect").headers["Location"] == "/connect/done"


def test_a_browser_is_forgotten_by_its_own_rep_only(quorra, tess, conn, gridworks):
    device = conn.execute(select(tables.device).where(tables.device.c.workspace_id == gridworks.workspace_id)).one()
    path = f"/settings/devices/{device.id}/forget"
    assert post(tess, path).status_code == 404
    assert "this one" in get(quorra, "/settings/devices").text
    assert post(quorra, path).status_code == 302
    assert "No browser is known as yours" in get(quorra, "/settings/devices").text
    assert post(quorra, path).status_code == 404
    assert len(get(tess, "/settings/devices").text.split("/forget")) == 2


def test_only_an_admin_admits_invites_and_gives_roles(sam, conn, gridworks):
    quorra_id, sam_id = gridworks.reps["quorra"].id, gridworks.reps["sam"].id
    for path, form in (
        ("/settings/team/invitations", {"address": "clu@encom.com"}),
        ("/settings/team/invitations/withdraw", {"address": "clu@encom.com"}),
        (f"/settings/team/requests/{sam_id}", {"answer": "admit"}),
        (f"/settings/team/{sam_id}/role", {"role": "admin"}),
        (f"/settings/team/{quorra_id}/remove", {}),
    ):
        assert post(sam, path, **form).status_code == 403, path
    assert conn.execute(select(tables.invitation)).all() == []


def test_a_member_may_leave(sam, gridworks):
    assert post(sam, f"/settings/team/{gridworks.reps['sam'].id}/remove").headers["Location"] == "/sign-in"
    assert get(sam, "/settings/team").status_code == 302


def test_the_last_admin_is_told_why_they_cannot_leave(quorra, gridworks):
    answer = post(quorra, f"/settings/team/{gridworks.reps['quorra'].id}/remove")
    assert answer.status_code == 403
    assert "make somebody else an admin first" in answer.text


def test_an_admin_gives_roles_in_their_own_workspace_only(quorra, tess, gridworks, othergrid):
    path = f"/settings/team/{gridworks.reps['sam'].id}/role"
    assert post(tess, path, role="admin").status_code == 404
    assert post(quorra, path, role="owner").status_code == 400
    assert post(quorra, path, role="admin").status_code == 302
    assert get(quorra, "/settings/team").text.count('<span class="tag">admin</span>') == 2


def test_inviting_shows_and_withdrawing_ends_it(quorra, tess):
    post(quorra, "/settings/team/invitations", address="yori@gmail.com")
    assert "yori@gmail.com" in get(quorra, "/settings/team").text
    assert "yori@gmail.com" not in get(tess, "/settings/team").text
    assert post(tess, "/settings/team/invitations/withdraw", address="yori@gmail.com").status_code == 404
    post(quorra, "/settings/team/invitations/withdraw", address="yori@gmail.com")
    assert "yori@gmail.com" not in get(quorra, "/settings/team").text.replace("withdrawn", "")


def test_what_is_no_address_is_told_in_a_sentence(quorra):
    post(quorra, "/settings/team/invitations", address="not an address")
    assert "This is not an e-mail address." in get(quorra, "/settings/team").text


def test_an_invitation_of_another_workspace_is_followed_by_hand(quorra, tess, sign_in, google):
    lora = sign_in(LORA)
    post(tess, "/settings/team/invitations", address=LORA.email)
    page = get(lora, "/settings/team").text
    assert "You are invited" in page
    workspace_id = page.split('name="workspace" value="')[1].split('"')[0]
    assert post(quorra, "/settings/team/invitations/accept", workspace=workspace_id).status_code == 404
    assert post(lora, "/settings/team/invitations/accept", workspace=workspace_id).status_code == 302
    assert "Tess Marlow" in get(lora, "/settings/team").text


def test_two_pending_people_of_two_companies_are_answered_apart(quorra, tess, conn, gridworks, othergrid):
    ids = {}
    for tenant in (gridworks, othergrid):
        ids[tenant.domain] = conn.execute(
            insert(tables.rep)
            .values(workspace_id=tenant.workspace_id, google_sub="clu", email=f"clu@{tenant.domain}", name="Clu")
            .returning(tables.rep.c.id)
        ).scalar_one()
    assert post(tess, f"/settings/team/requests/{ids['gridworks.example']}", answer="admit").status_code == 404
    assert post(quorra, f"/settings/team/requests/{ids['gridworks.example']}", answer="maybe").status_code == 400
    assert post(quorra, f"/settings/team/requests/{ids['gridworks.example']}", answer="decline").status_code == 302
    statuses = dict(
        conn.execute(select(tables.rep.c.email, tables.rep.c.status).where(tables.rep.c.name == "Clu")).all()
    )
    assert statuses == {"clu@gridworks.example": "declined", "clu@othergrid.example": "pending"}
