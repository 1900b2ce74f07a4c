"""Help of every command, and the examples in it."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

COMMANDS = {
    "train": 2,
    "prepare": 2,
    "translate": 2,
    "align-export": 3,
    "align-eval": 2,
    "align-text": 2,
    "align-stats": 2,
    "align-view": 2,
    "lexicon": 3,
    "average": 2,
    "score": 2,
    "check": 2,
    "evaluate": 3,
    "compare": 2,
    "info": 2,
    "config show": 2,
    "config schema": 2,
    "config init": 2,
}
RECORD = (
    '{"id":0,"src":"a b","tgt":"c","src_tokens":["a","b"],"tgt_tokens":["c"],"unit":"word","eos":false,'
    '"attention":[[0.75,0.25]],"links":[[0,0]],"score":-1.0}\n'
)


def examples(help_text):
    """The lines after `Examples:`."""
    _, _, tail = help_text.partition("\n  Examples:\n")
    return [line.strip() for line in tail.split("\n") if line.strip()]


def run(nmt, example):
    """One example as a shell would run it, with `<`, `>`, `|`, `echo` and `paste`."""
    stdin, result = b"", None
    for part in example.split(" | "):
        words = shlex.split(part)
        if words[0] == "echo":
            stdin = " ".join(words[1:]).encode() + b"\n"
        elif words[0] == "paste":
            sides = [Path(name).read_bytes().split(b"\n") for name in words[1:]]
            stdin = b"\n".join(map(b"\t".join, list(zip(*sides, strict=True))[:-1])) + b"\n"
        elif words[0] == "head":
            assert len(result.lines) > 10
        else:
            assert words[0] == "nmt"
            output = None
            if ">" in words:
                output = words[words.index(">") + 1]
                del words[words.index(">") : words.index(">") + 2]
            if "<" in words:
                with open(words[words.index("<") + 1], "rb") as file:
                    stdin = file.read()
                del words[words.index("<") : words.index("<") + 2]
            result = nmt(*words[1:], stdin=stdin)
            if output:
                with open(output, "wb") as file:
                    file.write(result.out)
    return result


@pytest.fixture
def desk(tiny, tmp_path, monkeypatch):
    """A folder with the files that the examples name; without a config, training takes a config of three steps."""
    monkeypatch.chdir(tmp_path)
    for name in ("test.en", "test.de", "test.align", "train.en", "train.de"):
        shutil.copy(tiny.text(name), tmp_path / name)
    for name, source in {
        "new.en": "test.en",
        "input.en": "test.en",
        "output.de": "test.en",
        "other.de": "test.en",
        "links.pharaoh": "test.align",
    }.items():
        shutil.copy(tiny.text(source), tmp_path / name)
    for name in ("new.jsonl", "other.jsonl"):
        (tmp_path / name).write_text(RECORD, encoding="utf-8")
    shutil.copytree(tiny.folder / "text", tmp_path / "text")
    short = tiny.config.read_text(encoding="utf-8").replace("max_steps: 60", "max_steps: 3")
    (tmp_path / "demo.yaml").write_text(short, encoding="utf-8")
    monkeypatch.setattr("nmt.embedded.demo_config", lambda: tmp_path / "demo.yaml")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_ends_with_examples_that_fit_a_line(nmt, command, flag, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    result = nmt(*command.split(), flag)
    assert (result.code, result.err) == (0, "")
    text = result.out.decode()
    assert text.startswith(f"Usage: nmt {command} [OPTIONS]")
    assert len(examples(text)) == COMMANDS[command]
    assert all(f"nmt {command}" in example for example in examples(text))


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_work(nmt, tiny, desk, command):
    if command != "train":
        for name in ("demo", "luong"):
            shutil.copytree(tiny.run, f"runs/{name}", symlinks=True)
    for example in examples(nmt(*command.split(), "--help").out.decode()):
        if "my.yaml" in example:
            shutil.copy("demo.yaml", "my.yaml")
        result = run(nmt, example)
        assert result.code == 0, (example, result.err)
        files = re.findall(r"(?:> |links=|-o |--output |--run |--sentences )(\S+)", example)
        assert all(list(desk.glob(f"{name}*")) for name in files), example


def test_examples_of_translate_give_translations(nmt, tiny, desk):
    shutil.copytree(tiny.run, "runs/demo", symlinks=True)
    redirected, piped = examples(nmt("translate", "--help").out.decode())
    run(nmt, redirected)
    assert (desk / "output.de").read_bytes() == (tiny.run / "eval/test.hyp").read_bytes()
    assert len(run(nmt, piped).lines) == 3


def test_the_demo_shows_a_sentence_and_its_links(nmt, desk):
    result = nmt("train")
    assert result.code == 0
    said = result.err.split("\n")
    assert said[3] == "writing to runs/demo"
    sentence, links, files, hint = said[-5:-1]
    assert sentence.startswith("Yesterday the old woman gave the child a small book . -> ")
    assert re.fullmatch(r"links:( \d+-\d+)*", links.rstrip())
    written = [f"runs/demo/alignments/example.{name}" for name in ("pharaoh", "jsonl", "html")]
    assert files == f"alignments: {', '.join(written)}"
    assert (desk / written[0]).read_text() == links.removeprefix("links:").strip() + "\n"
    assert hint == "next: nmt translate runs/demo < input.txt > output.txt"


def test_the_demo_without_attention(nmt, desk):
    result = nmt("train", "--set", "model.decoder={type: plain, dim: 16}")
    assert result.code == 0, result.err
    assert [line.split()[1] for line in result.lines[:2]] == ["BLEU", "chrF"]


def test_nothing_at_all_shows_the_help(nmt):
    for command in ([], ["config"]):
        result = nmt(*command)
        assert (result.code, result.out) == (2, b"")
        assert result.err.startswith("Usage: nmt ")


def test_overview_names_all_commands(nmt):
    result = nmt("--help")
    assert result.code == 0
    for command in COMMANDS:
        assert f"\n  {command.split()[0]} " in result.out.decode()


def test_version(nmt):
    assert re.fullmatch(rb"nmt \d+\.\d+\.\d+\S*, torch \S+, python 3\.\d+\.\d+\S*\n", nmt("--version").out)


def test_config_show_is_a_config(nmt, tiny, tmp_path):
    shown = nmt("config", "show", "--config", tiny.config)
    assert (shown.code, shown.err) == (0, "")
    (tmp_path / "full.yaml").write_bytes(shown.out)
    assert nmt("config", "show", "--config", tmp_path / "full.yaml") == shown
    assert shown.out == (tiny.run / "config.yaml").read_bytes()


def test_config_show_with_changes(nmt, tiny):
    shown = nmt("config", "show", "--config", tiny.config, "--set", "train.max_steps=7").out.decode()
    assert "\n  max_steps: 7\n" in shown


def test_config_init_writes_a_config_and_its_schema(nmt, tmp_path):
    result = nmt("config", "init", "-o", tmp_path / "a.yaml")
    assert (result.code, result.out) == (0, b"")
    assert result.err.startswith(f"wrote {tmp_path / 'a.yaml'} and {tmp_path / 'nmt.schema.json'}; ")
    text = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./nmt.schema.json\n")
    schema = json.loads((tmp_path / "nmt.schema.json").read_bytes())
    assert schema == json.loads(nmt("config", "schema").out)
    assert nmt("config", "show", "--config", tmp_path / "a.yaml").code == 0
    assert nmt("config", "init", "-o", "-").out.decode() == text


def test_config_init_fills_the_empty_file_that_a_redirection_made(nmt, tmp_path):
    (tmp_path / "my.yaml").touch()
    assert nmt("config", "init", "-o", tmp_path / "my.yaml").code == 0
    assert (tmp_path / "my.yaml").stat().st_size
