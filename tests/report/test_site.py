"""The site of a whole corpus: complete, incremental, and of nothing but files."""

from __future__ import annotations

import inspect
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.errors import WarehouseError
from sonitemi_pipelines.report import loading
from sonitemi_pipelines.report.loading import load_conversation
from sonitemi_pipelines.report.page import render_page
from sonitemi_pipelines.report.site import write_site
from sonitemi_pipelines.report.site.search_index import data_of, script, shards
from sonitemi_pipelines.report.site.text import shard_of, terms
from sonitemi_pipelines.settings import Settings
from tests.report.markup import Markup

PAGES = ("index", "conversations", "search", "people", "trackers", "trends")


@pytest.fixture(scope="module")
def warehouse_copy(synced: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that a test may change."""
    return Path(shutil.copy(synced.warehouse, tmp_path_factory.mktemp("copy") / "warehouse.duckdb"))


@pytest.fixture(scope="module")
def connection(warehouse_copy: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(warehouse_copy), read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(connection, folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changed(warehouse: Path, folder: Path, sql: str) -> Path:
    """A copy of the warehouse in which `sql` was run."""
    copy = Path(shutil.copy(warehouse, folder / "changed.duckdb"))
    with duckdb.connect(str(copy)) as opened:
        opened.execute(sql)
    return copy


def test_every_conversation_has_its_page_and_stands_in_the_list(
    connection: duckdb.DuckDBPyConnection, site: Path
) -> None:
    """Whoever looks for a conversation that is not there believes that it never was."""
    wanted = connection.execute("SELECT provider, recording_id FROM transcripts WHERE variant = 'latest'").fetchall()
    listed = [row for path in site.glob("data/*/list.js") for row in data_of(path.read_text("utf-8"))]
    assert len(listed) == len(wanted) > 10
    for provider, recording_id in wanted:
        [row] = [row for row in listed if row[0].startswith(f"{provider}-{recording_id}-")]
        assert (site / "c" / row[0][-2:] / f"{row[0]}.html").exists()


def test_the_overview_counts_what_the_tables_hold(warehouse_copy: Path, tmp_path: Path) -> None:
    """Conversations that are gone at the vendor were counted, and their recordings were not: 20 of 0."""
    copy = changed(warehouse_copy, tmp_path, "UPDATE recordings SET deleted_at = now() WHERE provider = 'sonix'")
    with duckdb.connect(str(copy), read_only=True) as connection:
        write_site(connection, tmp_path / "site")
        [(talks, everything, gone, words)] = connection.execute(
            "SELECT (SELECT count(*) FROM transcripts WHERE variant = 'latest'), count(*), count(deleted_at), "
            "(SELECT sum(words) FROM speaker_stats WHERE variant = 'latest') FROM recordings"
        ).fetchall()
    told = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", (tmp_path / "site" / "index.html").read_text("utf-8")))
    assert f"Conversations {talks} of {everything} recordings, {gone} of them gone at the vendor" in told
    assert f"Words {words:,} spoken, struck ones too" in told


def test_a_page_of_the_site_is_the_page_of_that_conversation(connection: duckdb.DuckDBPyConnection, site: Path) -> None:
    """The site reads hundreds of conversations at once, and must not mix them up."""
    pages = sorted(site.glob("c/*/*.html"))
    assert len(pages) > 10
    for page in pages[::3]:
        provider, recording_id, _ = page.stem.split("-")
        alone = load_conversation(connection, provider, recording_id)
        assert page.read_text("utf-8") == render_page(alone, home="../../index.html")


def test_the_pages_are_sound_and_load_nothing_from_elsewhere(site: Path) -> None:
    """A site on a disk or behind a firewall must work, and tell nobody that it was opened."""
    there = set(files(site))
    for name in PAGES:
        markup = Markup((site / f"{name}.html").read_text("utf-8"))
        assert markup.unclosed == []
        assert markup.misnested == []
        assert markup.handlers == []
        assert len(markup.ids) == len(set(markup.ids))
        for load in markup.loads:
            assert load.partition("=")[2] in there, load
        for link in markup.links:
            assert link.startswith("#") or link.partition("#")[0] in there, link


def test_the_index_has_what_was_said_where_it_was_said(connection: duckdb.DuckDBPyConnection, site: Path) -> None:
    """A search that misses one place is worse than none."""
    said = connection.execute(
        "SELECT provider, recording_id, text FROM transcripts WHERE variant = 'latest' AND word_count > 50"
    ).fetchall()
    for provider, recording_id, text in said:
        word = max(terms(text), key=lambda term: (len(term), term))
        found = set()
        for part in (path.parent for path in site.glob("data/*/list.js")):
            slugs = [row[0] for row in data_of((part / "list.js").read_text("utf-8"))]
            index = data_of((part / f"{shard_of(word):02}.js").read_text("utf-8"))
            for document, passage, position in places(index.get(word, [])):
                slug = slugs[document]
                passages = data_of((site / "text" / slug[-2:] / f"{slug}.js").read_text("utf-8"))
                assert list(terms(passages[passage][3]))[position] == word
                found.add(slug)
        assert any(slug.startswith(f"{provider}-{recording_id}-") for slug in found), (recording_id, word)


def places(index: list[int]) -> Iterator[tuple[int, int, int]]:
    document, at = 0, 0
    while at < len(index):
        document += index[at]
        count, at, passage = index[at + 1], at + 2, 0
        for _ in range(count):
            passage += index[at]
            yield document, passage, index[at + 1]
            at += 2


def test_a_second_build_writes_nothing_and_one_change_a_handful(
    warehouse_copy: Path, connection: duckdb.DuckDBPyConnection, site: Path, tmp_path: Path
) -> None:
    """A site on a share is copied around: what did not change must not be written again."""
    before = files(site)
    again = write_site(connection, site)
    assert (again.made, again.written, again.removed) == (0, 0, 0)
    assert files(site) == before
    mine = Path(shutil.copytree(site, tmp_path / "site"))
    sql = """UPDATE recordings SET name = 'Another name' WHERE recording_id =
        (SELECT min(recording_id) FROM transcripts WHERE variant = 'latest' AND provider = 'sonix')
        AND provider = 'sonix'"""
    with duckdb.connect(str(changed(warehouse_copy, tmp_path, sql)), read_only=True) as opened:
        done = write_site(opened, mine)
    assert done.made == 1
    assert done.written == sum(before.get(name) != data for name, data in files(mine).items()) - 1
    assert done.written <= 4
    assert "Another name" in next(
        path.read_text("utf-8") for path in mine.rglob("c/*/*.html") if files(mine)[path.relative_to(mine).as_posix()]
        != before[path.relative_to(mine).as_posix()]
    )  # fmt: skip


def test_a_conversation_is_read_from_the_tables_that_are_copied_for_it() -> None:
    """A table that the reader came to need and that `READS` lacks would end every build."""
    queried = set(re.findall(r'(?:_rows|_one)\("(\w+)"', inspect.getsource(loading)))
    queried |= set(re.findall(r"(?:FROM|JOIN) ([a-z_]+)", inspect.getsource(loading)))
    assert queried - set(loading.READS) == {"main"}


def test_what_was_erased_leaves_the_site_too(warehouse_copy: Path, site: Path, tmp_path: Path) -> None:
    """`sonitemi forget` cannot reach a folder of pages; the next build must."""
    mine = Path(shutil.copytree(site, tmp_path / "site"))
    [gone] = [row[0] for row in data_of(next(iter(sorted(mine.glob("data/*/list.js")))).read_text("utf-8"))][:1]
    recording_id = gone.split("-")[1]
    sql = f"""CREATE TABLE left_over AS SELECT * FROM transcripts WHERE recording_id <> '{recording_id}';
        DROP VIEW transcripts; ALTER TABLE left_over RENAME TO transcripts"""
    with duckdb.connect(str(changed(warehouse_copy, tmp_path, sql)), read_only=True) as opened:
        write_site(opened, mine)
    left = files(mine)
    assert not [name for name in left if gone in name]
    assert not [name for name, data in left.items() if gone.encode() in data]


def test_a_broken_or_lost_file_is_made_again(connection: duckdb.DuckDBPyConnection, site: Path, tmp_path: Path) -> None:
    """A build that was killed, or a file somebody deleted, must not stay a hole."""
    mine = Path(shutil.copytree(site, tmp_path / "site"))
    before = files(mine)
    for pattern in ("c/*/*.html", "data/*/03.js", "text/*/*.js"):
        next(iter(sorted(mine.glob(pattern)))).unlink()
    (mine / "c" / "stray.html").write_text("x")
    write_site(connection, mine)
    assert files(mine) == before


def test_a_folder_of_others_is_left_alone(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(WarehouseError, match="choose another folder"):
        write_site(connection, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Don’t re-use CAFÉ, naïve Ὀδυσσεύς!", ["dont", "re", "use", "cafe", "naive", "οδυσσευσ"]),
        ("価格は10円", ["価", "格", "は", "10円".rstrip("円"), "円"]),
        ("ﬁne ½ שָׁלוֹם", ["fine", "1", "2", "שלום"]),
        ("... -- ***", []),
    ],
)
def test_terms_are_folded(text: str, wanted: list[str]) -> None:
    """People search as they type, without accents and marks."""
    assert list(terms(text)) == wanted


def test_data_survives_the_way_through_a_script() -> None:
    """What somebody said must not end a script, whatever it is."""
    data = {"a": ['</script>"\\\u2028\u2029', "x),y"], "constructor": [1]}
    assert data_of(script("index a 1", data)) == data
    assert json.loads(script("x", ["\ud800"]).encode("utf-8", "replace").decode().split(",", 1)[1][:-2]) == ["?"]


def test_words_named_like_parts_of_javascript_are_words() -> None:
    parts = shards([[[0, 1, "A", "constructor toString __proto__ constructor"]]])
    for word in ("constructor", "tostring", "proto"):
        assert word in parts[shard_of(word)]
    assert parts[shard_of("constructor")]["constructor"] == [0, 2, 0, 0, 0, 3]
