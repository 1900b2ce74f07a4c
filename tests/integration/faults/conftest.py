"""One way to try every mistake."""

from shlex import split

import pytest

from .catalogue import error_lines, fill


@pytest.fixture
def write(tiny, tmp_path):
    """Writes files into the test's folder; a content may be a function of the training text's source side."""

    def write(files):
        for name, content in files.items():
            text = content(tiny.text("train.en").read_bytes()) if callable(content) else content
            (tmp_path / name).write_bytes(text)

    return write


@pytest.fixture
def command(nmt, tiny, tmp_path, monkeypatch):
    """Calls a command line with its $names filled in, in the test's folder."""
    monkeypatch.delenv("NMT_DATA", raising=False)
    monkeypatch.chdir(tmp_path)

    def call(line, stdin=b"The man sleeps .\n"):
        return nmt(*split(fill(line, tiny, tmp_path)), stdin=stdin)

    return call


@pytest.fixture
def mistake(command, write, tiny, tree, tmp_path):
    """Tries a case: its message, exit code 2, one line a mistake, no traceback, empty stdout, nothing left behind."""

    def check(case):
        write(case.files)
        before, prepared = tree(tiny.folder), tree(tmp_path)

        result = command(case.command, case.stdin)

        assert result.code == 2, result.err
        errors = error_lines(result)
        assert fill(case.message, tiny, tmp_path) in "\n".join(errors)
        assert len(errors) == case.lines
        assert tree(tmp_path) == prepared
        assert [path for path in tmp_path.rglob("*") if path.is_dir()] == []
        assert tree(tiny.folder) == before

    return check
