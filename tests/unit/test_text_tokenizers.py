"""Tokenizers: the contract, over every member, and what is special about each."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt.errors import CheckpointError, ConfigError, DataError
from nmt.text import tokenizers  # noqa: F401
from nmt.text.tokenizers.char import Char
from nmt.text.tokenizers.pair import fit_tokenizers, load_tokenizers, save_tokenizers
from nmt.text.tokenizers.sentencepiece import SentencePiece
from nmt.text.tokenizers.tokenizer import Tokenizer, drawn, training_texts
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import UNK, VocabConfig

GERMAN = [
    "der hund schläft .",
    "die katze isst den fisch .",
    "der kleine hund sieht die katze .",
    "",
    "ein <s> und ein </s> ( oder <unk> ) !",
    "ein [/b] ||| $x$ ?",
]
ENGLISH = ["the dog sleeps .", "the cat eats the fish .", "the small dog sees the cat .", "", "a <s> here", "a [/b]"]

CONFIGS = [
    SentencePiece.Config(),
    SentencePiece.Config(model="unigram"),
    SentencePiece.Config(normalization="identity", lowercase=True),
    Word.Config(),
    Word.Config(split_punctuation=True),
    Char.Config(),
]
LETTERS = "cdefghijklmnopqrstuvwxyz"
SIZE = {"sentencepiece": 44, "word": 12, "char": 20}


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="module")
def german(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("text") / "train.de", GERMAN * 3)


@pytest.fixture(scope="module", params=CONFIGS, ids=lambda config: f"{config.type}-{CONFIGS.index(config)}")
def tokenizer(request, german) -> Tokenizer:
    config = request.param
    return config.component.fit(config, VocabConfig(size=SIZE[config.type]), [german])


TEXTS = st.text(st.sampled_from("abdehnrstuä .,!()<>/▁⁇\t\u200b\u00a0\u3000\ufeff\ud800\0\u2028ABC€😀"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(TEXTS, st.text(max_size=20)))
def test_contract_for_any_text(tokenizer, text):
    encoded = tokenizer.encode(text)
    ids, pieces, word_ids, words = encoded
    assert len(ids) == len(pieces) == len(word_ids)
    assert all(UNK <= i < len(tokenizer) for i in ids)
    assert sorted(set(word_ids)) == list(range(len(words))) and word_ids == sorted(word_ids)
    assert tokenizer.word_ids(pieces) == word_ids and tokenizer.words(pieces) == words
    assert tokenizer.encode_all([text, ""]) == [ids, []]
    known = tokenizer.pieces(ids)
    assert all(piece == ("⁇" if i == UNK else surface) for i, piece, surface in zip(ids, known, pieces, strict=True))
    decoded = tokenizer.decode(pieces)
    again = tokenizer.encode(decoded)
    assert tokenizer.decode(again.pieces) == decoded


@pytest.mark.parametrize("text", ["", " ", "\t", "\u00a0\u3000 ", "\u200b", "\ufeff", "\0", "\u2028\r\n"])
def test_blank_text_has_no_pieces(tokenizer, text):
    assert tokenizer.encode(text) == ([], [], [], [])


@pytest.mark.parametrize("text", ["ein <s> und ein </s>", "<unk>", "<pad> <s>", "[/b] ||| $x$", "der <script> ."])
def test_markup_is_plain_text(tokenizer, text):
    encoded = tokenizer.encode(text)
    assert min(encoded.ids) >= UNK
    assert tokenizer.decode(encoded.pieces).replace(" ", "") == text.replace(" ", "")


def test_unknown_words_count_once(tokenizer):
    assert tokenizer.unknown_words("") == 0
    assert tokenizer.unknown_words("der hund .") == 0
    # two words of characters that no training text has, one of them twice as long
    assert tokenizer.unknown_words("der 漢字漢字 . 語") == 2


def test_lone_surrogates_do_not_crash(tokenizer):
    assert tokenizer.encode("hund \udcff katze").words[0] == "hund"


def test_save_load_fingerprint(tokenizer, tmp_path):
    tokenizer.save(tmp_path, "src")
    [path] = tmp_path.iterdir()
    assert path.name == f"src.{tokenizer.extension}"
    loaded = type(tokenizer).load(tokenizer.config, tmp_path, "src")
    assert loaded.fingerprint() == tokenizer.fingerprint()
    assert len(loaded) == len(tokenizer)
    for text in GERMAN:
        assert loaded.encode(text) == tokenizer.encode(text)


def test_fit_is_deterministic(tokenizer, german):
    config = tokenizer.config
    again = type(tokenizer).fit(config, VocabConfig(size=SIZE[tokenizer.name]), [german])
    assert again.fingerprint() == tokenizer.fingerprint()
    other = type(tokenizer).fit(config, VocabConfig(size=SIZE[tokenizer.name] - 1), [german])
    assert other.fingerprint() != tokenizer.fingerprint()


def test_training_text_in_gzip_gives_the_same(tokenizer, german, tmp_path):
    import gzip

    packed = tmp_path / "train"
    packed.write_bytes(gzip.compress(german.read_bytes()))
    again = type(tokenizer).fit(tokenizer.config, VocabConfig(size=SIZE[tokenizer.name]), [packed])
    assert again.fingerprint() == tokenizer.fingerprint()


@pytest.mark.parametrize("data", [b"", b"abc", b"\xff" * 100, b"{}"])
def test_damaged_file(tokenizer, tmp_path, data):
    path = tmp_path / f"src.{tokenizer.extension}"
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        type(tokenizer).load(tokenizer.config, tmp_path, "src")
    assert str(caught.value).startswith(f"{path}: damaged {tokenizer.name} tokenizer: ")
    assert "\n" not in str(caught.value)


def test_missing_file(tokenizer, tmp_path):
    with pytest.raises(CheckpointError, match="no such file"):
        type(tokenizer).load(tokenizer.config, tmp_path, "src")


@pytest.mark.parametrize("lines", [[], [""], ["\u200b", " \u3000"]])
def test_no_text_to_learn_from(tokenizer, tmp_path, lines):
    path = write(tmp_path / "train.de", lines)
    with pytest.raises(DataError, match="train.de: no text to learn a vocabulary from"):
        type(tokenizer).fit(tokenizer.config, VocabConfig(size=50), [path])


@pytest.mark.parametrize("config", [SentencePiece.Config(lowercase=True), Word.Config(lowercase=True)])
def test_lowercase(config, tmp_path):
    path = write(tmp_path / "t", ["Der Hund", "DER HUND"])
    tokenizer = config.component.fit(config, VocabConfig(size=11 if config.type == "sentencepiece" else 6), [path])
    assert tokenizer.encode("dEr Hund").words == ["der", "hund"]
    assert UNK not in tokenizer.encode("dEr Hund").ids


class TestSentencePiece:
    """Subwords."""

    def fit(self, path, size, **values):
        config = SentencePiece.Config(**values)
        return SentencePiece.fit(config, VocabConfig(size=size), [path])

    def test_size_is_exact(self, german):
        assert len(self.fit(german, 45)) == 45

    def test_pieces_by_hand(self, tmp_path):
        """Pairs by frequency: ▁a, then ab, as a is never alone."""
        tokenizer = self.fit(write(tmp_path / "t", ["ab ab ab", "ab abc"]), 9)
        encoded = tokenizer.encode("  abc  abq ▁ab")
        assert encoded.words == ["abc", "abq", "ab"]
        assert "".join(encoded.pieces) == "▁abc▁abq▁ab"
        assert encoded.ids.count(UNK) == 1
        assert tokenizer.decode(encoded.pieces) == "abc abq ab"
        assert tokenizer.decode(tokenizer.pieces(encoded.ids)) == "abc ab⁇ ab"

    def test_unknown_character_keeps_its_surface(self, german):
        encoded = self.fit(german, 50).encode("hund QX€")
        assert encoded.words == ["hund", "QX€"]

    @pytest.mark.parametrize("model", ["bpe", "unigram"])
    def test_too_large(self, german, model):
        with pytest.raises(DataError) as caught:
            self.fit(german, 5000, model=model)
        start, largest = str(caught.value).rsplit(" ", 1)
        assert start == f"vocab size 5000 is too large for {german}; the largest possible is"
        assert len(self.fit(german, int(largest), model=model)) == int(largest)

    def test_too_small(self, german):
        with pytest.raises(DataError) as caught:
            self.fit(german, 6)
        start, least = str(caught.value).rsplit(" ", 1)
        assert start == f"vocab size 6 is too small for {german}; one piece for each character needs at least"
        assert len(self.fit(german, int(least))) == int(least)

    def test_only_overlong_lines(self, tmp_path):
        path = write(tmp_path / "train.de", ["ab " * 3000])
        with pytest.raises(DataError, match="train.de: no line is shorter than 4192 bytes"):
            self.fit(path, 10)

    def test_min_freq_is_refused(self, german):
        with pytest.raises(ConfigError, match="data.vocab.min_freq: must be 1 with tokenizer sentencepiece"):
            SentencePiece.fit(SentencePiece.Config(), VocabConfig(size=50, min_freq=2), [german])

    def test_normalisation(self, german):
        assert self.fit(german, 50).encode("ﬁsch　hund").words == ["fisch", "hund"]
        assert self.fit(german, 50, normalization="identity").encode("ﬁsch").words == ["ﬁsch"]

    def test_a_line_with_bad_bytes_is_named(self, tmp_path):
        path = tmp_path / "train.de"
        path.write_bytes(b"gut\nschl\xe4ft\n")
        with pytest.raises(DataError, match="train.de:2: byte 0xe4 at column 5 is not UTF-8"):
            self.fit(path, 10)

    def test_other_ids_of_the_specials_are_refused(self, tmp_path):
        import io

        from sentencepiece import SentencePieceTrainer

        model = io.BytesIO()
        SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c"] * 5), model_writer=model, vocab_size=8, model_type="bpe", minloglevel=4
        )
        (tmp_path / "src.model").write_bytes(model.getvalue())
        with pytest.raises(CheckpointError, match="must have the ids 0, 1, 2 and 3"):
            SentencePiece.load(SentencePiece.Config(), tmp_path, "src")


class TestWord:
    """Whitespace words."""

    @pytest.mark.parametrize(
        "text, words",
        [
            ("The dog sleeps.", ["The", "dog", "sleeps", "."]),
            ("(a-b).", ["(", "a-b", ")", "."]),
            ("don't stop...", ["don't", "stop", ".", ".", "."]),
            ("¿Qué?", ["¿", "Qué", "?"]),
            ("$5 50% -", ["$5", "50", "%", "-"]),
            ("z.B.", ["z.B", "."]),
        ],
    )
    def test_split_punctuation(self, text, words):
        assert Word.split(Word.Config(split_punctuation=True), text) == words
        assert Word.split(Word.Config(), text) == text.split()

    @pytest.mark.parametrize(
        "words, text",
        [
            (["The", "dog", "sleeps", "."], "The dog sleeps."),
            (["a", "(", "b", ")", ",", "[", "c", "]", "!"], "a (b), [c]!"),
            (["why", "?", ":", "so", ";"], "why?: so;"),
            (["5", "-", "6"], "5 - 6"),
            ([".", "a"], ". a"),
            ([], ""),
        ],
    )
    def test_join_punctuation(self, german, words, text):
        tokenizer = Word.fit(Word.Config(split_punctuation=True), VocabConfig(), [german])
        assert tokenizer.decode(words) == text
        assert Word.fit(Word.Config(), VocabConfig(), [german]).decode(words) == " ".join(words)

    def test_shortlist(self, tmp_path):
        path = write(tmp_path / "t", ["b a c", "b a", "b"])
        tokenizer = Word.fit(Word.Config(), VocabConfig(size=6), [path])
        assert len(tokenizer) == 6
        assert tokenizer.encode("a b c") == ([5, 4, UNK], ["a", "b", "c"], [0, 1, 2], ["a", "b", "c"])
        assert tokenizer.pieces([5, 4, UNK]) == ["a", "b", "⁇"]

    def test_min_freq(self, tmp_path):
        path = write(tmp_path / "t", ["b a c", "b a", "b"])
        assert len(Word.fit(Word.Config(), VocabConfig(min_freq=3), [path])) == 5

    def test_the_space_mark_is_a_word(self, tmp_path):
        tokenizer = Word.fit(Word.Config(), VocabConfig(), [write(tmp_path / "t", ["a ▁ b"])])
        assert tokenizer.decode(tokenizer.pieces(tokenizer.encode("a ▁ b").ids)) == "a ▁ b"


def test_char(tmp_path):
    tokenizer = Char.fit(Char.Config(), VocabConfig(), [write(tmp_path / "t", ["ab a"])])
    encoded = tokenizer.encode(" ab  ca ")
    assert encoded.pieces == ["a", "b", "▁", "c", "a"]
    assert encoded.ids == [4, 5, 6, UNK, 4]
    assert encoded.word_ids == [0, 0, 1, 1, 1]
    assert encoded.words == ["ab", "ca"]
    assert tokenizer.decode(tokenizer.pieces(encoded.ids)) == "ab ⁇a"
    assert tokenizer.encode("a▁b").words == ["a", "b"]


class TestPair:
    """Both sides of a model."""

    @pytest.fixture
    def english(self, tmp_path) -> Path:
        return write(tmp_path / "train.en", ENGLISH * 3)

    @pytest.mark.parametrize("config", [CONFIGS[0], CONFIGS[3], CONFIGS[5]], ids=lambda config: config.type)
    @pytest.mark.parametrize("shared", [False, True])
    def test_round_trip(self, config, shared, german, english, tmp_path):
        src, tgt = fit_tokenizers(config, VocabConfig(size=50, shared=shared), german, english)
        assert (src is tgt) == shared
        folder = tmp_path / "runs" / "vocab"
        save_tokenizers(folder, src, tgt)
        src_again, tgt_again = load_tokenizers(config, folder)
        assert (src_again is tgt_again) == shared
        assert [src_again.fingerprint(), tgt_again.fingerprint()] == [src.fingerprint(), tgt.fingerprint()]
        if shared:
            assert src.encode("hund").ids and src.encode("dog").ids and UNK not in src.encode("dog").ids

    def test_missing_side(self, german, english, tmp_path):
        save_tokenizers(tmp_path, *fit_tokenizers(Word.Config(), VocabConfig(), german, english))
        (tmp_path / "tgt.json").unlink()
        with pytest.raises(CheckpointError, match="tgt.json: no such file"):
            load_tokenizers(Word.Config(), tmp_path)

    def test_too_large_for_both(self, german, english):
        with pytest.raises(DataError, match=f"vocab size 5000 is too large for {german} and {english}; the largest"):
            fit_tokenizers(SentencePiece.Config(), VocabConfig(size=5000, shared=True), german, english)


def test_all_texts_or_a_draw_in_which_each_has_the_same_chance():
    numbers = [str(number) for number in range(30_000)]
    assert drawn(iter(numbers), 30_000) == numbers
    few = drawn(iter(numbers), 3000)
    assert len(set(few)) == 3000
    thirds = Counter(int(text) // 10_000 for text in few)
    assert all(900 < count < 1100 for count in thirds.values())
    assert drawn(iter(numbers), 3000) == few


def test_of_a_large_text_pieces_are_learned_from_a_part_of_it(tmp_path, monkeypatch):
    path = write(tmp_path / "text", ["aa ab ba bb"] * 3 + [f"{letter} b a" for letter in LETTERS] * 4)
    config = SentencePiece.Config(normalization="identity")
    whole = SentencePiece.fit(config, VocabConfig(size=32), [path])
    monkeypatch.setattr("nmt.text.tokenizers.sentencepiece.MAX_TRAINING_TEXTS", 20)
    part, again = (SentencePiece.fit(config, VocabConfig(size=24), [path]) for _ in range(2))
    assert part.to_bytes() == again.to_bytes()
    known = [sum(not fitted.unknown_words(letter) for letter in LETTERS) for fitted in (whole, part)]
    assert known[0] == 24
    assert 5 < known[1] < 20


def test_words_are_counted_one_line_at_a_time(tmp_path, monkeypatch):
    held = []

    def lines(path):
        for number in range(50):
            held.append(number)
            yield f"word{number % 7}"

    monkeypatch.setattr("nmt.text.tokenizers.tokenizer.read_lines", lines)
    texts = training_texts([tmp_path], False)
    assert (next(texts), next(texts), held) == ("word0", "word1", [0, 1])
    assert len(Word.fit(Word.Config(), VocabConfig(size=100), [tmp_path])) == 4 + 7
