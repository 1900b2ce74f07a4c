"""Mistakes with the flags and files of the commands that have no row in the catalogue."""

import pytest
import torch

from .catalogue import TRAIN, Case, error_lines

TRANSLATE = {
    "missing input": ("-i $here/none", "$here/none: no such file"),
    "n-best beyond the beam": ("--beam 2 --nbest 3", "--nbest 3 is larger than --beam 2"),
    "beam without end": ("--beam 1000000000", "nmt: error: Invalid value for '--beam': "),
    "n-best without end": ("--nbest 1000000000", "nmt: error: Invalid value for '--nbest': "),
    "no lexicon": ("--shortlist /dev/null", "/dev/null: no translation in it; make a lexicon with: nmt lexicon"),
    "no beam": ("--beam 0", "nmt: error: Invalid value for '--beam': "),
    "beam without number": ("--beam many", "Invalid value for '--beam': "),
    "unknown device": ("--device tpu", "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
    "align without file": ("--align pharaoh", "--align pharaoh: expected FORMAT=FILE"),
    "align with unknown format": (
        "--align pharao=$here/a",
        "alignment format 'pharao' is unknown; did you mean 'pharaoh'?",
    ),
    "align to standard output": (
        "--align pharaoh=-",
        "--align pharaoh=-: standard output is for the translations; give a file",
    ),
    "two formats into one file": (
        "--align pharaoh=$here/a --align soft=$here/a",
        "--align soft=$here/a: pharaoh goes to this file already",
    ),
    "ensemble with another tokenizer": (
        "--ensemble $subwords",
        "--ensemble $subwords: its tokenizer (data.tokenizer) is not that of $run; an ensemble shares vocabularies",
    ),
    "no average": (
        "--checkpoint average",
        "$run: no averaged checkpoint; make it with: nmt average $run",
    ),
    "missing prefixes": ("--prefix-file $here/none", "$here/none: no such file"),
    "sampling with a beam": ("--sample --beam 3", "--beam: --sample does not search; leave one of"),
    "settings of sampling without it": ("--top-k 3", "--top-k: only with --sample"),
    "seed without sampling": ("--seed 0", "--seed: only with --sample"),
    "no temperature": ("--sample --temperature 0", "--temperature 0.0: must be above 0"),
    "temperature that is no number": ("--sample --temperature nan", "--temperature nan: must be"),
    "no nucleus": ("--sample --top-p 0", "--top-p 0.0: must be above 0 and at most 1"),
    "nucleus beyond all": ("--sample --top-p 1.5", "--top-p 1.5: must be above 0 and at most 1"),
    "no piece to sample": ("--sample --top-k 0", "nmt: error: Invalid value for '--top-k': "),
    "negative seed": ("--sample --seed=-1", "nmt: error: Invalid value for '--seed': "),
}
PREFIXES = {
    "more prefixes than lines": (
        b"Der\n\n",
        "$here/a has more lines than the source (1); line n must be the prefix for line n",
    ),
    "fewer prefixes than lines": (
        b"",
        "$here/a has 0 lines, the source has more; line n must be the prefix for line n",
    ),
    "prefixes that are not UTF-8": (b"\xff\n", "$here/a:1: byte 0xff at column 1 is not UTF-8;"),
}
"""The file, and what is said."""

EXPORT = {
    "unknown format": ("--format pharaoh,jsnl", "alignment format 'jsnl' is unknown; did you mean 'jsonl'?"),
    "unknown unit": ("--unit char", "--unit char: must be one of word, piece"),
    "unknown method": (
        "--method best",
        "link method 'best' is unknown; use argmax, argmax=0.3, threshold=0.3 or, of two dir",
    ),
    "method out of range": (
        "--method threshold=2",
        "link method 'threshold=2': the number must be above 0 and at most 1",
    ),
    "agreement with nothing": ("--method agreement=0.4", "--method agreement=0.4: only with --reverse RUN2"),
    "agreement symmetrised": (
        "--method agreement=0.4 --reverse $run --symmetrize union",
        "--symmetrize union: --method agreement=0.4 joins the directions itself",
    ),
    "neither keep nor drop": ("--eos both", "--eos both: must be one of keep, drop"),
    "pairs of unequal files": (
        "--source $text/test.en --target $text/dev.de",
        "$text/test.en has 8 lines, $text/dev.de 6; first unpaired line: $text/test.en:7",
    ),
    "no source": ("--source $here/none", "$here/none: no such file"),
    "reverse run of the same direction": (
        "--reverse $subwords",
        "--reverse $subwords: it translates en-de too; give a run of de-en",
    ),
    "ensemble without a step of one of them": (
        "--ensemble $plain --checkpoint 40",
        "$plain: no checkpoint of step 40; there are 2",
    ),
}
EVALUATE = {
    "unknown test set": ("$run --set-name tset", "$run has no test set tset; did you mean 'test'?"),
    "run without test sets": ("$plain", "$plain: its config names no test set (data.test)"),
    "run with references": ("$run --ref $text/test.de", "--ref: a run takes --source and --ref together, or neither"),
    "nothing to compare with": ("$text/test.de", "$text/test.de: give --ref for a file of translations,"),
    "ensemble of a file": (
        "$text/dev.en --ref $text/dev.de --ensemble $run",
        "--ensemble: $text/dev.en is a file; only runs translate",
    ),
    "no translations": ("$here/none --ref $text/dev.de", "$here/none: no such file"),
    "unknown tokenizer": (
        "$text/dev.en --ref $text/dev.de --tokenize moses",
        "--tokenize moses: must be one of 13a, none, intl, char, zh",
    ),
}
LINKS = {
    "links of another length": (
        "evaluate $here/a --gold-align $text/test.align",
        b"0-0\n",
        "$text/test.align has 8 sentences for 1 of $here/a; line n must be sentence n",
    ),
    "no links": (
        "evaluate $here/a --gold-align $text/test.align",
        b"0-0\n0:0\n",
        "$here/a:2: '0:0' is not a link; write source-target as 0-0",
    ),
    "empty links": ("evaluate $here/a --gold-align $here/a", b"", "$here/a: file is empty"),
    "no gold links": ("align-eval $here/a --gold $here/none", b"0-0\n", "$here/none: no such file"),
    "possible links under test": (
        "align-eval $here/a --gold $text/test.align",
        b"0-0 1?1\n",
        "$here/a:1: '1?1' is a possible link, which only a gold file may hold; write it as 1-1",
    ),
    "links of too few sentences": (
        "align-eval $here/a --gold $text/test.align",
        b"0-0\n",
        "$text/test.align has 8 sentences for 1 of $here/a; line n must be sentence n",
    ),
    "gold links of no known format": ("align-eval $text/test.align --gold $text/test.en", b"", "$text/test.en:1: '"),
    "nothing to score": ("align-eval $here/a --gold $here/a", b"", "$here/a: file is empty"),
    "a table as JSON": (
        "align-eval $text/test.align --gold $text/test.align --json --per-sentence",
        b"",
        "--per-sentence: a table is no JSON; leave --json out",
    ),
    "a base that is none": (
        "align-eval $here/a --gold $here/a --gold-base 2",
        b"",
        "Invalid value for '--gold-base': ",
    ),
}
"""The command, the content of $here/a, and what is said."""

GIVE = "give --config, with --set if need be, or --source and --target"
COMMANDS = {
    "average of more than there are": (
        "average $run --last 3",
        "--last 3: $run holds 2 such checkpoints (40, 60); train.keep_checkpoints says how many",
    ),
    "average of last and best": ("average $run --last 1 --best 1", "--last and --best: give one of them"),
    "average of nothing": ("average $run --last 0", "nmt: error: Invalid value for '--last': "),
    "align without attention": (
        "translate $plain --align pharaoh=$here/a",
        "--align: $plain has no attention, so it has no alignments",
    ),
    "export without attention": (
        "align-export $plain --source $text/dev.en -o $here/a",
        "this model has no attention, so it has no alignments",
    ),
    "forced export without attention": (
        "align-export $plain --source $text/dev.en --target $text/dev.de -o $here/a",
        "this model has no attention, so it has no alignments",
    ),
    "one side to score": (
        "score $run --source $text/dev.en",
        "--source and --target: give both, or pairs (source, tab, target) on stdin",
    ),
    "targets alone to align": ("align-export $run --target $text/dev.de", "--source and --target: give both, or pairs"),
    "tokens twice": ("score $run --json --per-token", "--per-token: --json has the tokens already; leave it out"),
    "scores to no folder": ("score $run -o $here/none/a", "$here/none/a: cannot be written (No such file or directory"),
    "several formats to standard output": (
        "align-export $run --format pharaoh,soft",
        "--format pharaoh,soft: standard output takes one format; give --output PREFIX",
    ),
    "a binary format to standard output": (
        "align-export $run --source $text/dev.en --format npz -o -",
        "format npz is binary and cannot go to standard output; give a file",
    ),
    "folder": ("align-export $run -o .", "--output .: is a folder; give the beginning of a file name in it"),
    "beam of given pairs": ("align-export $run --beam 2", "--beam: given pairs are aligned without search; leave"),
    "n-best of given pairs": ("align-export $run --nbest 2", "--nbest: given pairs are aligned without search; leave"),
    "config file in no folder": ("config init -o $here/none/my.yaml", "$here/none: no such folder"),
    "nothing to check": ("check", GIVE),
    "one side to check": ("check --source $text/dev.en", GIVE),
    "too much to check": ("check --config $config --source $text/dev.en --target $text/dev.de", GIVE),
    "settings without a config": ("check --set seed=1 --source $text/dev.en --target $text/dev.de", GIVE),
}
CASES = [
    *(Case(name, f"translate $run {flags}", message) for name, (flags, message) in TRANSLATE.items()),
    *(
        Case(name, "translate $run --prefix-file $here/a", message, {"a": content})
        for name, (content, message) in PREFIXES.items()
    ),
    *(
        Case(name, f"align-export $run --source $text/dev.en -o $here/a {flags}", message)
        for name, (flags, message) in EXPORT.items()
    ),
    *(Case(name, f"evaluate {flags}", message) for name, (flags, message) in EVALUATE.items()),
    *(Case(name, line, message, {"a": content}) for name, (line, content, message) in LINKS.items()),
    *(Case(name, line, message) for name, (line, message) in COMMANDS.items()),
    Case(
        "bad byte in the source",
        "align-export $run --source $here/a.en --format jsonl,npz -o $here/a",
        "$here/a.en:2: byte 0xff at column 1 is not UTF-8;",
        {"a.en": b"fine\n\xff\n"},
    ),
    Case(
        "config file that is there",
        "config init -o $here/my.yaml",
        "$here/my.yaml: is there already; choose another name with --output",
        {"my.yaml": b"mine\n"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_mistake(case, mistake):
    mistake(case)


@pytest.mark.parametrize(
    "line",
    [
        "align-text --source $here/a --target $here/b -o $here/a",
        "align-text --source $here/b --target $text/dev.de --with $text/train.en $here/a -o ./a",
        "translate $run -i $here/a --align pharaoh=$here/link",
        "translate $run -i $here/a --resume-output $here/a",
        "translate $run -i $here/b --prefix-file $here/a --align pharaoh=$here/a",
        "translate $run -i $here/b --shortlist $here/a --align pharaoh=$here/a",
        "align-export $run --source $here/b --target $here/a.jsonl --format jsonl -o $here/a",
        "score $run --source $here/a --target $here/b -o $here/a",
        "lexicon $run --source $here/a --target $here/b -o $here/a",
        "lexicon $run -o $text/train.de",
        "align-view $here/a.jsonl -o $here/a.jsonl",
        "align-stats $here/a.jsonl --sentences $here/a.jsonl",
    ],
)
def test_an_input_is_not_written_over(line, command, tiny, tree, tmp_path):
    for name in ("a", "b", "a.jsonl"):
        (tmp_path / name).write_bytes(b"The man sleeps .\n")
    (tmp_path / "link").symlink_to("a")
    before = tree(tmp_path), tree(tiny.folder)
    result = command(line)
    assert result.code == 2
    (error,) = error_lines(result)
    assert error.endswith(": is read here too and would be lost; choose another file to write")
    assert (tree(tmp_path), tree(tiny.folder)) == before


def test_a_file_opened_by_the_shell_is_not_written_over(forks, tiny, tmp_path):
    text = tmp_path / "a"
    text.write_bytes(b"The man sleeps .\n")
    code, out, _ = forks.run(forks.NMT, "translate", tiny.run, "--align", f"pharaoh={text}", stdin=text)
    assert (code, out) == (2, b"")
    assert text.read_bytes() == b"The man sleeps .\n"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("line", ["translate $run --device cuda", f"{TRAIN} --set device=cuda"])
def test_no_gpu(line, command, tmp_path):
    result = command(line)
    assert result.code == 2
    assert error_lines(result) == ["nmt: error: device: cuda is not available here; use auto or cpu"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "out of memory; lower search.batch_sentences or data.batching"),
        (
            KeyError("a\x1b\nb"),
            "unexpected KeyError: 'a\\x1b\\nb' (--debug before the command shows the traceback)",
        ),
    ],
    ids=["memory", "bug"],
)
def test_no_memory_and_bugs_are_one_line(error, line, command, monkeypatch):
    def fail(*arguments):
        raise error

    monkeypatch.setattr("nmt.pipeline.describe.describe", fail)
    assert command("info $run") == (1, b"", f"nmt: error: {line}\n")


def test_debug_shows_the_traceback(command, tiny, monkeypatch):
    monkeypatch.setenv("NMT_DEBUG", "")
    result = command("--debug info $config")
    assert result.code == 2
    assert result.err.startswith("Traceback (most recent call last):\n")
    assert result.err.endswith(f"nmt: error: {tiny.config} is a file; give the run folder\n")
