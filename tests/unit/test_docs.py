"""What README.md and docs/ say exists: files, classes, weights, commands, configs; their scorer example runs."""

import importlib
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
import torch
import typer.main

from nmt.alignment.formats.registry import writer_class
from nmt.attention.scorers.scorer import Scorer
from nmt.cli import app
from nmt.config.component import Section, load_plugins
from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.config.template import commented_template
from nmt.config.yaml12 import parse
from nmt.data.batch import collate, collate_source
from nmt.models.seq2seq import Seq2Seq
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig

ROOT = Path(__file__).parents[2]
README, EQUATIONS, DESIGN = (ROOT / name for name in ("README.md", "docs/equations.md", "docs/design.md"))
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FILES = {side: f"a.{side}" for side in ("src", "tgt")}
NEEDED = {"data": {"train": FILES, "valid": FILES}, "train": {"max_steps": 1}}
WEIGHT = r"`((?:src_embedding|tgt_embedding|encoder|bridge|decoder|projection)\.[\w.]+\.?(?:weight\w*|bias\w*|energy))`"


def blocks(page, language):
    """The texts of the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def experiment(text, folder):
    """The config of a YAML block, with the keys that every config needs filled in."""
    data, _ = parse(text)
    merged = {**NEEDED, **data}
    for section, needed in NEEDED.items():
        merged[section] = {**needed, **data.get(section, {})}
    path = folder / "block.yaml"
    path.write_text(json.dumps(merged), encoding="utf-8")
    return load_config(Experiment, path)


def commands(text):
    """Every `nmt ...` of a shell block as words, without comments, pipes and redirections."""
    found = []
    for line in text.replace("\\\n", " ").split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>")
        lexer.whitespace_split = True
        simple = [[]]
        for word in lexer:
            if word == "|":
                simple.append([])
            else:
                simple[-1].append(word)
        for words in simple:
            if words[:1] == ["nmt"]:
                cut = next((i for i, word in enumerate(words) if word in ("<", ">")), len(words))
                found.append(words[1:cut])
    return found


def shell_commands():
    return [words for page in PAGES for text in blocks(page, "sh") for words in commands(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    files = [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]
    assert [file for file in files if not (page.parent / file).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_the_text_exist(page):
    paths = re.findall(r"`((?:nmt|tests|configs|data|scripts)/[\w./-]*)`", page.read_text(encoding="utf-8"))
    elsewhere = ("nmt/embedded/", "data/train.")
    assert [path for path in paths if not path.startswith(elsewhere) and not (ROOT / path).exists()] == []


def test_files_and_classes_of_the_equations_exist():
    named = re.findall(r"`(nmt/[\w/]+)\.py:([\w.]+)`", EQUATIONS.read_text(encoding="utf-8"))
    assert len(named) > 60
    for module, path in named:
        found = importlib.import_module(module.replace("/", "."))
        for attribute in path.split("."):
            assert hasattr(found, attribute), f"{module}.py:{path}"
            found = getattr(found, attribute)


def test_weights_of_the_equations_exist(tmp_path):
    text = EQUATIONS.read_text(encoding="utf-8")
    names = set()
    for block in blocks(EQUATIONS, "yaml"):
        with torch.device("meta"):
            model = Seq2Seq(experiment(block, tmp_path).model, src_vocab=9, tgt_vocab=9)
        names |= {name for name, _ in model.named_parameters()}
    named = set(re.findall(WEIGHT, text))
    assert len(named) > 15
    assert named - names == set()


@pytest.mark.parametrize("words", shell_commands(), ids=" ".join)
def test_commands_parse(words, tmp_path):
    command = typer.main.get_command(app)
    assert words, "a bare nmt"
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    context = command.make_context(name, list(words))
    for format in (context.params.get("format") or "pharaoh").split(","):
        writer_class(format)
    for target in context.params.get("align") or []:
        writer_class(target.partition("=")[0])
    if context.params.get("set_"):
        (tmp_path / "my.yaml").write_text(commented_template(Experiment), encoding="utf-8")
        load_config(Experiment, tmp_path / "my.yaml", context.params["set_"])


def test_torchrun_understands_what_the_readme_shows():
    from torch.distributed.run import parse_args

    (shown,) = re.findall(r"^torchrun ((?:.*\\\n)*.*)", README.read_text(encoding="utf-8"), re.MULTILINE)
    words = shlex.split(shown.replace("\\\n", " "), comments=True)
    arguments = parse_args(words)
    assert (arguments.nnodes, arguments.nproc_per_node, arguments.module) == ("4", "8", True)
    assert [arguments.training_script, *arguments.training_script_args] == words[words.index("nmt") :]


def test_the_readme_shows_every_command():
    shown = {words[0] for words in shell_commands()}
    assert shown == set(typer.main.get_command(app).commands)


def test_make_targets_exist():
    targets = re.findall(r"^make (\w+)", "\n".join(blocks(README, "sh")), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


@pytest.mark.parametrize("text", blocks(EQUATIONS, "yaml"))
def test_configs_of_the_equations_load(text, tmp_path):
    assert experiment(text, tmp_path).model.init.type in ("bahdanau", "uniform", "xavier")


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """The module of the scorer example, importable, and its traces removed again."""
    (code,) = blocks(DESIGN, "python")
    (tmp_path / "distance_scorer.py").write_text(code, encoding="utf-8", newline="\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = list(Section.sections)
    yield
    Scorer.registry.pop("distance", None)
    sys.modules.pop("distance_scorer", None)
    Section.sections[:] = before
    load_plugins([])


def test_the_scorer_example_runs(plugin, tmp_path):
    (text,) = blocks(DESIGN, "yaml")
    loaded = experiment(text, tmp_path)
    assert loaded.model.decoder.attention.scorer.width == 4.0
    small = {"dim": 6, "attention": {"scorer": {"type": "distance", "width": 2}}}
    config = json.dumps({"encoder": {"type": "rnn", "dim": 4}, "decoder": {"type": "luong", **small}})
    torch.manual_seed(1)
    model = Seq2Seq(type(loaded.model).model_validate_json(config), src_vocab=8, tgt_vocab=7)

    model.loss(collate([[4, 5, 6], [7]], [[4], [5, 6]], [])).total.backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())

    (found,) = beam_search(model.eval(), *collate_source([[4, 5, 6]]), SearchConfig(beam_size=3))[0]
    output = [token for token in found.tokens if token != 2]
    with torch.no_grad():
        forced = model.force(collate([[4, 5, 6]], [output], []))
    weights_TS = forced.weights_BTS[0, : len(found.tokens)]
    torch.testing.assert_close(torch.from_numpy(found.weights_TS), weights_TS, rtol=0, atol=1e-6)

    scorer = model.decoder.attention.scorer
    query_BMH, state_BSD = torch.randn(1, 1, 6), torch.randn(1, 1, 8)
    with torch.no_grad():
        away = scorer.point(query_BMH)[0, 0] - state_BSD[0, 0]
        assert float(scorer(query_BMH, state_BSD)) == pytest.approx(-float(away @ away) / 8, rel=1e-5)
