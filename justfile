# What CI runs, a line each, so that they can be typed without just.
python := "python3"

dev:
    {{python}} manage.py up

test *arguments:
    {{python}} manage.py test {{arguments}}

conformance *arguments:
    {{python}} manage.py conformance {{arguments}}

lint:
    .venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/djlint --quiet --lint templates

fix:
    .venv/bin/ruff check --fix . ; .venv/bin/ruff format .

types:
    DATABASE_URL=postgresql://nobody@localhost/none .venv/bin/mypy .

arch:
    .venv/bin/lint-imports

lock:
    uv pip compile pyproject.toml --universal --generate-hashes --no-header -q --extra server --extra cli -o requirements.lock
    uv pip compile pyproject.toml --universal --generate-hashes --no-header -q --extra server --extra dev -c requirements.lock -o requirements-dev.lock

size:
    git ls-files '*.py' | grep -v migrations/ | xargs wc -l | sort -rn | head -11

requirements:
    .venv/bin/python -m tests.carriers

benchmark subject="token" *options:
    .venv/bin/python -m benchmarks {{subject}} {{options}}

check: lint types arch test
