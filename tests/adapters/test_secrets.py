"""What is stored encrypted, and how its key changes."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, select

from backend.adapters.secrets import FernetBox
from backend.commands.rotate_keys import rotate
from backend.errors import SecretUnreadable
from backend.store.tables import mailbox

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_sealed_is_unreadable_and_unsealed_is_as_before():
    box = FernetBox([OLD])
    sealed = box.seal(b"refresh token")
    assert b"refresh" not in sealed
    assert box.unseal(sealed) == b"refresh token"


def test_every_key_at_hand_reads_and_the_newest_writes():
    sealed = FernetBox([OLD]).seal(b"secret")
    both = FernetBox([NEW, OLD])
    assert both.unseal(sealed) == b"secret"
    assert FernetBox([NEW]).unseal(both.seal(b"secret")) == b"secret"


def test_what_no_key_fits_or_what_was_touched_is_unreadable():
    box = FernetBox([NEW])
    for sealed in (FernetBox([OLD]).seal(b"secret"), box.seal(b"secret")[:-4] + b"AAAA", b"", b"junk"):
        with pytest.raises(SecretUnreadable):
            box.unseal(sealed)
        with pytest.raises(SecretUnreadable):
            box.rotate(sealed)


def test_after_rotating_the_old_key_can_go(database, conn, gridworks, othergrid):
    lost = FernetBox([Fernet.generate_key().decode()]).seal(b"lost")
    sealed = {
        "quorra@gridworks.example": (gridworks, "quorra", FernetBox([OLD]).seal(b"hers")),
        "sam@gridworks.example": (gridworks, "sam", None),
        "old@gridworks.example": (gridworks, "sam", lost),
        "tess@othergrid.example": (othergrid, "tess", FernetBox([NEW]).seal(b"theirs")),
    }
    for address, (tenant, name, credentials) in sealed.items():
        row = {"workspace_id": tenant.workspace_id, "rep_id": tenant.reps[name].id, "mode": "full"}
        conn.execute(insert(mailbox).values(**row, address=address, credentials=credentials))
    assert rotate(database, FernetBox([NEW, OLD])) == (2, 1)
    kept = dict(conn.execute(select(mailbox.c.address, mailbox.c.credentials)).all())
    assert FernetBox([NEW]).unseal(bytes(kept["quorra@gridworks.example"])) == b"hers"
    assert FernetBox([NEW]).unseal(bytes(kept["tess@othergrid.example"])) == b"theirs"
    assert kept["sam@gridworks.example"] is None
    assert bytes(kept["old@gridworks.example"]) == lost
