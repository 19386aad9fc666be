# Two commands are all a fresh machine needs: make demo, make test.

PORT ?= 8000
HOST ?= 127.0.0.1
# The oldest Python that will do, else whatever python3 is (set-up checks it).
PYTHON ?= $(shell command -v python3.11 || command -v python3)
ARGS ?=

.PHONY: demo test setup assets fonts lock format

# The portal with sample data, on http://127.0.0.1:8000 (make demo PORT=8001).
demo:
	@$(PYTHON) -m scripts.setup demo
	@DEMO=1 SITE_URL=http://$(HOST):$(PORT) \
		.venv/bin/python manage.py up --demo --host $(HOST) --port $(PORT)

# Every test, on SQLite and again on PostgreSQL with Redis (make test ARGS="-k name").
test:
	@$(PYTHON) -m scripts.setup tests
	@.venv/bin/python -m scripts.run_tests $(ARGS)

# Everything tests and checks need, without running them.
setup:
	@$(PYTHON) -m scripts.setup tests

# The front-end files and the icon sprite.
assets:
	@.venv/bin/python -m scripts.vendor_assets

# The four faces of the papers.
fonts:
	@.venv/bin/python -m scripts.fonts

# Renew the lock files after editing requirements/*.in or package.json.
lock:
	@.venv/bin/python -m scripts.lock

format:
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .
