"""What the package never does: run code from a file, start a process, open a connection, split lines by other rules."""

import ast
import re
import socket
import subprocess
from functools import cache
from pathlib import Path

import nmt
from nmt.alignment.aer import score_files
from nmt.data.pairs import read_pairs

PACKAGE = Path(nmt.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

MODULES = {
    *("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "code", "ctypes"),
    *("subprocess", "multiprocessing", "pty", "asyncio"),
    *("requests", "urllib", "urllib3", "http", "httpx", "aiohttp", "websockets", "socketserver", "wsgiref", "ssl"),
    *("ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "paramiko"),
    *("tarfile", "webbrowser", "runpy", "builtins", "codeop", "cffi", "copyreg", "pdb"),
}
LAUNCHER = {"parallel/launcher.py: multiprocessing", "parallel/workers.py: multiprocessing"}
"""`--nproc` starts processes of our own."""

COMPILER = {f"kernels/{file}" for file in ("build.py: subprocess", "build.py: ctypes", "kernels.py: ctypes")}
"""The loops of the package are compiled from its own sources and loaded; nothing else starts a program or loads one."""

ALLOCATOR = {"allocation.py: ctypes"}
"""glibc's malloc is told what to keep."""

PARTS = (
    "torch.package",
    "torch.hub",
    "torch.jit",
    "torch.serialization",
    "torch.utils.cpp_extension",
    "logging.config",
)
"""Modules inside others that are needed."""

IMPORTERS = {"config/component.py"}
"""Files that import by a name in a variable: components of our own, and the plugins that a config names."""
CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.fork"),
    *("torch.load", "torch.save", "torch.hub.load", "torch.jit.load", "np.save", "numpy.save"),
    *("torch.ops.load_library", "torch.classes.load_library", "torch.compile", "globals", "os.startfile"),
    *("yaml.load_all", "yaml.full_load", "yaml.unsafe_load"),
}
CALL_PATTERN = re.compile(r"os\.(exec|spawn|posix_spawn)\w*|socket\.(?!gethostname$)\w+")
TEXT = (
    "splitlines(",
    "readlines(",
    "yaml.load(",
    "yaml.unsafe",
    "UnsafeLoader",
    "FullLoader",
    "shell=True",
    "Unpickler",
)


@cache
def text_of(path):
    return path.read_text(encoding="utf-8")


@cache
def nodes(path):
    return list(ast.walk(ast.parse(text_of(path))))


def calls():
    """Place, name and node of every call; the keywords of a node are texts of code."""
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.Call):
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", ast.unparse(node.func), node, keywords


def test_there_is_something_to_look_at():
    assert len(FILES) > 100
    assert sum(1 for _ in calls()) > 1000


def test_modules():
    wrong = []
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module.split(".")[0]}
                names |= {"from socket"} if node.module == "socket" else set()
            else:
                continue
            wrong += [f"{path.relative_to(PACKAGE)}: {name}" for name in names & {*MODULES, "from socket"}]
    assert set(wrong) == LAUNCHER | COMPILER | ALLOCATOR


def test_parts_of_modules():
    used = {ast.unparse(node) for path in FILES for node in nodes(path) if isinstance(node, ast.Attribute)}
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                used |= {f"{node.module}.{alias.name}" for alias in node.names}
    assert sorted(name for name in used if f"{name}.".startswith(tuple(f"{part}." for part in PARTS))) == []


def test_calls():
    assert [(place, name) for place, name, _, _ in calls() if name in CALLS or CALL_PATTERN.fullmatch(name)] == []
    imports = [(place, node) for place, name, node, _ in calls() if name.startswith("importlib.import")]
    by_variable = {place.partition(":")[0] for place, node in imports if not isinstance(node.args[0], ast.Constant)}
    assert by_variable == IMPORTERS


def test_text():
    found = [(str(path.relative_to(PACKAGE)), word) for path in FILES for word in TEXT if word in text_of(path)]
    assert found == []


def test_numpy_loads_no_objects():
    loads = [(place, keywords.get("allow_pickle")) for place, name, _, keywords in calls() if name.endswith("np.load")]
    assert [place for place, value in loads if value != "False"] == []
    assert [place for place, _, _, keywords in calls() if keywords.get("allow_pickle", "False") != "False"] == []


def opens_text(name, node, keywords):
    """Whether the call opens a file as text."""
    if name == "open":
        position = 1
    elif name.endswith(".open") and name not in ("os.open", "gzip.open", "self.archive.open", "archive.open"):
        position = 0
    else:
        return False
    mode = keywords.get("mode") or "".join(map(ast.unparse, node.args[position : position + 1]))
    return "b" not in mode


def test_text_files_are_utf8_with_one_line_end_whatever_the_machine():
    wrong = []
    for place, name, node, keywords in calls():
        writes = name.endswith(".write_text")
        reads_or_writes = writes or name.endswith(".read_text")
        opens = opens_text(name, node, keywords)
        if (reads_or_writes or opens) and keywords.get("encoding") != "'utf-8'":
            wrong.append(f"{place}: {name} without encoding")
        if (writes or opens) and keywords.get("newline") != r"'\n'":
            wrong.append(f"{place}: {name} without newline")
    assert wrong == []


def test_no_address_and_no_path_of_a_machine():
    names = {str(path.relative_to(PACKAGE)): text_of(path) for path in FILES}
    addresses = {(name, found) for name, text in names.items() for found in re.findall(r"https?://[^\s\"'<>)]+", text)}
    standards = ("http://www.w3.org/", "http://json-schema.org/", "https://json-schema.org/")
    assert [address for address in addresses if not address[1].startswith(standards)] == []
    assert [name for name, text in names.items() if re.search(r"[\"' ]/(home|root|work|Users|mnt|tmp)/", text)] == []


def test_nothing_is_reached_or_started_while_text_is_read_and_scored(monkeypatch, tmp_path):
    def refuse(*arguments, **keywords):
        raise AssertionError("the package must not do this")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"0-0 1-1\n")
    assert read_pairs(tmp_path / "a", tmp_path / "b") == [("0-0 1-1", "0-0 1-1")]
    assert score_files(tmp_path / "a", tmp_path / "b").aer == 0
