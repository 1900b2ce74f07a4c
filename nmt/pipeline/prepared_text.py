"""The training text as numbers in the folder `data.prepared`, made once and found again.

  PREPARED/vocab-HASH/      both tokenizers, learned from `data.train`
  PREPARED/corpus-HASH/     the pairs of one corpus (`nmt/data/mapped.py`)
  PREPARED/work-HASH/       the shards of one that is being made
  PREPARED/texts.json       SHA-256 of each text file, and the size and time by which it is known to be the same

HASH stands for everything that the content follows from, so nothing in there is ever out of date, and one folder serves
any number of configs. A check or a dry run makes what is missing in a folder of its own, which it removes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nmt.config.dump import plain_data
from nmt.config.experiment import Experiment
from nmt.data.config import ParallelFiles
from nmt.data.mapped import MappedCorpus, MappedPairs
from nmt.data.shards import Recipe, merge, write_shards
from nmt.errors import ConfigError
from nmt.pipeline.fingerprint import json_hash
from nmt.text.tokenizers.pair import fit_tokenizers, load_tokenizers, save_tokenizers
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.training.durable import replace_file
from nmt.training.lock import RunLock

FORMAT = 1
BLOCK = 1 << 20
INDEX = "texts.json"

Tokenizers = tuple[Tokenizer, Tokenizer]


class PreparedText:
    """The folder `data.prepared` of a config. Errors: ConfigError for what needs the text itself in every epoch."""

    def __init__(self, experiment: Experiment) -> None:
        data = experiment.data
        if data.prepared is None:
            raise ConfigError("data.prepared: name the folder for the prepared text")
        if getattr(data.tokenizer, "sampling", None) is not None:
            raise ConfigError("data.prepared: not with data.tokenizer.sampling, which draws other pieces in each epoch")
        if experiment.train.guided_alignment is not None:
            raise ConfigError("data.prepared: not with train.guided_alignment, which reads the text")
        self.data, self.folder = data, Path(data.prepared)

    def tokenizers(self) -> Tokenizers:
        """Learned from `data.train`, or found. Errors: DataError for every fault of the text."""
        data = self.data
        learned_from = [plain_data(data.tokenizer), plain_data(data.vocab), *self._text_hashes(data.train)]
        folder = self.folder / f"vocab-{json_hash(learned_from)[:16]}"
        if not folder.is_dir():
            fitted = fit_tokenizers(data.tokenizer, data.vocab, Path(data.train.src), Path(data.train.tgt))
            temporary = folder.with_name(f".tmp-{folder.name}-{os.getpid()}")
            save_tokenizers(temporary, *fitted)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(temporary, folder)
        return load_tokenizers(data.tokenizer, folder)

    def corpus(self, tokenizers: Tokenizers, make_shards: Callable[[], None] | None = None) -> MappedCorpus:
        """`data.train`, then the corpora of `data.mix`. Those that are missing are made; `make_shards` makes their
        shards in some other way than one after the other. Errors: DataError for every fault of the text;
        CheckpointError while another process prepares."""
        recipes = self._recipes(tokenizers)
        if self._missing(recipes):
            with RunLock(self.folder):
                missing = self._missing(recipes)
                if make_shards is not None:
                    make_shards()
                for recipe in missing:
                    write_shards(recipe, self._work(recipe))
                    merge(recipe, self._work(recipe), self._corpus(recipe))
        return MappedCorpus([MappedPairs(self._corpus(recipe)) for recipe in recipes])

    def write_share(self, tokenizers: Tokenizers, rank: int, size: int) -> None:
        """Makes every size-th shard of what is missing."""
        for recipe in self._missing(self._recipes(tokenizers)):
            write_shards(recipe, self._work(recipe), rank, size)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """In this context what is missing is made in a folder of its own, which is removed at the end; what was opened
        in it stays open."""
        folder = self.folder
        with TemporaryDirectory(prefix="nmt-") as temporary:
            self.folder = Path(temporary)
            for ready in [*folder.glob("vocab-*"), *folder.glob("corpus-*")]:
                os.symlink(ready.absolute(), self.folder / ready.name)
            if (folder / INDEX).is_file():
                shutil.copy(folder / INDEX, self.folder)
            yield
        self.folder = folder

    def _recipes(self, tokenizers: Tokenizers) -> list[Recipe]:
        data, pieces = self.data, [tokenizer.fingerprint() for tokenizer in tokenizers]
        recipes = []
        for files in (data.train, *data.mix):
            settings = [FORMAT, data.max_length, data.on_empty]
            fingerprint = json_hash([*settings, *pieces, *self._text_hashes(files)])
            recipes.append(Recipe(files, tokenizers, data.max_length, data.on_empty == "error", fingerprint))
        return recipes

    def _missing(self, recipes: list[Recipe]) -> list[Recipe]:
        return list({r.fingerprint: r for r in recipes if not self._corpus(r).is_dir()}.values())

    def _corpus(self, recipe: Recipe) -> Path:
        return self.folder / f"corpus-{recipe.fingerprint[:16]}"

    def _work(self, recipe: Recipe) -> Path:
        return self.folder / f"work-{recipe.fingerprint[:16]}"

    def _text_hashes(self, files: ParallelFiles) -> list[str]:
        return [self._text_hash(path) for path in (files.src, files.tgt)]

    def _text_hash(self, path: str) -> str:
        """SHA-256 of a text file; read again only if its size or time is another one than before."""
        index = self.folder / INDEX
        known = _entries(index)
        status = os.stat(path)
        now = [status.st_size, status.st_mtime_ns]
        if known.get(path, {}).get("status") != now:
            known[path] = {"status": now, "sha256": _file_hash(path)}
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(index, json.dumps(known, indent=1, ensure_ascii=False).encode())
        return known[path]["sha256"]


def _entries(index: Path) -> dict[str, dict[str, Any]]:
    """What texts.json knows of each file; what it cannot tell is found out again."""
    try:
        known = json.loads(index.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    entries = known.items() if isinstance(known, dict) else ()
    return {path: entry for path, entry in entries if isinstance(entry, dict) and isinstance(entry.get("sha256"), str)}


def _file_hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
