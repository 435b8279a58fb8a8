# Everything a developer or a visitor types. Each target that needs .venv makes or mends it first (.ci/environment),
# with the newest Python from 3.11 on, or the one named by PYTHON=/path/to/python.

export PYTHON
BIN := .venv/bin
SAMPLE := sample_models/vanishing-gradient.yaml

.DEFAULT_GOAL := help
.PHONY: help demo test slow matrix fuzz mutants coverage score fixes drawn pairs pictures benchmark lint format types check environment clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: environment  ## audit a sample model: the findings here, the whole report in report.html and report.pdf
	@rm -f report.html report.pdf
	@if sh .ci/pango $(BIN)/python; then pdf="-o report.pdf"; else pdf=; fi; \
	$(BIN)/gradaudit check $(SAMPLE) --fail-on never -o report.html $$pdf
	@ls -l report.html report.pdf 2>/dev/null || test -s report.html

test: environment  ## run the tests
	@sh .ci/pango $(BIN)/python || true
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" --numprocesses auto

slow: environment  ## run the tests that take long: whole PDFs, the Action's steps, the benchmarks as tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m "slow and not browser" --numprocesses auto

matrix: environment  ## let versions of scikit-learn and Keras write models, each in an environment of its own, and read them
	$(BIN)/python tests/inputs/matrix.py

fuzz: environment  ## change files of every kind 100,000 times: none may run anything, hang, or end in more than a message
	GRADAUDIT_FUZZ=100000 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest tests/fuzz tests/inputs/test_fuzz_models.py

mutants: environment  ## break places of the mathematics and of the rules one at a time, and list those that no test notices
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/mutate.py

coverage: environment  ## run the tests and list the lines that none of them reaches
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

score: environment  ## diagnose tests/corpus and print detection, cause and false alarms by rule
	$(BIN)/python tests/corpus/score.py --jobs 2

fixes: environment  ## fix the faulty models of tests/corpus, and print how often that heals them, beside random changes
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/corpus/fixes.py

drawn: environment  ## audit networks that nobody picked, and hold what is said against training them in full
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/corpus/drawn.py --jobs 2

pairs: environment  ## compare forty pairs of models of which theory knows what changed, and print how often diff is right
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/corpus/pairs.py

pictures: environment  ## take the README's pictures of a report again (Chromium, pdftoppm)
	$(BIN)/python -m pip install --quiet -e '.[browser]'
	$(BIN)/python tests/make_pictures.py

benchmark: environment  ## measure what tests/benchmarks asks
	$(BIN)/python -m pytest tests/benchmarks --benchmark-enable --benchmark-only

lint: environment  ## ruff on the code, zizmor and the published schemas on the workflows
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/zizmor --offline --quiet action.yml .github/workflows
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml

format: environment  ## let ruff lay out the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: environment  ## mypy, strict
	$(BIN)/mypy

check: lint types test  ## what a change must pass

environment:
	@sh .ci/environment

clean:  ## remove .venv and everything that was made
	rm -rf .venv .matrix .benchmarks .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist htmlcov report.html report.pdf
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
