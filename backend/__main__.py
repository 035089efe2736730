"""`python -m backend VERB`: starts the processes, migrates, and explains verdicts without a database."""

import runpy
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Sequence
from typing import TypeAlias

from backend.commands import (
    addon_deployment,
    bench_collector,
    bench_documents,
    bench_verdicts,
    explain_document,
    explain_hit,
    explain_message,
    rejudge,
    rotate_keys,
    serving,
)
from backend.errors import SettingsIncomplete

Verbs: TypeAlias = "_SubParsersAction[ArgumentParser]"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and run the verb; returns the exit status."""
    args = _parser().parse_args(argv)
    run: Callable[[Namespace], int] = args.run
    try:
        return run(args)
    except SettingsIncomplete as problem:
        print(problem, file=sys.stderr)
        return 2


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m backend", description="Readback's backend.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    serve = _verb(verbs, "serve", "run the web process", serving.serve)
    serving.add_serve_arguments(serve)
    _verb(verbs, "work", "run the worker", serving.work)
    _verb(verbs, "migrate", "bring the schema to this code's revision", serving.migrate_schema)
    _verb(verbs, "rotate-keys", "encrypt the stored credentials with the newest key", rotate_keys.run)
    rejudge.add_arguments(_verb(verbs, "rejudge", "judge all hits again under the current rules", rejudge.run))
    deployment = _verb(verbs, "addon-deployment", "print the add-on's deployment description", addon_deployment.run)
    addon_deployment.add_arguments(deployment)
    demo = _verb(verbs, "demo", "run everything against the local Google (see `make demo`)", _demo)
    demo.add_argument("rest", nargs="*")
    _add_explain(verbs)
    _add_bench(verbs)
    return parser


def _add_explain(verbs: Verbs) -> None:
    explain = verbs.add_parser("explain", help="say what a mail or a hit is, and why")
    things = explain.add_subparsers(required=True, metavar="THING")
    explain_message.add_arguments(_verb(things, "message", "an incoming mail", explain_message.run))
    explain_document.add_arguments(_verb(things, "document", "an uploaded document", explain_document.run))
    explain_hit.add_arguments(_verb(things, "hit", "a request for an image or a link", explain_hit.run))


def _add_bench(verbs: Verbs) -> None:
    bench = verbs.add_parser("bench", help="measure, side by side with a baseline")
    things = bench.add_subparsers(required=True, metavar="THING")
    bench_collector.add_arguments(_verb(things, "collector", "hits taken and kept", bench_collector.run))
    bench_documents.add_arguments(_verb(things, "documents", "pages made of documents", bench_documents.run))
    bench_verdicts.add_arguments(_verb(things, "verdicts", "hits judged and stored", bench_verdicts.run))


def _verb(verbs: Verbs, name: str, told: str, run: Callable[[Namespace], int]) -> ArgumentParser:
    parser = verbs.add_parser(name, help=told, description=told)
    parser.set_defaults(run=run)
    return parser


def _demo(args: Namespace) -> int:
    """The demo lives with the stand-ins that it runs; it exits by itself."""
    sys.argv[1:] = args.rest
    runpy.run_module("tests.sandbox.demo", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
