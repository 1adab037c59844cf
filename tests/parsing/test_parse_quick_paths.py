"""Every quick path of parsing says what the plain one says."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sonitemi_pipelines.lake.parquet import is_sorted
from sonitemi_pipelines.parsing.chunks import any_chunks, plain_chunks

_PIECES = st.sampled_from(
    ["don", "t", "I", "U.S", "Ph", "the", "'", "’", ".", ",", "?", "!", "...", " ", "-", "(um)", "é", "1", ""]
)


@given(st.lists(_PIECES, max_size=5).map("".join) | st.from_regex(r" ?[A-Za-z]+('[A-Za-z]+)*[.,?!]? ?", fullmatch=True))
def test_a_plain_word_is_found_as_any_word_is(text: str) -> None:
    """The same token counts as one word in one place and as two in another."""
    quick = plain_chunks(text)
    assert quick is None or quick == any_chunks(text, ("en",))


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "é", "𐀀", ""]), st.integers(-2, 2)), max_size=6))
def test_rows_count_as_sorted_when_sorting_leaves_them(rows: list[tuple[str, int]]) -> None:
    """A file that is not in order is searched in vain, or each batch is sorted twice."""
    plain = pa.table(
        {"text": pa.array([text for text, _ in rows], pa.string()), "n": pa.array([n for _, n in rows], pa.int32())}
    )
    encoded = plain.set_column(0, "text", plain["text"].dictionary_encode())
    ordered = bool(plain.sort_by([("text", "ascending"), ("n", "ascending")]).equals(plain))
    assert is_sorted(plain, ["text", "n"]) is ordered
    assert is_sorted(encoded, ["text", "n"]) is ordered
