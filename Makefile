.PHONY: setup demo demo-check test lint bench
.SILENT:

setup:
	.ci/setup run

demo: setup
	exec .venv/bin/python -m tests.sandbox.demo

demo-check: setup
	.venv/bin/python -m tests.sandbox.demo_check

test:
	.ci/setup test
	.venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint:
	.ci/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy backend addon

bench: setup
	.venv/bin/python -m backend bench collector
	.venv/bin/python -m backend bench sync
	.venv/bin/python -m backend bench verdicts
