"""Every mistake that a user can make: its one line, its exit code, nothing on stdout and nothing left behind."""

import fcntl
import shutil
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from shlex import split

import pytest
import torch

from nmt.embedded import embedded_folder

TRAIN = "train --config $config --run $here/new"
NO_DATA = "environment variable NMT_DATA is not set; set it to the folder with the data"


@dataclass
class Case:
    """$run, $plain (without attention), $text, $config and $here stand for paths; `files` are written into $here.

    A content may be a function of the bytes of the training text's source side.
    """

    name: str
    command: str
    message: str
    files: dict[str, bytes | Callable[[bytes], bytes]] = field(default_factory=dict)
    stdin: bytes = b"The man sleeps .\n"
    lines: int = 1


CASES = [
    # the text to train on
    Case(
        "one line too many",
        f"{TRAIN} --set data.train.src=$here/a.en",
        "$here/a.en has 201 lines, $text/train.de 200; first unpaired line: $here/a.en:201",
        {"a.en": lambda text: text + b"one more\n"},
    ),
    Case(
        "one line too few",
        f"{TRAIN} --set data.train.src=$here/a.en",
        "$here/a.en has 199 lines, $text/train.de 200; first unpaired line: $text/train.de:200",
        {"a.en": lambda text: text[text.index(b"\n") + 1 :]},
    ),
    Case(
        "test set of unequal files",
        f"{TRAIN} --set data.test.test.tgt=$text/dev.de",
        "$text/test.en has 8 lines, $text/dev.de 6; first unpaired line: $text/test.en:7",
    ),
    Case(
        "byte that is not UTF-8",
        f"{TRAIN} --set data.train.src=$here/a.en",
        "$here/a.en:2: byte 0xe9 at column 4 is not UTF-8; convert it with: iconv -f LATIN1 -t UTF-8",
        {"a.en": b"ok\ncaf\xe9\n"},
    ),
    Case(
        "UTF-16",
        f"{TRAIN} --set data.train.src=$here/a.en",
        "$here/a.en: looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8",
        {"a.en": "house\n".encode("utf-16")},
    ),
    Case(
        "cut gzip file",
        f"{TRAIN} --set data.train.src=$here/a.en.gz",
        "$here/a.en.gz: compressed file ends early at line 1",
        {"a.en.gz": (embedded_folder() / "data/train.en.gz").read_bytes()[:20]},
    ),
    Case(
        "empty file",
        f"{TRAIN} --set data.train.src=$here/a.en",
        "$here/a.en: file is empty",
        {"a.en": b""},
    ),
    Case(
        "empty validation file",
        f"{TRAIN} --set data.valid.src=$here/a.en",
        "$here/a.en: file is empty",
        {"a.en": b""},
    ),
    Case(
        "a side without text",
        f"{TRAIN} --set data.train.src=$here/a.en",
        "$here/a.en: no text to learn a vocabulary from",
        {"a.en": b" \n" * 200},
    ),
    Case(
        "empty line on one side, which the config forbids",
        f"{TRAIN} --set data.train.src=$here/a.en --set data.on_empty=error",
        "$here/a.en:200: empty line, $text/train.de:200 is not",
        {"a.en": lambda text: text[: text.rstrip(b"\n").rindex(b"\n") + 1] + b"\n"},
    ),
    Case(
        "every sentence too long",
        f"{TRAIN} --set data.max_length=1",
        "$text/train.en: no sentence is shorter than max_length 1 (shortest ",
    ),
    Case(
        "one file for both sides",
        f"{TRAIN} --set data.train.src=$text/train.de",
        "$text/train.de: source and target are the same file",
    ),
    Case(
        "vocabulary too large",
        f"{TRAIN} --set 'data.tokenizer={{type: sentencepiece}}' --set data.vocab.size=5000",
        "vocab size 5000 is too large for $text/train.en; the largest possible is ",
    ),
    Case(
        "vocabulary too small",
        f"{TRAIN} --set 'data.tokenizer={{type: sentencepiece}}' --set data.vocab.size=9",
        "vocab size 9 is too small for $text/train.en; one piece for each character needs at least ",
    ),
    Case(
        "gold links of too few pairs",
        f"{TRAIN} --set data.test.test.align=$here/gold",
        "$here/gold has 1 lines for 8 sentence pairs; line n must be pair n",
        {"gold": b"0-0\n"},
    ),
    Case(
        "gold links that are none",
        f"{TRAIN} --set data.test.test.align=$text/test.en",
        "$text/test.en:1: ",
    ),
    # the config
    Case("missing config", "train --config $here/tiny.yml", "$here/tiny.yml: no such file"),
    Case(
        "missing config with a neighbour",
        "train --config $here/tiny.yml",
        "$here/tiny.yml: no such file; did you mean 'tiny.yaml'?",
        {"tiny.yaml": b"seed: 1\n"},
    ),
    Case("folder as config", "train --config $here", "$here: is a folder; give the YAML file in it"),
    Case("empty config", "train --config $here/a.yaml", "$here/a.yaml: file is empty", {"a.yaml": b""}),
    Case(
        "wrong YAML",
        "train --config $here/a.yaml",
        "$here/a.yaml:3:1: expected the node content, but found the end of the text",
        {"a.yaml": b"seed: 1\ndata: [\n"},
    ),
    Case(
        "duplicate key",
        "train --config $here/a.yaml",
        "$here/a.yaml:2: duplicate key 'seed' (first at line 1)",
        {"a.yaml": b"seed: 1\nseed: 2\n"},
    ),
    Case(
        "code in YAML",
        "train --config $here/a.yaml",
        "$here/a.yaml:1",
        {"a.yaml": b"seed: !!python/object/apply:os.system ['touch hacked']\n"},
    ),
    Case(
        "several mistakes at once",
        "train --config $here/a.yaml",
        "$here/a.yaml:2: train.max_step: unknown key; did you mean 'max_steps'?",
        {"a.yaml": b"seed: -1\ntrain: {max_step: 3}\ndata: {train: 3, valid: {src: a, tgt: b}}\n"},
        lines=5,
    ),
    Case(
        "unknown key",
        f"{TRAIN} --set train.max_stepps=3",
        "--set train.max_stepps: unknown key; did you mean 'max_steps'?",
    ),
    Case(
        "wrong type",
        f"{TRAIN} --set model.decoder.dim=wide",
        "--set model.decoder.dim: expected a whole number (got 'wide')",
    ),
    Case(
        "wrong choice",
        f"{TRAIN} --set model.decoder.attention.scorer.type=concatt",
        "--set model.decoder.attention.scorer.type: must be one of additive, concat, ",
    ),
    Case("set without value", f"{TRAIN} --set seed", "--set seed: expected key=value, such as "),
    Case(
        "missing data file",
        f"{TRAIN} --set data.train.src=$text/train.enn",
        "--set data.train.src: no such file: $text/train.enn; did you mean 'train.en'?",
    ),
    Case(
        "unset variable",
        "train --config $configs/multi30k_en_de/rnnsearch.yaml --run $here/new",
        f"$configs/multi30k_en_de/rnnsearch.yaml:6: data.train.src: {NO_DATA}",
        lines=6,
    ),
    Case(
        "widths that contradict each other",
        f"{TRAIN} --set model.embedding.tie=output --set model.embedding.dim=20",
        "model.embedding.tie: output needs decoder features as wide as an embedding, not 16 and 20",
    ),
    Case(
        "no limit",
        f"{TRAIN} --set train.max_steps=null",
        "train: give max_steps, max_epochs or max_minutes",
    ),
    Case(
        "coverage penalty without attention",
        f"{TRAIN} --set 'model.decoder={{type: plain, dim: 16}}' --set search.coverage_penalty=0.2",
        "search.coverage_penalty: the model has no attention; leave it out",
    ),
    Case(
        "replaced unknown words without attention",
        f"{TRAIN} --set 'model.decoder={{type: plain, dim: 16}}' --set search.replace_unk=true",
        "search.replace_unk: the model has no attention; leave it out",
    ),
    Case("plugin that is not there", f"{TRAIN} --set 'plugins=[no_such_plugin]'", "no module named 'no_such_plugin'"),
    # run folders
    Case(
        "run of another config",
        "train --config $config --run $run --set seed=2 --set search.beam_size=9",
        "$run was started with another config (search.beam_size: 2 there, 9 here; seed: 1 there, 2 here); "
        "give --overwrite to start anew, or another folder with --run",
    ),
    Case(
        "file as run folder",
        "train --config $config --run $here/a",
        "$here/a is a file, no folder; choose another with --run",
        {"a": b""},
    ),
    Case(
        "run folder below a file",
        "train --config $config --run $here/a/b/c",
        "$here/a is a file, no folder; choose another with --run",
        {"a": b""},
    ),
    Case(
        "folder that cannot be made",
        "train --config $config --run /proc/nmt",
        "/proc/nmt: cannot be made (No such file or directory); choose another with --run",
    ),
    Case(
        "folder with somebody's config.yaml",
        "train --config $config --run $here --overwrite",
        "$here holds a config.yaml but no run; choose another folder with --run",
        {"config.yaml": b"mine: true\n", "report.html": b"mine"},
    ),
    # models
    Case("no such run", "translate $here/demo", "$here/demo: no checkpoint here (looked for checkpoints/step-*/)"),
    Case(
        "no such run with a neighbour",
        "translate ${run}n",
        "${run}n: no checkpoint here (looked for checkpoints/step-*/); did you mean $run?",
    ),
    Case(
        "a folder of runs",
        "translate $folder",
        "$folder is a folder of runs; give one of them: $run, $plain, $subwords",
    ),
    Case("a folder that is no run", "translate $text", "$text: no checkpoint here"),
    Case("a file that is no run", "translate $config", "$config is a file; give the run folder"),
    Case(
        "pickle",
        "translate $here/model.pt",
        "$here/model.pt is a PyTorch pickle; this tool loads only safetensors (pickles can run code)",
        {"model.pt": b"PK\x03\x04\x00\x00"},
    ),
    Case("info of a pickle", "info $here/model.pt", "is a PyTorch pickle;", {"model.pt": b"\x80\x02}q\x00."}),
    Case("info of no run", "info $text", "$text: no checkpoint here"),
    Case("align with no run", "align-export $text --source $text/dev.en -o $here/a", "$text: no checkpoint here"),
    Case(
        "checkpoint that is no step",
        "translate $run --checkpoint newest",
        "--checkpoint newest: must be best, last, average or a step number",
    ),
    Case(
        "step without checkpoint",
        "translate $run --checkpoint 7",
        "$run: no checkpoint of step 7; there are 40, 60",
    ),
    # translating
    Case("missing input", "translate $run -i $here/none", "$here/none: no such file"),
    Case(
        "input that is not UTF-8",
        "translate $run",
        "stdin:2: byte 0xff at column 2 is not UTF-8;",
        stdin=b"fine\na\xff\n",
    ),
    Case("n-best beyond the beam", "translate $run --beam 2 --nbest 3", "--nbest 3 is larger than --beam 2"),
    Case("no beam", "translate $run --beam 0", "nmt: error: Invalid value for '--beam': "),
    Case("beam without number", "translate $run --beam many", "Invalid value for '--beam': "),
    Case("unknown device", "translate $run --device tpu", "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
    Case("align without file", "translate $run --align pharaoh", "--align pharaoh: expected FORMAT=FILE"),
    Case(
        "align with unknown format",
        "translate $run --align pharao=$here/a",
        "alignment format 'pharao' is unknown; did you mean 'pharaoh'?",
    ),
    Case(
        "align to standard output",
        "translate $run --align pharaoh=-",
        "--align pharaoh=-: standard output is for the translations; give a file",
    ),
    Case(
        "two formats into one file",
        "translate $run --align pharaoh=$here/a --align soft=$here/a",
        "--align soft=$here/a: pharaoh goes to this file already",
    ),
    Case(
        "align into no folder",
        "translate $run --align pharaoh=$here/none/a",
        "$here/none/a: cannot be written (No such file or directory); choose another place",
    ),
    Case(
        "align without attention",
        "translate $plain --align pharaoh=$here/a",
        "--align: $plain has no attention, so it has no alignments",
        stdin=b"\nThe man sleeps .\n",
    ),
    Case(
        "ensemble with another tokenizer",
        "translate $run --ensemble $subwords",
        "--ensemble $subwords: its tokenizer (data.tokenizer) is not that of $run; an ensemble shares vocabularies",
    ),
    Case("ensemble with no run", "translate $run --ensemble $text", "$text: no checkpoint here"),
    Case(
        "ensemble without a step of one of them",
        "align-export $run --ensemble $plain --checkpoint 40 --source $text/dev.en -o $here/a",
        "$plain: no checkpoint of step 40; there are 2",
    ),
    Case(
        "no average",
        "translate $run --checkpoint average",
        "$run: no averaged checkpoint; make it with: nmt average $run",
    ),
    Case(
        "more prefixes than lines",
        "translate $run --prefix-file $here/a",
        "$here/a has more lines than the source (1); line n must be the prefix for line n",
        {"a": b"Der\n\n"},
    ),
    Case(
        "fewer prefixes than lines",
        "translate $run --prefix-file $here/a",
        "$here/a has 1 lines, the source has more; line n must be the prefix for line n",
        {"a": b"Der\n"},
        stdin=b"a\nb\nc\n",
    ),
    Case("missing prefixes", "translate $run --prefix-file $here/none", "$here/none: no such file"),
    Case(
        "prefixes that are not UTF-8",
        "translate $run --prefix-file $here/a",
        "$here/a:1: byte 0xff at column 1 is not UTF-8;",
        {"a": b"\xff\n"},
    ),
    Case("sampling with a beam", "translate $run --sample --beam 3", "--beam: --sample does not search; leave one of"),
    Case("settings of sampling without it", "translate $run --top-k 3", "--top-k: only with --sample"),
    Case("seed without sampling", "translate $run --seed 0", "--seed: only with --sample"),
    Case("no temperature", "translate $run --sample --temperature 0", "--temperature 0.0: must be above 0"),
    Case("temperature that is no number", "translate $run --sample --temperature nan", "--temperature nan: must be"),
    Case("no nucleus", "translate $run --sample --top-p 0", "--top-p 0.0: must be above 0 and at most 1"),
    Case("nucleus beyond all", "translate $run --sample --top-p 1.5", "--top-p 1.5: must be above 0 and at most 1"),
    Case("no piece to sample", "translate $run --sample --top-k 0", "nmt: error: Invalid value for '--top-k': "),
    Case("negative seed", "translate $run --sample --seed=-1", "nmt: error: Invalid value for '--seed': "),
    # averaging
    Case(
        "average of more than there are",
        "average $run --last 3",
        "--last 3: $run holds 2 such checkpoints (40, 60); train.keep says how many",
    ),
    Case("average of last and best", "average $run --last 1 --best 1", "--last and --best: give one of them"),
    Case("average of nothing", "average $run --last 0", "nmt: error: Invalid value for '--last': "),
    Case("average of no run", "average $text", "$text: no checkpoint here"),
    # exporting alignments
    Case(
        "export without attention",
        "align-export $plain --source $text/dev.en -o $here/a",
        "this model has no attention, so it has no alignments",
    ),
    Case(
        "forced export without attention",
        "align-export $plain --source $text/dev.en --target $text/dev.de -o $here/a",
        "this model has no attention, so it has no alignments",
    ),
    Case(
        "unknown format",
        "align-export $run --source $text/dev.en --format pharaoh,jsnl -o $here/a",
        "alignment format 'jsnl' is unknown; did you mean 'jsonl'?",
    ),
    Case(
        "unknown unit",
        "align-export $run --source $text/dev.en --unit char -o $here/a",
        "--unit char: must be one of word, piece",
    ),
    Case(
        "unknown method",
        "align-export $run --source $text/dev.en --method best -o $here/a",
        "link method 'best' is unknown; use argmax, argmax=0.3, threshold=0.3 or, of two directions, agreement=0.3",
    ),
    Case(
        "method out of range",
        "align-export $run --source $text/dev.en --method threshold=2 -o $here/a",
        "link method 'threshold=2': the number must be above 0 and at most 1",
    ),
    Case(
        "agreement with nothing",
        "align-export $run --source $text/dev.en --method agreement=0.4 -o $here/a",
        "--method agreement=0.4: only with --reverse RUN2",
    ),
    Case(
        "agreement symmetrised",
        "align-export $run --source $text/dev.en --method agreement=0.4 --reverse $run --symmetrize union -o $here/a",
        "--symmetrize union: --method agreement=0.4 joins the directions itself",
    ),
    Case(
        "neither keep nor drop",
        "align-export $run --source $text/dev.en --eos both -o $here/a",
        "--eos both: must be one of keep, drop",
    ),
    Case(
        "pairs of unequal files",
        "align-export $run --source $text/test.en --target $text/dev.de -o $here/a",
        "$text/test.en has 8 lines, $text/dev.de 6; first unpaired line: $text/test.en:7",
    ),
    Case("no source", "align-export $run --source $here/none -o $here/a", "$here/none: no such file"),
    Case(
        "bad byte in the source",
        "align-export $run --source $here/a.en --format jsonl,npz -o $here/a",
        "$here/a.en:2: byte 0xff at column 1 is not UTF-8;",
        {"a.en": b"fine\n\xff\n"},
    ),
    Case(
        "export into no folder",
        "align-export $run --source $text/dev.en -o $here/none/a",
        "$here/none/a.pharaoh: cannot be written (No such file or directory); choose another place",
    ),
    # scoring
    Case(
        "unknown test set",
        "evaluate $run --set-name tset",
        "$run has no test set tset; did you mean 'test'?",
    ),
    Case("run without test sets", "evaluate $plain", "$plain: its config names no test set (data.test)"),
    Case("run with references", "evaluate $run --ref $text/test.de", "$run is a run folder: "),
    Case("nothing to compare with", "evaluate $text/test.de", "$text/test.de: give --ref for a file of translations,"),
    Case(
        "references of another length",
        "evaluate $text/test.en --ref $text/dev.de",
        "$text/test.en has 8 lines, $text/dev.de 6; first unpaired line: $text/test.en:7",
    ),
    Case(
        "ensemble of a file",
        "evaluate $text/dev.en --ref $text/dev.de --ensemble $run",
        "--ensemble: $text/dev.en is a file; only runs translate",
    ),
    Case("no translations", "evaluate $here/none --ref $text/dev.de", "$here/none: no such file"),
    Case(
        "empty translations",
        "evaluate $here/a --ref $text/dev.de",
        "$here/a: file is empty",
        {"a": b""},
    ),
    Case(
        "unknown tokenizer",
        "evaluate $text/dev.en --ref $text/dev.de --tokenize moses",
        "--tokenize moses: must be one of 13a, none, intl, char, zh",
    ),
    Case(
        "links of another length",
        "evaluate $here/a --gold-align $text/test.align",
        "$here/a has 1 lines and $text/test.align has 8; line n must be sentence n",
        {"a": b"0-0\n"},
    ),
    Case(
        "no links",
        "evaluate $here/a --gold-align $text/test.align",
        "$here/a:2: '0:0' is not a link; write source-target as 0-0",
        {"a": b"0-0\n0:0\n"},
    ),
    Case("no gold links", "align-eval $here/a --gold $here/none", "$here/none: no such file", {"a": b"0-0\n"}),
    Case(
        "possible links under test",
        "align-eval $here/a --gold $text/test.align",
        "$here/a:1: '1?1' is a possible link, which only a gold file may hold; write it as 1-1",
        {"a": b"0-0 1?1\n"},
    ),
    Case(
        "links of too few sentences",
        "align-eval $here/a --gold $text/test.align",
        "$here/a has 1 lines and $text/test.align has 8; line n must be sentence n",
        {"a": b"0-0\n"},
    ),
    Case(
        "gold links of no known format",
        "align-eval $text/test.align --gold $text/test.en",
        "$text/test.en:1: '",
    ),
    Case("nothing to score", "align-eval $here/a --gold $here/b", "$here/a: file is empty", {"a": b"", "b": b""}),
    Case(
        "a table as JSON",
        "align-eval $text/test.align --gold $text/test.align --json --per-sentence",
        "--per-sentence: a table is no JSON; leave --json out",
    ),
    Case("a base that is none", "align-eval $here/a --gold $here/a --gold-base 2", "Invalid value for '--gold-base': "),
    Case(
        "reverse run of the same direction",
        "align-export $run --source $text/dev.en --reverse $subwords -o $here/a",
        "--reverse $subwords: it translates en-de too; give a run of de-en",
    ),
    Case("empty links", "evaluate $here/a --gold-align $here/b", "$here/a: file is empty", {"a": b"", "b": b""}),
    # the command line
    Case("unknown command", "trian", "nmt: error: No such command 'trian'. Did you mean 'train'? (see nmt --help)"),
    Case(
        "unknown option",
        "train --confg x",
        "nmt: error: No such option: --confg (Possible options: --config) (see nmt train --help)",
    ),
    Case("missing argument", "translate", "nmt: error: Missing argument 'RUN'. (see nmt translate --help)"),
    Case(
        "config file that is there",
        "config init -o $here/my.yaml",
        "$here/my.yaml: is there already; choose another name with --output",
        {"my.yaml": b"mine\n"},
    ),
    Case("config file in no folder", "config init -o $here/none/my.yaml", "$here/none: no such folder"),
    Case("config of no file", "config show --config $here/none", "$here/none: no such file"),
]


def fill(text, tiny, here):
    """`text` with paths for its $names."""
    paths = tiny._asdict() | {"text": tiny.text(""), "here": here, "configs": embedded_folder() / "configs"}
    return string.Template(text).substitute(paths)


def error_lines(result):
    """The error lines on stderr, nothing being on stdout and no traceback anywhere."""
    assert result.out == b""
    assert "Traceback" not in result.err
    assert "unexpected" not in result.err
    lines = result.err.removesuffix("\n").split("\n")
    errors = [line for line in lines if line.startswith("nmt: error: ")]
    assert lines[-len(errors) :] == errors
    return errors


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_mistake(case, nmt, tiny, tree, tmp_path, monkeypatch):
    monkeypatch.delenv("NMT_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    for name, content in case.files.items():
        (tmp_path / name).write_bytes(content(tiny.text("train.en").read_bytes()) if callable(content) else content)
    before, prepared = tree(tiny.folder), tree(tmp_path)

    result = nmt(*split(fill(case.command, tiny, tmp_path)), stdin=case.stdin)

    assert result.code == 2
    errors = error_lines(result)
    assert fill(case.message, tiny, tmp_path) in "\n".join(errors)
    assert len(errors) == case.lines
    assert tree(tmp_path) == prepared
    assert [path for path in tmp_path.rglob("*") if path.is_dir()] == []
    assert tree(tiny.folder) == before


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES = {
    "flipped bit": ("checkpoints/best/model.safetensors", flipped, "step-00000060: model.safetensors is damaged (SHA-"),
    "cut weights": ("checkpoints/best/model.safetensors", lambda content: content[:-1], "is damaged (size differs)"),
    "no weights": ("checkpoints/best/model.safetensors", None, "model.safetensors cannot be read (No such file"),
    "flipped bit of the state": ("checkpoints/best/state.json", flipped, "state.json is damaged (SHA-256 differs)"),
    "no manifest": ("checkpoints/best/MANIFEST.json", None, "step-00000060: MANIFEST.json cannot be read (No such"),
    "cut manifest": ("checkpoints/best/MANIFEST.json", lambda content: content[:9], "MANIFEST.json is damaged"),
    "newer format": (
        "checkpoints/best/MANIFEST.json",
        lambda content: content.replace(b'"format": 1', b'"format": 9').replace(b'\n "sha256"', b'\n "was"'),
        "step-00000060: format 9, this version reads up to 1; upgrade nmt",
    ),
    "no vocabulary": ("vocab/src.json", None, "vocab/src.json: no such file"),
    "cut vocabulary": ("vocab/tgt.json", lambda content: content[:50], "vocab/tgt.json: damaged word tokenizer: "),
    "other vocabulary": (
        "vocab/tgt.json",
        lambda content: content.replace(b'"Der"', b'"Dex"').replace(b'"Die"', b'"Dix"'),
        "vocab: the target vocabulary does not belong to the weights of ",
    ),
    "no config": ("config.yaml", None, ": no run folder (it has no config.yaml)"),
    "other config": (
        "config.yaml",
        lambda content: content.replace(b"maxout: 16", b"maxout: 17"),
        "step-00000060: the weights do not fit the model: ",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("command", ["translate $here/run", "align-export $here/run --source $text/dev.en -o $here/a"])
def test_damaged_run(command, damage, nmt, tiny, tree, tmp_path):
    name, change, message = DAMAGES[damage]
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    file = tmp_path / "run" / name
    content = file.read_bytes()
    file.unlink()
    if change is not None:
        assert change(content) != content
        file.write_bytes(change(content))
    before = tree(tmp_path)

    result = nmt(*split(fill(command, tiny, tmp_path)), stdin=b"The man sleeps .\n")

    assert result.code == 2
    (error,) = error_lines(result)
    assert message in error
    assert tree(tmp_path) == before


def test_training_with_every_checkpoint_damaged(nmt, tiny, tree, tmp_path):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    (tmp_path / "run/report.html").unlink()
    for state in tmp_path.glob("run/checkpoints/step-*/state.json"):
        state.write_bytes(b"{}")
    before = tree(tmp_path)
    result = nmt("train", "--config", tiny.config, "--run", tmp_path / "run")
    assert result.code == 2
    assert error_lines(result) == [
        f"nmt: error: no usable checkpoint in {tmp_path / 'run'} (2 found, 2 damaged)",
    ]
    after = tree(tmp_path)
    assert {name for name in before if after.pop(name) != before[name]} <= {"run/log.txt", "run/.lock"}
    assert after == {}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("command", ["translate $run --device cuda", f"{TRAIN} --set device=cuda"])
def test_no_gpu(command, nmt, tiny, tmp_path):
    result = nmt(*split(fill(command, tiny, tmp_path)), stdin=b"The man sleeps .\n")
    assert result.code == 2
    assert error_lines(result) == ["nmt: error: device: cuda is not available here; use auto or cpu"]
    assert list(tmp_path.iterdir()) == []


def test_run_folder_in_use(nmt, tiny, tree, tmp_path):
    (tmp_path / "new").mkdir()
    with open(tmp_path / "new/.lock", "w", encoding="utf-8") as lock:
        lock.write('{"pid": 4711, "host": "h"}')
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = nmt(*split(fill(TRAIN, tiny, tmp_path)))
    assert result.code == 2
    assert error_lines(result) == [f"nmt: error: {tmp_path / 'new'} is in use by process 4711 on host h"]
    assert list(tree(tmp_path)) == ["new/.lock"]


def test_no_memory_and_bugs_are_one_line(nmt, tiny, monkeypatch):
    def fail(error):
        def load(*arguments):
            raise error

        monkeypatch.setattr("nmt.pipeline.describe.describe", load)
        return nmt("info", tiny.run)

    result = fail(MemoryError())
    assert (result.code, error_lines(result)) == (
        1,
        ["nmt: error: out of memory; lower search.batch_sentences or data.batching"],
    )
    result = fail(KeyError("a\x1b\nb"))
    assert result.code == 1
    assert result.err == (
        "nmt: error: unexpected KeyError: 'a\\x1b\\nb' (--debug before the command shows the traceback)\n"
    )


def test_debug_shows_the_traceback(nmt, tiny, monkeypatch):
    monkeypatch.setenv("NMT_DEBUG", "")
    result = nmt("--debug", "info", tiny.config)
    assert result.code == 2
    assert result.err.startswith("Traceback (most recent call last):\n")
    assert result.err.endswith(f"nmt: error: {tiny.config} is a file; give the run folder\n")
