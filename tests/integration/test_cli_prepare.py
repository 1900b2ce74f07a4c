"""`nmt prepare`, and trainings on what it makes."""

import json
import os
import signal

import pytest

from nmt.commands.progress import Screen
from nmt.parallel import launcher
from nmt.pipeline import prepared_text

STEPS = ["train.max_steps=8", "train.validate_every=4"]


@pytest.fixture
def flags(tiny, tmp_path):
    """A config with 200 pairs, and 8 others one and a half times an epoch."""
    more, test = (f"{{src: {tiny.text(f'{name}.en')}, tgt: {tiny.text(f'{name}.de')}" for name in ("test", "dev"))
    changes = [
        f"data.prepared={tmp_path / 'prepared'}",
        f"data.mix=[{more}, weight: 1.5}}]",
        f"data.test={{t: {test}}}}}",
    ]
    return [f"--config={tiny.config}", *(f"--set={change}" for change in [*changes, *STEPS])]


def outcome(run):
    return json.loads((run / "done.json").read_bytes())["last_weights_sha256"]


def test_prepare_then_train_then_continue(nmt, flags, tmp_path, tree, monkeypatch):
    made = nmt("prepare", *flags)
    assert (made.code, made.out) == (0, b"")
    assert made.err == f"200 + 8 pairs in {tmp_path / 'prepared'}; next: nmt train --config {flags[0][9:]}\n"
    before = tree(tmp_path / "prepared")
    assert nmt("prepare", *flags).err == made.err
    for damaged in (b"[1]", b"{", b'{"a": 1}'):
        (tmp_path / "prepared/texts.json").write_bytes(damaged)
        assert nmt("prepare", *flags).err == made.err
        assert tree(tmp_path / "prepared") == before
    whole = nmt("train", *flags, f"--run={tmp_path / 'a'}")
    assert whole.code == 0, whole.err
    assert tree(tmp_path / "prepared") == before
    assert "208 training pairs" in whole.err
    report = json.loads((tmp_path / "a/data_report.json").read_bytes())
    assert (report["train"]["lines"], report["mix.1"]["kept"], report["valid"]["overlap_with_train"]) == (
        200,
        8,
        0,
    )

    def stop(self, step, *rest):
        if step in (3, 6):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Screen, "on_step", stop)
    codes = [nmt("train", *flags, f"--run={tmp_path / 'b'}").code for _ in range(3)]
    assert codes == [143, 143, 0]
    assert outcome(tmp_path / "b") == outcome(tmp_path / "a")


def test_train_prepares_what_is_missing_and_no_more(nmt, flags, tmp_path, tiny, monkeypatch):
    assert nmt("prepare", *flags).code == 0
    calls = []
    monkeypatch.setattr(
        prepared_text, "write_shards", lambda recipe, *rest: calls.append(recipe.files.src) or write(recipe, *rest)
    )
    monkeypatch.setattr(prepared_text, "_file_hash", lambda path: calls.append(path) or read(path))
    assert nmt("train", *flags, "--dry-run").code == 0
    assert calls == []
    own = tmp_path / "own.en"
    own.write_bytes(tiny.text("train.en").read_bytes())
    assert nmt("prepare", *flags, f"--set=data.train.src={own}").code == 0
    assert calls == [str(own)]
    own.write_bytes(tiny.text("train.en").read_bytes().replace(b"the", b"thy"))
    assert nmt("prepare", *flags, f"--set=data.train.src={own}").code == 0
    with_other_vocabulary = [str(own), str(tiny.text("test.en"))]
    assert calls == [str(own)] * 2 + with_other_vocabulary


@pytest.mark.parametrize("prepared", [False, True], ids=["missing", "there"])
def test_a_check_leaves_nothing_behind(nmt, flags, tmp_path, tree, prepared, monkeypatch):
    if prepared:
        assert nmt("prepare", *flags).code == 0
        monkeypatch.setattr(prepared_text, "write_shards", pytest.fail)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "aside"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "aside").mkdir()
    before = tree(tmp_path)
    reports = [json.loads(nmt("check", *flags, "--json").out)["sets"] for _ in range(2)]
    assert reports[0] == reports[1] and reports[0]["mix.1"]["kept"] == 8
    assert nmt("train", *flags, f"--run={tmp_path / 'a'}", "--dry-run").code == 0
    assert tree(tmp_path) == before and (tmp_path / "prepared").exists() == prepared
    assert list((tmp_path / "aside").iterdir()) == []


write, read = prepared_text.write_shards, prepared_text._file_hash


def test_several_processes_prepare(nmt, flags, tmp_path, tree, monkeypatch):
    """The processes are calls here; that real ones come together is tested with training."""
    assert nmt("prepare", *flags).code == 0

    def launch(size, arguments):
        for rank in range(size):
            with monkeypatch.context() as patch:
                for name, value in (("RANK", rank), ("WORLD_SIZE", size), (launcher.LAUNCHED, 1)):
                    patch.setenv(name, str(value))
                assert nmt(*arguments) == (0, b"", "")

    monkeypatch.setattr(launcher, "launch", launch)
    other = [flag.replace(str(tmp_path / "prepared"), str(tmp_path / "other")) for flag in flags]
    assert nmt("prepare", *other, "--nproc=3").code == 0
    here, there = (
        {k: v for k, v in tree(tmp_path / name).items() if k != "texts.json"} for name in ("prepared", "other")
    )
    assert here == there


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["data.prepared=null", "data.mix=[]"], "data.prepared: name the folder for the prepared text"),
        (["data.prepared=null"], "data: mix needs prepared"),
        (["data.tokenizer={type: sentencepiece, sampling: 0.1}"], "data.prepared: not with data.tokenizer.sampling"),
        (["train.guided_alignment={}"], "data.prepared: not with train.guided_alignment"),
    ],
)
def test_what_does_not_go_together(nmt, flags, tmp_path, changes, message):
    result = nmt("prepare", *flags, *(f"--set={change}" for change in changes))
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "prepared").exists()
