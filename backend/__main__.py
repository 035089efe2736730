"""`python -m backend VERB`: starts the processes, migrates, and explains verdicts without a database.

Each verb is a module of `backend.commands` with `run(args)` and, where it takes any, `add_arguments(parser)`. Only the
module of the verb at hand is imported: explaining a hit needs no database driver, serving no document renderer.
"""

import importlib
import runpy
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from backend.errors import SettingsIncomplete

Verbs: TypeAlias = "_SubParsersAction[ArgumentParser]"

# verb -> (module of backend.commands, what it does)
VERBS: Mapping[str, tuple[str, str]] = {
    "serve": ("serving", "run the web process"),
    "work": ("working", "run the worker"),
    "migrate": ("migrating", "bring the schema to this code's revision"),
    "rotate-keys": ("rotate_keys", "encrypt the stored credentials with the newest key"),
    "plan": ("plan", "put a workspace on a plan"),
    "rejudge": ("rejudge", "judge all hits again under the current rules"),
    "refresh-networks": ("refresh_networks", "ask Google and Microsoft for their networks again"),
    "addon-deployment": ("addon_deployment", "print the add-on's deployment description"),
}
# verb -> (what it does, thing -> (module, what the thing is))
VERBS_OF_THINGS: Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]] = {
    "explain": (
        "say what a mail, a hit or a document is, and why",
        {
            "message": ("explain_message", "an incoming mail"),
            "document": ("explain_document", "an uploaded document"),
            "hit": ("explain_hit", "a request for an image or a link"),
        },
    ),
    "bench": (
        "measure, side by side with a baseline",
        {
            "collector": ("bench_collector", "hits taken and kept"),
            "documents": ("bench_documents", "pages made of documents"),
            "sync": ("bench_sync", "quota units for each answer found"),
            "verdicts": ("bench_verdicts", "hits judged and stored"),
        },
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and run the verb; returns the exit status."""
    asked = sys.argv[1:] if argv is None else argv
    args = _parser(asked).parse_args(asked)
    run: Callable[[Namespace], int] = args.run
    try:
        return run(args)
    except SettingsIncomplete as problem:
        print(problem, file=sys.stderr)
        return 2


def _parser(asked: Sequence[str]) -> ArgumentParser:
    """The parser of the whole command line, whole itself only for the verb that is asked for."""
    parser = ArgumentParser(prog="python -m backend", description="Readback's backend.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add(verbs, VERBS, asked[0] if asked else "")
    for verb, (told, things) in VERBS_OF_THINGS.items():
        of_things = verbs.add_parser(verb, help=told).add_subparsers(required=True, metavar="THING")
        _add(of_things, things, asked[1] if asked[:1] == [verb] and len(asked) > 1 else "")
    demo = verbs.add_parser("demo", help="run everything against the local Google (see `make demo`)")
    demo.add_argument("rest", nargs="*")
    demo.set_defaults(run=_demo)
    return parser


def _add(verbs: Verbs, named: Mapping[str, tuple[str, str]], wanted: str) -> None:
    for name, (module, told) in named.items():
        parser = verbs.add_parser(name, help=told, description=told)
        if name != wanted:
            continue
        command = importlib.import_module(f"backend.commands.{module}")
        if hasattr(command, "add_arguments"):
            command.add_arguments(parser)
        parser.set_defaults(run=command.run)


def _demo(args: Namespace) -> int:
    """The demo lives with the stand-ins that it runs; it exits by itself."""
    sys.argv[1:] = args.rest
    runpy.run_module("tests.sandbox.demo", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
