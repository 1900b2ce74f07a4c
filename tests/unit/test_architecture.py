"""The shape of the code: who may import whom, what may print, how long files and functions are."""

import ast
from functools import cache
from pathlib import Path

import nmt

PACKAGE = Path(nmt.__file__).parent

# Each part and what it may import; a part stands below those that it imports, so there is no circle.
ALLOWED = {
    "errors": "",
    "embedded": "",
    "config": "errors",
    "allocation": "",
    "device": "errors",
    "kernels": "",
    "text": "config errors",
    "data": "text config errors",
    "nn": "kernels config errors",
    "parallel": "errors",
    "attention": "nn kernels config errors",
    "encoders": "nn config errors",
    "bridges": "encoders nn config errors",
    "decoders": "encoders attention nn kernels config errors",
    "models": "decoders bridges encoders attention nn kernels data config errors",
    "report": "errors",
    "alignment": "report text config errors",
    "aligner": "alignment errors",
    "search": "nn kernels text config errors",
    "evaluation": "config errors",
    "training": "parallel models nn kernels data text config errors",
    "config.experiment": "training evaluation search models data config",
    "translator": "search alignment models data text device errors",
    "pipeline": "translator training parallel evaluation search aligner alignment models data report text "
    "config.experiment config device allocation kernels errors",
    "commands": "pipeline translator training parallel evaluation search aligner alignment data report text "
    "config.experiment config embedded errors",
    "cli": "commands report errors",
    "__main__": "cli commands",
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "base", "core", "lib"}
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if "embedded" not in path.relative_to(PACKAGE).parts[:-1]]


@cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path):
    return str(path.relative_to(PACKAGE))


def module_of(path):
    names = list(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def part_of(module):
    """`nmt.data.batch` is of the part `data`; the composition of all sections is a part by itself."""
    names = module.split(".")[1:]
    if names[:2] == ["config", "experiment"]:
        return "config.experiment"
    return names[0] if names else None


def imports(tree, for_types=True):
    """Every imported module of our own; those under `if TYPE_CHECKING` only if asked for."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not for_types:
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "nmt" and name != "nmt.__version__")


def test_the_table_has_no_circle():
    seen = set()
    for part, allowed in ALLOWED.items():
        assert set(allowed.split()) <= seen, part
        seen.add(part)


def test_the_table_says_what_the_design_says():
    def below(part):
        found = set(ALLOWED[part].split())
        return found.union(*map(below, found))

    assert not below("search") & {"models", "decoders", "encoders", "attention"}
    assert not below("attention") & {"decoders", "encoders", "models", "search"}
    for part in ("nn", "text", "evaluation"):
        assert not below(part) - {"config", "errors", "kernels"}
    library = [part for part in ALLOWED if part not in ("commands", "cli", "__main__")]
    assert not [part for part in library if below(part) & {"commands", "cli"}]
    assert not [part for part in library if part != "pipeline" and "pipeline" in below(part)]


def test_every_part_is_in_the_table():
    assert {part_of(module_of(path)) for path in FILES} - {None} == set(ALLOWED)


def test_imports_go_down():
    wrong = []
    for path in FILES:
        part = part_of(module_of(path))
        allowed = {part, *ALLOWED.get(part, "").split()}
        others = {part_of(imported) for imported in imports(parsed(path), for_types=False)} - {None}
        wrong += [f"{name_of(path)} imports {other}" for other in sorted(others - allowed)]
    assert wrong == []


def test_imports_are_absolute():
    nodes = [(path, node) for path in FILES for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom)]
    assert [name_of(path) for path, node in nodes if node.level] == []


def test_the_library_never_imports_commands():
    library = [path for path in FILES if part_of(module_of(path)) not in ("commands", "cli", "__main__")]
    seen = {name_of(path): {part_of(imported) for imported in imports(parsed(path))} for path in library}
    assert [name for name, parts in seen.items() if parts & {"commands", "cli"}] == []


def test_only_commands_print():
    wrong = []
    for path in FILES:
        if part_of(module_of(path)) in ("commands", "cli"):
            continue
        for node in ast.walk(parsed(path)):
            found = ""
            if isinstance(node, ast.Call):
                found = ast.unparse(node.func)
            elif isinstance(node, ast.Import):
                found = node.names[0].name + "."
            elif isinstance(node, ast.ImportFrom):
                found = f"{node.module}."
            printing = found in ("print", "input", "warnings.warn", "sys.stdout.write", "sys.stdout.buffer.write")
            if printing or found.startswith(("typer.", "rich.", "logging.", "sys.stderr.")):
                wrong.append(f"{name_of(path)}:{node.lineno}: {found}")
    assert wrong == []


def test_files_are_short():
    assert [name_of(path) for path in FILES if path.read_text(encoding="utf-8").count("\n") > 300] == []


def functions():
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def body_lines(function):
    """Lines after the signature and the docstring."""
    first = function.body[0]
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return function.end_lineno - (first.end_lineno if text else first.lineno - 1)


def test_length_of_a_function():
    tree = ast.parse("def f(\n    a,\n):\n    '''One\n    two.'''\n    b = a\n\n    return b\n")
    assert body_lines(tree.body[0]) == 3
    assert body_lines(ast.parse("def f(a):\n    return a\n").body[0]) == 1


def test_functions_are_short():
    long = [(path, node) for path, node in functions() if body_lines(node) > 40]
    assert [f"{name_of(path)}: {node.name} has {body_lines(node)} lines" for path, node in long] == []


def test_functions_take_few_parameters():
    """At most 6 by position; but each of a command is a flag, and those of an autograd function are its tensors."""
    wrong = []
    for path, node in functions():
        taken = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
        is_command = part_of(module_of(path)) == "commands" and node.name == path.stem
        if len(taken) > 6 and "ctx" not in taken and not is_command:
            wrong.append(f"{name_of(path)}: {node.name} takes {len(taken)} parameters")
    assert wrong == []


def test_names_say_what_is_inside():
    assert [name_of(path) for path in FILES if {path.stem, *path.relative_to(PACKAGE).parts[:-1]} & VAGUE] == []


def test_files_explain_themselves():
    assert [name_of(path) for path in FILES if not ast.get_docstring(parsed(path))] == []


def test_nothing_is_left_to_do():
    words = ("TODO", "FIXME", "XXX", "NotImplementedError", "breakpoint(")
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in FILES}
    assert [(name, word) for name, text in texts.items() for word in words if word in text] == []


def top_level_modules(path):
    """Modules that importing the file loads."""
    for node in parsed(path).body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def test_slow_modules_are_imported_where_they_are_needed():
    light = ("cli", "commands", "config", "text", "errors", "embedded", "report", "__main__")
    wrong = []
    for path in FILES:
        slow = {"sacrebleu", "sentencepiece", "tensorboard", "matplotlib"}
        if part_of(module_of(path)) in light:
            slow |= {"torch", "safetensors"}
        wrong += [f"{name_of(path)} imports {name}" for name in sorted(slow & set(top_level_modules(path)))]
    assert wrong == []


def test_products_with_weights_are_found_by_those_of_translation():
    """`linear` and `Embedding` of `nmt/nn` ask who is to multiply; those of PyTorch do not."""
    askers = {"nn/linear.py", "nn/embedding.py", "models/weight_products.py"}
    wanted = "F.linear", "functional.linear", "F.embedding", "functional.embedding", "nn.Linear", "nn.Embedding"
    found = set()
    for path in FILES:
        used = {ast.unparse(node) for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
        used |= {
            f"{node.module}.{alias.name}"
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch")
            for alias in node.names
        }
        if any(f".{name}".endswith(f".{end}") for name in used for end in wanted):
            found.add(name_of(path))
    assert found == askers
