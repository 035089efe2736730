"""Who looks at mail here: what does their mail program offer, and what does their browser know?"""

import dataclasses
from typing import Any

from flask import abort, current_app

from tests.sandbox.cast import LORA, QUORRA, SAM, TESS, Account
from tests.sandbox.world import NoSuchAccount, World

REPS = frozenset({QUORRA.address, SAM.address, TESS.address, LORA.address})


def world() -> World:
    """The world of the application that answers just now."""
    found: World = current_app.extensions["world"]
    return found


def account_of(address: str) -> Account:
    """The account with exactly this address, or 404: an alias has no page of its own."""
    try:
        found = world().account(address)
    except NoSuchAccount:
        abort(404, f"Nobody here has the address {address}.")
    if found.address != address.lower():
        abort(404, f"{address} is another address of {found.address}.")
    return found


def has_addon(account: Account) -> bool:
    """Whether this person's Gmail has Readback installed; links then open in the browser that is signed in there."""
    return account.address in REPS


def told(account: Account) -> dict[str, Any]:
    """The account as the page and the headless person are told of it."""
    return {
        "address": account.address,
        "name": account.name,
        "system": account.system,
        "images": account.images,
        "addresses": list(dict.fromkeys((account.address, *account.aliases))),
        "addon": has_addon(account),
        "image_agent": account.image_agent,
        "click_agent": account.click_agent,
    }


def in_system(account: Account, system: str) -> Account:
    """The same person, had they their mail in another system."""
    return dataclasses.replace(account, system=system)  # type: ignore[arg-type]
