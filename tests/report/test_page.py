"""The page says what the warehouse says, in one file that fetches nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.errors import WarehouseError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.report import load_conversation, render_page
from sonitemi_pipelines.report.axis import clock
from sonitemi_pipelines.settings import Settings
from tests.report.markup import Markup


@pytest.fixture
def markup(warehouse: duckdb.DuckDBPyConnection, talk: tuple[str, str]) -> Markup:
    return Markup(render_page(load_conversation(warehouse, *talk)))


def test_the_page_shows_what_the_warehouse_knows(
    warehouse: duckdb.DuckDBPyConnection, talk: tuple[str, str], markup: Markup
) -> None:
    """A report whose numbers differ from the marts would make people distrust both."""
    name, length, words = warehouse.execute(
        "SELECT r.name, r.duration_ms, t.word_count FROM recordings AS r JOIN transcripts AS t "
        "USING (provider, recording_id) WHERE provider = ? AND recording_id = ? AND variant = 'latest'",
        list(talk),
    ).fetchall()[0]
    assert name in markup.text
    assert clock(length) in markup.text
    assert f"{words:,}" in markup.text
    speakers = warehouse.execute(
        "SELECT speaker, speaking_share, speech_rate_wpm FROM speaker_stats "
        "WHERE provider = ? AND recording_id = ? AND variant = 'latest' AND speaker IS NOT NULL",
        list(talk),
    ).fetchall()
    assert len(speakers) >= 2
    for speaker, share, rate in speakers:
        row = markup.text.split("Articulation rate, wpm")[1].split("Interruptions")[0].split(speaker)[1]
        assert f"{share:.0%}" in row or f"{share:.1%}" in row
        assert f"{rate:.0f}" in row


def test_every_turn_is_in_the_transcript_and_in_the_chart(
    warehouse: duckdb.DuckDBPyConnection, talk: tuple[str, str], markup: Markup
) -> None:
    """A turn missing from the page is a turn a reader believes was not said."""
    key = list(talk)
    [(turns, timed)] = warehouse.execute(
        "SELECT count(*), count(*) FILTER (end_ms >= start_ms) FROM joined_turns "
        "WHERE provider = ? AND recording_id = ? AND variant = 'latest'",
        key,
    ).fetchall()
    assert [name for name in markup.ids if name[0] == "t" and name[1:].isdigit()] == [f"t{i}" for i in range(turns)]
    assert sum(name[0] == "c" and name[1:].isdigit() for name in markup.ids) == timed
    texts = warehouse.execute(
        "SELECT text FROM turns WHERE provider = ? AND recording_id = ? AND variant = 'latest' ORDER BY turn_index", key
    ).fetchall()
    said = " ".join(markup.text.split("Transcript")[-1].split())
    for (text,) in texts:
        assert " ".join(text.split()) in said


def test_interruptions_are_listed_with_their_times(
    warehouse: duckdb.DuckDBPyConnection, talk: tuple[str, str], markup: Markup
) -> None:
    """Somebody who looks into an interruption needs to be taken to it."""
    moments = warehouse.execute(
        "SELECT joined_index, at_ms FROM turn_transitions "
        "WHERE provider = ? AND recording_id = ? AND variant = 'latest' AND kind = 'interruption'",
        list(talk),
    ).fetchall()
    assert moments
    assert markup.text.count("takes the floor from") == len(moments)
    for index, at_ms in moments:
        assert f"#t{index}" in markup.links
        assert clock(at_ms) in markup.text


def test_the_file_needs_nothing_else(markup: Markup) -> None:
    """A page mailed to somebody must open anywhere: well-formed, no file beside it, no link that leads nowhere."""
    assert markup.loads == []
    assert markup.handlers == []
    assert markup.unclosed == []
    assert markup.misnested == []
    assert len(markup.ids) == len(set(markup.ids))
    inner = {link[1:] for link in markup.links if link.startswith("#")}
    assert inner <= set(markup.ids)
    assert all(link.startswith(("#", "https://")) for link in markup.links)
    # One chart has many strips; each table that stands for a chart is there.
    assert markup.elements["details"] >= 2


def test_only_web_pages_are_linked(warehouse: duckdb.DuckDBPyConnection, talk: tuple[str, str]) -> None:
    """A vendor's field must not be able to put a script behind a link."""
    conversation = load_conversation(warehouse, *talk)
    for url in ("javascript:alert(1)", " https://a", "data:text/html,x", "", None):
        changed = dataclasses.replace(conversation, header={**conversation.header, "url": url})
        links = Markup(render_page(changed)).links
        assert all(link.startswith("#") for link in links), url


def test_a_self_contained_warehouse_gives_a_report_without_its_lake_and_another_says_why_not(
    synced: Settings, talk: tuple[str, str], tmp_path: Path
) -> None:
    """An analyst who was sent only the file."""
    from sonitemi_pipelines.warehouse import open_warehouse

    alone = dataclasses.replace(synced, warehouse=tmp_path / "alone.duckdb", self_contained=True)
    publish_warehouse(Lake.from_settings(alone), alone)
    lake, away = Path(synced.home) / "lake", Path(synced.home) / "away"
    lake.rename(away)
    try:
        with open_warehouse(alone.warehouse) as connection:
            conversation = load_conversation(connection, *talk)
        with open_warehouse(synced.warehouse) as connection, pytest.raises(WarehouseError, match="SELF_CONTAINED"):
            load_conversation(connection, *talk)
    finally:
        away.rename(lake)
    markup = Markup(render_page(conversation))
    assert conversation.header["text"].splitlines()[0].split(".")[0] in markup.text
    assert markup.elements["rect"] > len(conversation.turns) / 2


@pytest.mark.parametrize(
    ("provider", "recording_id", "variant", "says"),
    [
        ("sonix", "nowhere", "latest", ["sonix recording nowhere", "check the id"]),
        (None, None, "translation-xx", ["translation-xx", "latest"]),
    ],
)
def test_what_is_not_there_is_named(
    warehouse: duckdb.DuckDBPyConnection,
    talk: tuple[str, str],
    provider: str | None,
    recording_id: str | None,
    variant: str,
    says: list[str],
) -> None:
    """A mistyped id must be told apart from a recording without a transcript."""
    with pytest.raises(WarehouseError) as error:
        load_conversation(warehouse, provider or talk[0], recording_id or talk[1], variant)
    for part in says:
        assert part in str(error.value)
