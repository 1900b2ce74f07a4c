# make demo    install, train RNNsearch on the embedded corpus, translate, score, export alignments
# make test    install, run the tests
# make check   formatting, lint, types, architecture
# make crash-test  kill 200 trainings and compare what they leave with an undisturbed one (a quarter of an hour)
# make torchrun-test  train under torchrun, on one machine and as if on two (a minute)
# make load-test  translate LINES lines with the demo's model, killed in the middle and continued, and score random files 1000 times
# make soak    train for SOAK_MINUTES and see that memory stays as it is
# make fuzz    try the readers of configs, models and text on damaged files, FUZZ_SECONDS each, guided by coverage where atheris installs
# make ladder  train every model of configs/multi30k_en_de/ladder one after the other and compare them (hours; needs NMT_DATA)
# make alignments  train the aligners of configs/alignment in both directions and print their alignment error rates by each way
#              to take links (6 hours; needs NMT_DATA); those of one corpus: make hansards, make europarl
# make alignment-study  train five models on the embedded corpus and print their alignment error rates with the rows of
#              attention read one step early, in place, one and two steps late (some twenty minutes)
# make bench   every speed of docs/benchmarks.md, one after the other, each as a JSON file in BENCH; compared with those in
#              AGAINST, if that is given (an hour or more on an idle machine; needs NMT_DATA and 4 GB of disk)
# make bench-corpus  start and memory of training on 10 million generated pairs, kept in CORPUS (3 GB of disk)
# make bench-align  with RUN=runs/alignment/hansards_rnnsearch: speed and memory of aligning 100,000 Hansards pairs by force,
#              beside `nmt align-text` and, where it installs, eflomal (needs NMT_DATA)
# make corpus  write data/ again from its grammar

# pip would compile all of torch (--no-compile: 20 seconds less); Python keeps what it compiles when it imports it.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SENTENCE ?= Yesterday the old woman gave the child a small book .

FUZZ_SECONDS ?= 600
CORPUS ?= runs/bench-corpus
BENCH ?= runs/bench
RUN ?= $(BENCH)/w1
SCORES := general concat location
WINDOWS := local_m local_p
PAPERS := rnnsearch_50 luong_global_location luong_local_p_general_feed gnmt_8
LINES ?= 1000000
SOAK_MINUTES ?= 120

LADDER := rnnenc rnnenc_reversed rnnenc_bidirectional rnnsearch luong_location luong_dot luong_general luong_concat \
	luong_input_feeding luong_local_m luong_local_p gnmt4 transformer

HANSARDS := rnnsearch conditional_gru luong lexical head
EUROPARL := rnnsearch head
STUDY := rnnsearch conditional_gru luong local_p lexical
SHIFTS := 1 0 -1 -2
METHODS := argmax,argmax=0.2,argmax=0.3,argmax=0.4,argmax=0.5,threshold=0.2,threshold=0.3,threshold=0.4
JOINED := $(METHODS),agreement=0.1,agreement=0.2,agreement=0.3,agreement=0.4
WAYS := intersection,grow-diag,grow-diag-final-and,union

.PHONY: demo test check crash-test torchrun-test load-test soak fuzz ladder alignments hansards europarl \
	alignment-study bench bench-train bench-papers bench-decode bench-align bench-corpus corpus wheel clean

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install --quiet --no-compile --constraint constraints.txt --editable .
	@touch $@

.venv/development: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	@touch .venv/runtime $@

demo: .venv/runtime
	$(BIN)/nmt train --run runs/demo
	@printf '%s\n' "$(SENTENCE)" > runs/demo/typed.en
	@echo "source:      $(SENTENCE)"
	@printf 'translation: ' && $(BIN)/nmt translate runs/demo --input runs/demo/typed.en
	$(BIN)/nmt align-export runs/demo --source runs/demo/typed.en --format pharaoh,jsonl,html -o runs/demo/alignments/typed
	@printf 'links:       ' && cat runs/demo/alignments/typed.pharaoh
	@echo "open in a browser: $(CURDIR)/runs/demo/report.html"

test: .venv/development
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

check: .venv/development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/unit/test_architecture.py

crash-test: .venv/runtime
	$(BIN)/python -m tests.crash.harness --kills 200
	$(BIN)/python -m tests.crash.harness --kills 40 --signals TERM,INT,HUP --seed 2

torchrun-test: .venv/development
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/integration/torchrun.py

runs/demo/report.html: .venv/runtime
	$(BIN)/nmt train --run runs/demo

load-test: runs/demo/report.html
	OMP_NUM_THREADS=1 $(BIN)/python tests/load/translate.py runs/demo --source data/train.en.gz --lines $(LINES)
	OMP_NUM_THREADS=1 $(BIN)/python tests/load/evaluate.py --runs 1000

soak: .venv/runtime
	OMP_NUM_THREADS=1 $(BIN)/python tests/load/soak.py --minutes $(SOAK_MINUTES)

fuzz: .venv/development
	-$(PIP) install --quiet --constraint constraints.txt --editable '.[fuzz]'
	for name in config model alignments text; do OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz $$name $(FUZZ_SECONDS) || exit; done

ladder: .venv/runtime
	for name in $(LADDER); do \
		$(BIN)/nmt train --config configs/multi30k_en_de/ladder/$$name.yaml --run runs/ladder/$$name || exit; \
	done
	$(BIN)/nmt compare $(addprefix runs/ladder/,$(LADDER)) -o runs/ladder/index.html

# $(call aligner,CONFIG,GOLD,SRC,TGT): both directions trained, or continued, and forced on the gold text
define aligner
	$(BIN)/nmt train --config configs/alignment/$(1).yaml --run runs/alignment/$(1)
	$(BIN)/nmt train --config configs/alignment/$(1)_back.yaml --run runs/alignment/$(1)_back
	$(BIN)/nmt align-export runs/alignment/$(1) --source $(2).$(3) --target $(2).$(4) --format jsonl -o runs/alignment/$(1)/gold
	$(BIN)/nmt align-export runs/alignment/$(1)_back --source $(2).$(4) --target $(2).$(3) --format jsonl \
		-o runs/alignment/$(1)_back/gold
	$(BIN)/nmt align-eval runs/alignment/$(1)/gold.jsonl --gold $(2).align --method $(METHODS)
	$(BIN)/nmt align-eval runs/alignment/$(1)/gold.jsonl --gold $(2).align --method $(JOINED) \
		--reverse runs/alignment/$(1)_back/gold.jsonl --symmetrize $(WAYS)

endef

alignments: hansards europarl

hansards: .venv/runtime
	$(foreach name,$(HANSARDS),$(call aligner,hansards_$(name),$(NMT_DATA)/hansards/gold37.tok,en,fr))

europarl: .venv/runtime
	$(foreach name,$(EUROPARL),$(call aligner,europarl_$(name),$(NMT_DATA)/europarl-de-en/gold100.tok,de,en))

alignment-study: .venv/runtime
	for name in $(STUDY); do \
		$(BIN)/nmt train --config configs/alignment/study_$$name.yaml --run runs/study/$$name || exit; \
		for shift in $(SHIFTS); do \
			$(BIN)/nmt align-export runs/study/$$name --source data/test.en --target data/test.de --shift $$shift \
				-o runs/study/$$name/alignments/$$name.shift$$shift || exit; \
		done; \
	done
	for name in $(STUDY); do for shift in $(SHIFTS); do \
		$(BIN)/nmt align-eval runs/study/$$name/alignments/$$name.shift$$shift.pharaoh --hyp-base 0 \
			--gold data/test.align || exit; \
	done; done

# $(call bench,NAME,SCRIPT AND ARGUMENTS): a measurement, written to BENCH/NAME.json
define bench
	$(BIN)/python scripts/$(2) -o $(BENCH)/$(1).json $(if $(AGAINST),--against $(AGAINST)/$(1).json)

endef

bench: bench-train bench-papers bench-decode bench-corpus

bench-train: .venv/runtime
	mkdir -p $(BENCH)
	$(call bench,train-rnnsearch,bench_train.py configs/benchmarks/w1.yaml)
	$(call bench,train-rnnsearch-fp32,bench_train.py configs/benchmarks/w1.yaml --set precision=fp32)
	$(foreach score,$(SCORES),$(call bench,train-luong-$(score),bench_train.py configs/benchmarks/w1_luong.yaml \
		--set model.decoder.attention.scorer.type=$(score)))
	$(foreach window,$(WINDOWS),$(call bench,train-luong-$(window),bench_train.py configs/benchmarks/w1_luong.yaml \
		--set model.decoder.attention.window.type=$(window)))
	$(call bench,ranks,bench_ranks.py configs/benchmarks/w1.yaml)

bench-papers: .venv/runtime
	mkdir -p $(BENCH)
	$(foreach name,$(PAPERS),$(call bench,train-$(name),bench_train.py configs/papers/$(name).yaml --random-ids \
		--batches 4 --rounds 2))

bench-decode: .venv/runtime
	mkdir -p $(BENCH)
	test -d $(RUN) || $(BIN)/nmt train --config configs/benchmarks/w1.yaml --run $(RUN)
	$(call bench,start,bench_start.py $(RUN))
	$(call bench,translate,bench_translate.py $(RUN) --source "$(NMT_DATA)/multi30k/tok/test_2016_flickr.en")
	$(call bench,translate-int8,bench_translate.py $(RUN) --int8 --source "$(NMT_DATA)/multi30k/tok/test_2016_flickr.en")
	$(BIN)/nmt lexicon $(RUN) --min-share 0.02 -o $(BENCH)/lexicon.tsv
	$(call bench,translate-shortlist,bench_translate.py $(RUN) --int8 --shortlist $(BENCH)/lexicon.tsv \
		--source "$(NMT_DATA)/multi30k/tok/test_2016_flickr.en")
	$(call bench,align,bench_align.py $(RUN) --source "$(NMT_DATA)/multi30k/tok/train.en.gz" \
		--target "$(NMT_DATA)/multi30k/tok/train.de.gz")

bench-corpus: .venv/runtime
	mkdir -p $(BENCH)
	$(call bench,corpus,bench_corpus.py --folder $(CORPUS))

bench-align: .venv/runtime
	-$(PIP) install --quiet --constraint constraints.txt --editable '.[eflomal]'
	$(BIN)/python scripts/bench_align.py $(RUN) --source "$(NMT_DATA)/hansards/train.tok.en.gz" \
		--target "$(NMT_DATA)/hansards/train.tok.fr.gz"

corpus: .venv/runtime
	$(BIN)/python scripts/make_corpus.py

wheel: .venv/development
	$(BIN)/python -m build --wheel

clean:
	rm -rf .venv runs build dist
