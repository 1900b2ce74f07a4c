"""Valid files with a few changes, for hypothesis."""

from hypothesis import strategies as st

PIECES = [
    b"",
    b"\0",
    b"\xff",
    b"\n",
    b"[" * 99,
    b"{",
    b'"',
    b"-1",
    b"1e999",
    b"NaN",
    b"\xed\xa0\x80",
    b"\xff" * 8,
    b"9" * 30,
]


@st.composite
def mutated(draw, seeds):
    """One of `seeds` with up to four stretches exchanged, cut out or doubled, or any bytes at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=60))
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(len(data), start + 8)))
        data = (
            data[:start] + draw(st.sampled_from([*PIECES, data[start:stop] * 2]) | st.binary(max_size=4)) + data[stop:]
        )
    return data
