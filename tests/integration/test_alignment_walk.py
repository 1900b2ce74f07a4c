"""docs/alignments.md: the way from two files to moved tags, each command and line of code as it stands there."""

import gzip
import re
import shlex
from itertools import islice
from pathlib import Path

import pytest

from nmt.embedded import embedded_folder

PAGE = Path(__file__).parents[2] / "docs" / "alignments.md"
LINES = {"train": 1000, "dev": 20}


def blocks(language, text):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(nmt, line):
    """One command as a shell would run it, with `<` and `>`."""
    words = shlex.split(line)
    assert words[0] == "nmt"
    files = {sign: words[words.index(sign) + 1] for sign in ("<", ">") if sign in words}
    end = min((words.index(sign) for sign in files), default=len(words))
    stdin = Path(files["<"]).read_bytes() if "<" in files else b""
    result = nmt(*words[1:end], stdin=stdin)
    assert result.code == 0, (line, result.err)
    if ">" in files:
        Path(files[">"]).write_bytes(result.out)
    return result


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The files that the page names: first lines of the embedded corpus."""
    monkeypatch.chdir(tmp_path)
    data = embedded_folder() / "data"
    for name, size in LINES.items():
        for ending in ("en", "de", *(["align"] if name == "dev" else [])):
            packed = data / f"{name}.{ending}.gz"
            with gzip.open(packed) if packed.exists() else open(data / f"{name}.{ending}", "rb") as file:
                Path(f"{name}.{ending}").write_bytes(b"".join(islice(file, size)))


def test_the_walk(nmt, desk, capsys):
    page = PAGE.read_text(encoding="utf-8")
    walk = page[page.index("## From two files to moved tags") : page.index("## How to read a matrix")]
    (config,), (take_out, put_back), (tagged, expected) = (blocks(kind, walk) for kind in ("yaml", "py", "text"))
    Path("tags.yaml").write_text(config, encoding="utf-8")
    Path("tagged.en").write_text(tagged, encoding="utf-8")
    Path("new.de").write_text(re.sub("<.*?>", "", expected), encoding="utf-8")
    names = {}
    exec(take_out, names)
    assert Path("new.en").read_text(encoding="utf-8") == re.sub("<.*?>", "", tagged)
    commands = [line for text in blocks("sh", page) for line in text.split("\n")[:-1]]
    assert [line.split()[1] for line in commands[:2]] == ["train", "align-export"]
    results = [run(nmt, line) for line in commands]
    exec(put_back, names)
    assert capsys.readouterr().out == expected
    assert len(results[3].lines) == 5
    assert Path("new.hyp").read_bytes().count(b"\n") == 2
    assert {Path(name).exists() for name in ("new.html", "lexicon.tsv")} == {True}
