"""`nmt config`: show, schema, init, upgrade."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

config_app = typer.Typer(no_args_is_help=True, help="Write, check and explain config files.", rich_markup_mode=None)

SHOW_EPILOG = """\b
Examples:
  nmt config show --config my.yaml
  nmt config show --config my.yaml --set train.max_epochs=20
"""
SCHEMA_EPILOG = """\b
Examples:
  nmt config schema > nmt.schema.json
  nmt config schema | head
"""
INIT_EPILOG = """\b
Examples:
  nmt config init
  nmt config init --output new.yaml
"""

UPGRADE_EPILOG = """\b
Examples:
  nmt config upgrade old.yaml > new.yaml
  nmt config upgrade my.yaml -o my.yaml
"""


@config_app.command(epilog=SHOW_EPILOG)
def show(
    config: Annotated[Path | None, typer.Option(help="Config file. Default: the embedded demo.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key.")] = None,
) -> None:
    """Print the config with every default filled in."""
    from nmt.commands.given_config import given_config
    from nmt.commands.output import write_line
    from nmt.config.dump import dump_config
    from nmt.embedded import demo_config

    shown = given_config(config or demo_config(), set_ or [], check_files=False)
    write_line(dump_config(shown).removesuffix("\n"))
    sys.stdout.flush()


@config_app.command(epilog=SCHEMA_EPILOG)
def schema() -> None:
    """Print the JSON Schema of config files, for editors."""
    from nmt.config.experiment import Experiment
    from nmt.config.schema import json_schema

    typer.echo(json.dumps(json_schema(Experiment), indent=1, ensure_ascii=False))


@config_app.command(epilog=INIT_EPILOG)
def init(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it; - is stdout.")] = Path("my.yaml"),
) -> None:
    """Write a commented config to start from, and the schema beside it."""
    from nmt.commands.output import say
    from nmt.config.experiment import Experiment
    from nmt.config.schema import json_schema
    from nmt.config.template import commented_template
    from nmt.errors import UserError
    from nmt.text.output import open_output

    template = commented_template(Experiment)
    if str(output) == "-":
        with open_output(output) as stream:
            stream.write(template.encode())
        return
    # a shell that was told `> my.yaml` has made an empty file of that name
    if output.exists() and output.stat().st_size:
        raise UserError(f"{output}: is there already; choose another name with --output")
    if not output.parent.is_dir():
        raise UserError(f"{output.parent}: no such folder")
    schema_file = output.with_name("nmt.schema.json")
    schema_text = json.dumps(json_schema(Experiment), indent=1, ensure_ascii=False) + "\n"
    for file, text in ((output, template), (schema_file, schema_text)):
        with open_output(file) as stream:
            stream.write(text.encode())
    say(f"wrote {output} and {schema_file}; edit the paths under data, then: nmt train --config {output}")


@config_app.command(epilog=UPGRADE_EPILOG)
def upgrade(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Config file of an older version.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it; - is stdout.")] = Path("-"),
) -> None:
    """Rewrite a config with today's names of its keys; all else in it stays as it is."""
    from nmt.commands.output import say
    from nmt.config.draft import read_draft
    from nmt.config.renamed import rename_keys, upgraded
    from nmt.text.output import open_output

    draft = read_draft(config)
    for message in rename_keys(draft):
        say(message)
    if draft.problems:
        raise draft.error()
    with open_output(output) as stream:
        stream.write(upgraded(draft.text).encode())
