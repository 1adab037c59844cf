"""Every quick path of parsing says what the plain one says."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.lake.parquet import is_sorted
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.parsing.assemble import assemble
from sonitemi_pipelines.parsing.chunks import any_chunks, plain_chunks
from sonitemi_pipelines.parsing.columns import Columns
from sonitemi_pipelines.vendors.sonix import parse as sonix
from sonitemi_pipelines.vendors.temi import parse as temi
from tests.fuzz.mutation import mutated
from tests.parsing.test_parse_batches import assert_same, hard_payload, one_by_one

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


_MODULES: dict[str, Any] = {"sonix": sonix, "temi": temi}


def _taken_apart(vendor: str, body: bytes, source: Source, *, plain: bool) -> Columns | str:
    module = _MODULES[vendor]
    shape = module._SHAPE
    module._SHAPE = shape if plain else dataclasses.replace(shape, plain=None)
    try:
        columns: Columns = module.take_apart(body, source)
    except PayloadError as error:
        return str(error)
    finally:
        module._SHAPE = shape
    return columns


def _shown(outcome: Columns | str) -> object:
    """What can be compared: arrays by the bytes that they print as."""
    if isinstance(outcome, str):
        return outcome
    fields = {field.name: getattr(outcome, field.name) for field in dataclasses.fields(outcome)}
    return {name: value.tolist() if hasattr(value, "tolist") else value for name, value in fields.items()}


@pytest.mark.parametrize(
    "times", [400, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)])]
)
def test_a_changed_payload_is_read_as_by_the_whole_shape_and_by_itself(times: int) -> None:
    """A payload is read otherwise because it is usual, or because of what else is in its batch."""
    draw = random.Random(times)
    batch: list[Columns] = []
    for number in range(times):
        vendor, body, source = hard_payload(draw.randrange(10**9))
        body = mutated(body, draw) if draw.random() < 0.8 else body
        source = dataclasses.replace(source, recording_id=f"r{number:06}")
        quick = _taken_apart(vendor, body, source, plain=True)
        assert repr(_shown(quick)) == repr(_shown(_taken_apart(vendor, body, source, plain=False))), body
        if isinstance(quick, Columns):
            batch.append(quick)
        if len(batch) >= 40:
            assert_same(assemble(batch), one_by_one(batch))
            batch = []
