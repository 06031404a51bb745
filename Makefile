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

.PHONY: help install run check test test-next bench

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## make the virtual environment and install what the project needs

$(VENV)/.installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

run: export WEB_PORT := $(PORT)
run: export SIMULATOR_PORT := $(SIMULATOR_PORT)
run: export PORT := $(PORT)
run: install ## start portal, jobs and simulator with a demo shop (PORT=8000)
	@python manage.py migrate --verbosity 0
	@python manage.py collectstatic --noinput --verbosity 0
	@python manage.py seed_demo --simulator-url http://127.0.0.1:$(SIMULATOR_PORT)
	@echo "Portal:          http://127.0.0.1:$(PORT)/"
	@echo "Buyer's phone:   http://127.0.0.1:$(SIMULATOR_PORT)/"
	@echo "Alipay's desk:   http://127.0.0.1:$(SIMULATOR_PORT)/control/"
	@exec honcho --no-prefix -f $(PROCFILE) start

check: install ## format, lint, types, import contracts, migrations, deploy check
	ruff format --check .
	ruff check .
	mypy
	python manage.py makemigrations --check --dry-run
	python manage.py check

test: install ## everything this machine can run, on SQLite and on PostgreSQL + Redis
	pytest
