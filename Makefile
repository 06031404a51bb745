# The commands of the project; `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
SIMULATOR_PORT ?= $(shell expr $(PORT) + 1)
PROCFILE := $(if $(REDIS_URL),Procfile.redis,Procfile)
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport MAKELEVEL

# What a production host would set: the deploy check must be clean there.
PRODUCTION_LIKE = env -u DEBUG -u ALLOWED_HOSTS \
	VAR_DIR=var/check PUBLIC_URL=https://portal.example \
	DATABASE_URL=postgres://portal@127.0.0.1/portal REDIS_URL=redis://127.0.0.1/0 \
	SECRET_KEY=only-for-the-deploy-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	MASTER_KEY=b25seS1mb3ItdGhlLWRlcGxveS1jaGVjay1wdWJsaWM=

.PHONY: help install run check messages test test-next bench bench-long

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## make the virtual environment and install what the project needs

$(VENV)/.installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the project needs (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

run: export WEB_PORT := $(PORT)
run: export SIMULATOR_PORT := $(SIMULATOR_PORT)
run: export PORT := $(PORT)
# Said to every process alike: honcho gives each a PORT of its own, and codes carry this address.
run: export PUBLIC_URL := $(or $(PUBLIC_URL),http://127.0.0.1:$(PORT))
run: install ## start portal, jobs and simulator with a demo shop (PORT=8000); Ctrl-C stops all
	@python manage.py migrate --verbosity 0
	@python manage.py collectstatic --noinput --verbosity 0
	@python manage.py seed_demo --simulator-url http://127.0.0.1:$(SIMULATOR_PORT)
	@python manage.py refresh_notify_urls
	@echo "Portal:          http://127.0.0.1:$(PORT)/"
	@echo "Buyer's phone:   http://127.0.0.1:$(SIMULATOR_PORT)/"
	@echo "Alipay's desk:   http://127.0.0.1:$(SIMULATOR_PORT)/control/"
	@exec honcho --no-prefix -f $(PROCFILE) start

check: install ## format, lint, types, import contracts, missing migrations, deploy check
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-logo
	python manage.py makemigrations --check --dry-run
	$(PRODUCTION_LIKE) python manage.py check --deploy --fail-level WARNING

messages: install ## put every text of the code into locale/, and say how much is translated
	@python manage.py update_messages

test: install ## everything this machine can run, on SQLite and on PostgreSQL + Redis
	python tests/run.py

test-next: ## the suite on the newest Python present, with the newest Django
	python3 tests/run_next.py

bench: install ## minutes: each line with a goal says met or short (needs PostgreSQL)
	python -m bench

bench-long: install ## the same with many more rounds
	python -m bench --long
