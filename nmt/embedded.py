"""The demo config and the embedded corpus, beside the package in a checkout and inside it in a wheel."""

from __future__ import annotations

from pathlib import Path


def embedded_folder() -> Path:
    """The folder that holds `configs/` and `data/`."""
    package = Path(__file__).resolve().parent
    inside = package / "embedded"
    return inside if inside.is_dir() else package.parent


def demo_config() -> Path:
    """The config that `nmt train` uses without arguments."""
    return embedded_folder() / "configs" / "demo.yaml"
