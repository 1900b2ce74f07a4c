# make demo    install, train RNNsearch on the embedded corpus, translate, score, export alignments
# make test    install, run the tests
# make check   formatting, lint, types, architecture
# make fuzz    try the readers of configs, models and text on damaged files, FUZZ_SECONDS each, guided by coverage where atheris installs
# make ladder  train every model of configs/multi30k_en_de/ladder one after the other and compare them (hours; needs NMT_DATA)
# make bench   speed of training, and with RUN=runs/NAME of translating and aligning (needs NMT_DATA)
# make corpus  write data/ again from its grammar
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SENTENCE ?= Yesterday the old woman gave the child a small book .

FUZZ_SECONDS ?= 600

LADDER := rnnenc rnnenc_reversed rnnenc_bidirectional rnnsearch luong_location luong_dot luong_general luong_concat \
	luong_input_feeding luong_local_m luong_local_p gnmt4 transformer

.PHONY: demo test check fuzz ladder bench corpus wheel clean

.venv/runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/development: .venv/runtime
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: .venv/runtime
	$(BIN)/nmt train --run runs/demo
	@printf '%s\n' "$(SENTENCE)" > runs/demo/typed.en
	@echo "source:      $(SENTENCE)"
	@printf 'translation: ' && $(BIN)/nmt translate runs/demo --input runs/demo/typed.en
	$(BIN)/nmt align-export runs/demo --source runs/demo/typed.en --format pharaoh,jsonl,html -o runs/demo/alignments/typed
	@printf 'links:       ' && cat runs/demo/alignments/typed.pharaoh
	@echo "open in a browser: $(CURDIR)/runs/demo/report.html"

test: .venv/development
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest

check: .venv/development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/unit/test_architecture.py

fuzz: .venv/development
	-$(PIP) install --quiet --constraint constraints.txt --editable '.[fuzz]'
	for name in config model alignments text; do OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz $$name $(FUZZ_SECONDS) || exit; done

ladder: .venv/runtime
	for name in $(LADDER); do \
		$(BIN)/nmt train --config configs/multi30k_en_de/ladder/$$name.yaml --run runs/ladder/$$name || exit; \
	done
	$(BIN)/nmt compare $(addprefix runs/ladder/,$(LADDER)) -o runs/ladder/index.html

bench: .venv/runtime
	$(BIN)/python scripts/bench_train.py configs/benchmarks/w1.yaml
ifdef RUN
	$(BIN)/python scripts/bench_translate.py $(RUN) --source "$(NMT_DATA)/multi30k/tok/test_2016_flickr.en"
	$(BIN)/python scripts/bench_align.py $(RUN) --source "$(NMT_DATA)/multi30k/tok/train.en.gz" --target "$(NMT_DATA)/multi30k/tok/train.de.gz"
endif

corpus: .venv/runtime
	$(BIN)/python scripts/make_corpus.py

wheel: .venv/development
	$(BIN)/python -m build --wheel

clean:
	rm -rf .venv runs build dist
