"""Rows 52 to 70: model files and run folders."""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import struct
from pathlib import Path

import pytest
from safetensors.numpy import load, save

from .catalogue import TRAIN, Case, error_lines, fill, said

WRITERS = (
    "translate $run --align pharaoh=$here/{}",
    "align-export $run --source $text/dev.en -o $here/{}",
    "align-text --source $text/dev.en --target $text/dev.de -o $here/{}",
    "compare $run -o $here/{}.html",
    "lexicon $run --source $text/dev.en --target $text/dev.de -o $here/{}",
    "score $run --source $text/dev.en --target $text/dev.de -o $here/{}",
    "config upgrade $config -o $here/{}",
)
"""Commands that write a file."""

OTHERS = [
    Case("C52 no such run", "translate $here/demo", "$here/demo: no checkpoint here (looked for checkpoints/step-*/)"),
    Case(
        "C52 with a neighbour",
        "translate ${run}n",
        "${run}n: no checkpoint here (looked for checkpoints/step-*/); did you mean $run?",
    ),
    Case(
        "C52 folder of runs",
        "translate $folder",
        "$folder is a folder of runs; give one of them: $run, $plain, $subwords",
    ),
    *(
        Case(f"C52 {command.split()[0]}", command, "$text: no checkpoint here")
        for command in (
            "translate $text",
            "info $text",
            "average $text",
            "align-export $text --source $text/dev.en -o $here/a",
            "translate $run --ensemble $text",
        )
    ),
    Case("C52 file", "translate $config", "$config is a file; give the run folder"),
    Case("C52 step", "translate $run --checkpoint 7", "$run: no checkpoint of step 7; there are 40, 60"),
    Case("C52 number", f"translate $run --checkpoint {'9' * 5000}", ": must be best, last, average or a step number"),
    Case("C69 longer than any path", f"train --config $config --run {'x/' * 3000}", "File name too long"),
    Case(
        "C52 name", "translate $run --checkpoint newest", "--checkpoint newest: must be best, last, average or a step"
    ),
    Case(
        "C57 PyTorch file",
        "translate $here/model.pt",
        "$here/model.pt is a PyTorch pickle; this tool loads only safetensors (pickles can run code)",
        {"model.pt": b"PK\x03\x04\x00\x00"},
    ),
    Case("C57 pickle", "info $here/model.pt", "is a PyTorch pickle;", {"model.pt": b"\x80\x02}q\x00."}),
    Case(
        "C65 other config",
        "train --config $config --run $run --set seed=2 --set search.beam_size=9",
        "$run was started with another config (search.beam_size: 2 there, 9 here; seed: 1 there, 2 here); "
        "give --overwrite to start anew, or another folder with --run",
    ),
    Case(
        "C65 somebody's config.yaml",
        "train --config $config --run $here --overwrite",
        "$here holds a config.yaml but no run; choose another folder with --run",
        {"config.yaml": b"mine: true\n", "report.html": b"mine"},
    ),
    Case("C68 archive", "translate $here/a.tar", "$here/a.tar is a file; give the run folder", {"a.tar": b"../evil\0"}),
    Case(
        "C69 file as run folder",
        "train --config $config --run $here/a",
        "$here/a is a file, no folder; choose another with --run",
        {"a": b""},
    ),
    Case(
        "C69 below a file",
        "train --config $config --run $here/a/b/c",
        "$here/a is a file, no folder; choose another with --run",
        {"a": b""},
    ),
    Case(
        "C69 folder that cannot be made",
        "train --config $config --run /proc/nmt",
        "/proc/nmt: cannot be made (No such file or directory); choose another with --run",
    ),
    *(
        Case(
            f"C69 {command.split()[0]} into {folder}",
            command.format(f"{folder}/b"),
            f"cannot be written ({reason}); choose another place",
            {"file": b""},
        )
        for folder, reason in (("none", "No such file or directory"), ("file", "Not a directory"))
        for command in WRITERS
    ),
]


@pytest.mark.parametrize("case", OTHERS, ids=[case.name for case in OTHERS])
def test_mistake(case, mistake):
    mistake(case)


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def replaced(before, after):
    return lambda content: content.replace(before, after)


def forged(header, tail=b""):
    """Bytes of a safetensors file with this header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tail


def with_nan(content):
    tensors = load(content)
    name = min(tensors)
    tensors[name].reshape(-1)[0] = float("nan")
    return save(tensors)


def without_one(content):
    tensors = load(content)
    del tensors[min(tensors)]
    return save(tensors | {"evil": tensors[max(tensors)]})


WEIGHTS = "checkpoints/best/model.safetensors"
MANIFEST = "checkpoints/best/MANIFEST.json"
F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
DAMAGES = {
    "C53 cut weights": (WEIGHTS, lambda content: content[:-1], "is damaged (size differs)"),
    "C53 no weights": (WEIGHTS, None, "model.safetensors cannot be read (No such file"),
    "C53 empty weights": (WEIGHTS, lambda content: b"", "is damaged (size differs)"),
    "C54 flipped bit": (WEIGHTS, flipped, "step-00000060: model.safetensors is damaged (SHA-256 differs)"),
    "C54 of the state": ("checkpoints/best/state.json", flipped, "state.json is damaged (SHA-256 differs)"),
    "C54 no manifest": (MANIFEST, None, "step-00000060: MANIFEST.json cannot be read (No such"),
    "C54 cut manifest": (MANIFEST, lambda content: content[:9], "MANIFEST.json is damaged"),
    "C54 nested manifest": (MANIFEST, lambda content: b"[" * 100_000, "MANIFEST.json is damaged"),
    "C59 other vocabulary": (
        "vocab/tgt.json",
        lambda content: content.replace(b'"Der"', b'"Dex"').replace(b'"Die"', b'"Dix"'),
        "vocab: the target vocabulary does not belong to the weights of ",
    ),
    "C59 text cut otherwise": (
        "config.yaml",
        replaced(b"lowercase: false", b"lowercase: true"),
        "run/config.yaml: data.tokenizer is not that of the weights of ",
    ),
    "C60 other config": (
        "config.yaml",
        replaced(b"maxout: 16", b"maxout: 17"),
        "step-00000060: the weights do not fit the model: ",
    ),
    "C60 no config": ("config.yaml", None, ": no run folder (it has no config.yaml)"),
    "C61 newer format": (
        MANIFEST,
        lambda content: content.replace(b'"format": 1', b'"format": 9').replace(b'\n "sha256"', b'\n "was"'),
        "step-00000060: format 9, this version reads up to 1; upgrade nmt",
    ),
    "C61 no such format": (
        MANIFEST,
        lambda content: content.replace(b'"format": 1', b'"format": 1' + b"0" * 400).replace(
            b'\n "sha256"', b'\n "was"'
        ),
        "step-00000060: MANIFEST.json is damaged",
    ),
    "C64 no vocabulary": ("vocab/src.json", None, "vocab/src.json: no such file"),
    "C64 cut vocabulary": ("vocab/tgt.json", lambda content: content[:50], "vocab/tgt.json: damaged word tokenizer: "),
    "C64 nested vocabulary": (
        "vocab/tgt.json",
        lambda content: b"[" * 100_000,
        "vocab/tgt.json: damaged word tokenize",
    ),
}
"""File of the run, what happens to it, and what is said."""

FORGED = {
    "C58 a terabyte": (lambda content: struct.pack("<Q", 1 << 40) + content[8:], "is damaged (Error while deserializ"),
    "C58 longer than the file": (lambda content: struct.pack("<Q", 10**6) + b"{}", "is damaged (Error while"),
    "C58 no JSON": (lambda content: forged(b"\xff" * 8), "is damaged (Error while deserializ"),
    "C58 nested": (lambda content: forged(b"[" * 100_000), "is damaged (Error while deserializ"),
    "C58 overlap": (lambda content: forged({"a": F32, "b": F32}, bytes(8)), "is damaged (Error while deserializ"),
    "C58 trailing bytes": (lambda content: forged({"a": F32}, bytes(9)), "is damaged (Error while deserializ"),
    "C58 huge shape": (
        lambda content: forged({"a": F32 | {"shape": [1 << 40, 1 << 40]}}, bytes(8)),
        "is damaged (Error while deserializ",
    ),
    "C58 no such type": (lambda content: forged({"a": F32 | {"dtype": "P0"}}, bytes(8)), "is damaged (Error while"),
    "C60 other tensors": (
        lambda content: forged({"a": F32}, bytes(8)),
        "the weights do not fit the model: a 2 is not in the model; ",
    ),
    "C60 one exchanged": (without_one, "the weights do not fit the model: evil "),
    "C63 NaN": (with_nan, "contains NaN (saved at step 60)"),
}
"""What weights become whose sizes and hashes are put right, and what is said."""

STATES = {
    "C61 fingerprint as a list": {"fingerprint": [1]},
    "C61 no fingerprint": {"fingerprint": None},
    "C61 fingerprint of numbers": {"fingerprint": {"seed": 1}},
    "C61 environment as text": {"environment": "here"},
}
"""What is changed in a state.json whose size and hash are put right."""

COMMANDS = ["translate $here/run", "align-export $here/run --source $text/dev.en -o $here/a"]


@pytest.fixture
def refused(command, tiny, tree, tmp_path):
    """Copies a run, exchanges the content of a file of it, and tries a command."""

    def check(line, run, name, change, message, signed=False):
        shutil.copytree(run, tmp_path / "run", symlinks=True)
        file = tmp_path / "run" / name
        content = file.read_bytes()
        file.unlink()
        if change is not None:
            assert change(content) != content
            file.write_bytes(change(content))
        if signed:
            sign(file)
        before = tree(tmp_path)
        result = command(line)
        assert result.code == 2
        (error,) = error_lines(result)
        assert message in error and len(error) < 600
        assert tree(tmp_path) == before

    return check


def sign(file):
    """Puts size and hash of a file into the manifest beside it, which then has no hash of its own."""
    path = file.with_name("MANIFEST.json")
    manifest = json.loads(path.read_bytes())
    manifest.pop("sha256", None)
    data = file.read_bytes()
    manifest["files"][file.name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("line", COMMANDS, ids=["translate", "align-export"])
def test_damaged_run(line, name, refused, tiny):
    refused(line, tiny.run, *DAMAGES[name])


@pytest.mark.parametrize("name", FORGED)
def test_forged_weights(name, refused, tiny):
    change, message = FORGED[name]
    refused(COMMANDS[0], tiny.run, WEIGHTS, change, message, signed=True)


@pytest.mark.parametrize("name", STATES)
def test_forged_state(name, refused, tiny):
    def change(content):
        return json.dumps(json.loads(content) | STATES[name]).encode()

    message = "step-00000060: state.json is damaged (fingerprint and environment must be tables of text)"
    refused(COMMANDS[0], tiny.run, "checkpoints/best/state.json", change, message, signed=True)


def test_c60_state_of_a_weight_that_is_not_in_the_model(command, tiny, tmp_path):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    (tmp_path / "run/report.html").unlink()
    file = tmp_path / "run/checkpoints/step-00000060/training.safetensors"
    tensors = load(file.read_bytes())
    file.write_bytes(save(tensors | {"optimizer.exp_avg.nosuch": min(tensors.values(), key=lambda t: t.nbytes)}))
    sign(file)
    result = command("train --config $config --run $here/run")
    assert result.code == 2
    problem = "training.safetensors holds 'exp_avg.nosuch', which is not in the model"
    assert error_lines(result) == [f"nmt: error: step-00000060: {problem}"]


def test_c59_vocabulary_of_another_run_on_resume(command, tiny, tmp_path):
    """The numbers of the training text change with it, but the text is not what is wrong."""
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    (tmp_path / "run/report.html").unlink()
    shutil.copy(tiny.run / "vocab/tgt.json", tmp_path / "run/vocab/src.json")
    result = command("train --config $config --run $here/run")
    assert result.code == 2
    (error,) = error_lines(result)
    assert error.startswith("nmt: error: source vocabulary changed since the run started (was ")


def test_c52_link_to_itself(command, tmp_path):
    (tmp_path / "link").symlink_to("link")
    for line in ("translate $here/link", "info $here/link"):
        result = command(line)
        assert result.code == 2
        (error,) = error_lines(result)
        assert error.startswith(f"nmt: error: {tmp_path / 'link'}: no checkpoint here")


SUBWORDS = {
    "C64 empty": lambda content: b"",
    "C64 cut": lambda content: content[: len(content) // 2],
    "C64 text": lambda content: b"<s>\t0\n" * 100,
}


@pytest.mark.parametrize("name", SUBWORDS)
def test_damaged_subwords(name, refused, tiny):
    message = "vocab/src.model: damaged sentencepiece tokenizer: "
    refused(COMMANDS[0], tiny.subwords, "vocab/src.model", SUBWORDS[name], message)


RECORDS = {
    "C53 metrics that are no text": ("metrics.jsonl", b"\xff\n"),
    "C53 metrics of something else": ("metrics.jsonl", b'{"split": "valid", "step": 60}\n'),
    "C53 nested metrics": ("metrics.jsonl", b"[" * 100_000 + b"\n"),
    "C53 scores": ("eval/test.scores.json", b'{"bleu": "high"}'),
    "C53 cut scores": ("eval/test.scores.json", b'{"bleu"'),
}
"""File of the run, and what it becomes."""


@pytest.mark.parametrize("name", RECORDS)
def test_damaged_record(name, refused, tiny):
    file, content = RECORDS[name]
    message = f"{file} is damaged; remove it, or train the run again with --overwrite"
    refused("info $here/run", tiny.run, file, lambda before: content, message)


def test_c59_vocabulary_of_another_run_of_the_same_size(refused, tiny):
    """The two sides exchanged: as many entries, other words."""
    other = (tiny.run / "vocab/tgt.json").read_bytes()
    message = "vocab: the source vocabulary does not belong to the weights of "
    refused(COMMANDS[0], tiny.run, "vocab/src.json", lambda content: other, message)


def test_c56_every_checkpoint_damaged(command, tiny, tree, tmp_path):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    (tmp_path / "run/report.html").unlink()
    for state in tmp_path.glob("run/checkpoints/step-*/state.json"):
        state.write_bytes(b"{}")
    before = tree(tmp_path)
    result = command("train --config $config --run $here/run")
    assert result.code == 2
    assert error_lines(result) == [f"nmt: error: no usable checkpoint in {tmp_path / 'run'} (2 found, 2 damaged)"]
    after = tree(tmp_path)
    assert {name for name in before if after.pop(name) != before[name]} <= {"run/log.txt", "run/.lock"}
    assert after == {}


def test_c53_c55_training_goes_back_to_the_checkpoint_before_and_tidies_up(command, tiny, tree, tmp_path):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    (tmp_path / "run/report.html").unlink()
    weights = tmp_path / "run/checkpoints/step-00000060/model.safetensors"
    weights.write_bytes(flipped(weights.read_bytes()))
    leftover = tmp_path / "run/checkpoints/.tmp-step-00000060-1"
    leftover.mkdir()
    (leftover / "model.safetensors").write_bytes(b"half")
    lines = said(command("train --config $config --run $here/run"))
    assert "step-00000060: model.safetensors is damaged (SHA-256 differs); using step-00000040" in lines
    assert "continuing at step 40" in lines
    assert not leftover.exists()
    assert (
        tree(tmp_path)["run/checkpoints/step-00000060/model.safetensors"]
        == tree(tiny.folder)["run/checkpoints/step-00000060/model.safetensors"]
    )


def test_c53_d90_warnings_are_told_where_all_else_is_quiet(command, tiny, tmp_path):
    """A damaged checkpoint, another environment, suspicious text."""
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    (tmp_path / "run/report.html").unlink()
    weights = tmp_path / "run/checkpoints/step-00000060/model.safetensors"
    weights.write_bytes(flipped(weights.read_bytes()))
    state = tmp_path / "run/checkpoints/step-00000040/state.json"
    state.write_bytes(state.read_bytes().replace(b'"threads": "1"', b'"threads": "2"'))
    sign(state)
    lines = said(command("train --config $config --run $here/run --quiet"))
    assert [line for line in lines if not line.startswith("warning: ")] == [
        "step-00000060: model.safetensors is damaged (SHA-256 differs); using step-00000040",
        "not bit-identical: threads 2 -> 1",
    ]


def test_c66_finished_run(command, tiny, tree):
    before = tree(tiny.run)
    lines = said(command("train --config $config --run $run"))
    (line,) = lines
    ending = r"already finished at step 60 \(BLEU \d+\.\d\d\); translate with it, or start anew with --overwrite"
    assert re.fullmatch(f"{tiny.run}: {ending}", line)
    assert tree(tiny.run) == before


def test_c67_run_folder_in_use(command, tree, tmp_path):
    (tmp_path / "new").mkdir()
    with open(tmp_path / "new/.lock", "w", encoding="utf-8") as lock:
        lock.write('{"pid": 4711, "host": "h"}')
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = command(TRAIN)
    assert result.code == 2
    assert error_lines(result) == [f"nmt: error: {tmp_path / 'new'} is in use by process 4711 on host h"]
    assert list(tree(tmp_path)) == ["new/.lock"]


def test_c69_link_as_output(command, tmp_path):
    """The file behind the link is replaced, the link stays."""
    (tmp_path / "behind").write_bytes(b"old")
    os.symlink("behind", tmp_path / "link")
    said(command("translate $run --align pharaoh=$here/link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "behind").read_bytes() not in (b"old", b"")


def test_c69_link_to_itself_as_output(command, tmp_path):
    (tmp_path / "link").symlink_to("link")
    result = command("translate $run --align pharaoh=$here/link")
    assert result.code == 2
    reason = "cannot be written (Too many levels of symbolic links); choose another place"
    assert error_lines(result) == [f"nmt: error: {tmp_path / 'link'}: {reason}"]
    assert list(tmp_path.iterdir()) == [tmp_path / "link"]


def test_c69_the_longest_names_that_the_system_allows(command, tree, tmp_path):
    one, other = "y" * 255, "y" * 254 + "z"
    said(command(f"translate $run --align pharaoh=$here/{one} --align soft=$here/{other}"))
    assert tree(tmp_path).keys() == {one, other}
    assert tree(tmp_path)[one] != tree(tmp_path)[other]


def test_c69_read_only_file_system(command, monkeypatch):
    def fail(*arguments):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/ro/a")

    monkeypatch.setattr("nmt.pipeline.describe.describe", fail)
    assert command("info $run") == (2, b"", "nmt: error: /ro/a: Read-only file system; choose another place\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_c69_folder_without_permission(command, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    result = command("train --config $config --run $here/locked/new")
    assert (result.code, result.out) == (2, b"")
    assert error_lines(result) == [
        f"nmt: error: {tmp_path / 'locked'}: cannot be written; choose another folder with --run"
    ]


NAMES = ["with space", "-dash", "Größe 漢字", "new\nline", "a\x1b[31m", "$HOME", "[b]"]


@pytest.mark.parametrize("name", NAMES, ids=[f"C70 {name!r}" for name in NAMES])
def test_any_file_name(name, nmt, tiny, tmp_path):
    folder = tmp_path / name
    shutil.copytree(tiny.run, folder / "run", symlinks=True)
    (folder / "in").write_bytes(b"The man sleeps .\n")
    result = nmt("translate", folder / "run", "-i", folder / "in", "--align", f"pharaoh={folder / 'out'}")
    assert said(result) == []
    assert len(result.lines) == 1 and (folder / "out").is_file()
    result = nmt("info", folder / "run")
    assert said(result) == [] and b"\x1b" not in result.out
    result = nmt("check", "--source", tiny.text("dev.en"), "--target", folder / "in")
    assert result.code == 2 and "\x1b" not in result.err
    assert len(error_lines(result)) == 1


def test_the_paths_of_the_tables_are_there(tiny):
    assert all((tiny.run / name).is_file() for name, *_ in DAMAGES.values())
    assert Path(fill("$text/dev.en", tiny, "")).is_file()
