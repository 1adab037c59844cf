"""Each format as another program reads it: the text whole, the times to the millisecond, the speakers right."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import parselmouth
import pysubs2
import pytest
from speach import elan

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.export import FORMATS, ExportOptions, Script, written
from sonitemi_pipelines.export.loading import load_scripts, snapshot_with_headers
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts

from .talks import Said, Talk, talk

QUICK, THOROUGH = range(12), range(300)
SEEDS = [
    pytest.param(QUICK, id=f"{len(QUICK)} conversations"),
    pytest.param(THOROUGH, id=f"{len(THOROUGH)} conversations", marks=pytest.mark.slow),
]


def _scripts(folder: Path, seeds: range, untimed: float = 0.0) -> Iterator[tuple[Talk, Script]]:
    """Conversations that went through a lake, as exports see them."""
    talks = [talk(seed, untimed=untimed) for seed in seeds]
    lake = Lake(str(folder / f"lake-{untimed}"), lock_folder=folder)
    commit_transcripts(lake, [each.transcript for each in talks])
    by_id = {each.transcript.source.recording_id: each for each in talks}
    for script in load_scripts(lake, *snapshot_with_headers(lake, "latest")):
        yield by_id[script.recording_id], script


def _file(folder: Path, script: Script, form: str, options: ExportOptions | None = None) -> Path:
    path = folder / f"{script.recording_id}{FORMATS[form].ending}"
    path.write_text(written(script, FORMATS[form], options or ExportOptions()), encoding="utf-8", newline="")
    return path


def _captions(path: Path) -> list[tuple[int, int, str]]:
    found = pysubs2.load(str(path), keep_html_tags=True)
    return [(event.start, event.end, event.text.replace("\\N", "\n")) for event in found]


def _meeteval() -> Any:
    """Needs a C++ compiler to install, so that the suite does not depend on it; CI brings both."""
    return pytest.importorskip("meeteval", reason="meeteval is not installed; `pip install -e '.[scorers]'`")


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_player_shows_every_word_while_it_is_said(tmp_path: Path, seeds: range) -> None:
    """SRT as pysubs2 reads it: each caption stands exactly as long as its words, none has more than it may hold."""
    options = ExportOptions(speakers=False)
    for each, script in _scripts(tmp_path, seeds):
        words = iter(each.words)
        captions = _captions(_file(tmp_path, script, "srt", options))
        for start, end, text in captions:
            said = [next(words) for _ in text.split()]
            assert [word.text for word in said] == text.split()
            assert (start, end) == (said[0].start_ms, said[-1].end_ms)
            assert len(text.splitlines()) <= 2
            assert max(map(len, text.splitlines())) <= 42
            assert end - start <= 7_000
        assert next(words, None) is None


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_browser_knows_whose_words_a_caption_holds(tmp_path: Path, seeds: range) -> None:
    """WebVTT as pysubs2 reads it: voices are the speakers; signs that mean something in it come out as they were."""
    for each, script in _scripts(tmp_path, seeds):
        words = iter(each.words)
        for start, end, text in _captions(_file(tmp_path, script, "vtt")):
            voice, shown = re.fullmatch(r"<v ([^>]+)>(.+)", text, re.DOTALL).groups()  # type: ignore[union-attr]
            assert "<" not in shown
            said = [next(words) for _ in html.unescape(shown).split()]
            assert [word.text for word in said] == html.unescape(shown).split()
            assert {word.speaker for word in said} == {html.unescape(voice)}
            assert (start, end) == (said[0].start_ms, said[-1].end_ms)
        assert next(words, None) is None


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_scorer_finds_every_word_at_its_time(tmp_path: Path, seeds: range) -> None:
    """CTM as meeteval reads it."""
    meeteval = _meeteval()
    for each, script in _scripts(tmp_path, seeds):
        lines = meeteval.io.CTM.load(str(_file(tmp_path, script, "ctm"))).lines
        found = [(line.word, 1000 * line.begin_time, 1000 * (line.begin_time + line.duration)) for line in lines]
        assert found == [(word.text, word.start_ms, word.end_ms) for word in each.words]


@pytest.mark.parametrize("seeds", SEEDS)
def test_diarization_tools_find_who_speaks_when(tmp_path: Path, seeds: range) -> None:
    """RTTM as meeteval reads it: a speaker's words, struck ones too, with the silences under 250 ms between them."""
    meeteval = _meeteval()
    for each, script in _scripts(tmp_path, seeds):
        spoken: dict[str, set[int]] = {}
        for line in meeteval.io.RTTM.load(str(_file(tmp_path, script, "rttm"))).lines:
            ten_ms = range(int(100 * line.begin_time), int(100 * (line.begin_time + line.duration)))
            assert not spoken.setdefault(line.speaker_id, set()) & set(ten_ms)
            spoken[line.speaker_id] |= set(ten_ms)
        rows = each.transcript.words.sort_by("word_index").to_pylist()
        wanted: dict[str, set[int]] = {}
        last: dict[str, int] = {}
        for row in rows:
            label = "_".join(row["speaker"].split())
            start = row["start_ms"]
            if label in last and start - last[label] < 250:
                start = last[label]
            wanted.setdefault(label, set()).update(range(start // 10, row["end_ms"] // 10))
            last[label] = row["end_ms"]
        assert spoken.keys() == wanted.keys()
        # The reader above rounds each stretch down to 10 ms at both ends.
        assert all(len(spoken[label] ^ wanted[label]) <= 2 * len(rows) for label in spoken)


@pytest.mark.parametrize("seeds", SEEDS)
def test_praat_reads_turns_and_words_of_each_speaker(tmp_path: Path, seeds: range) -> None:
    """TextGrid as Praat itself reads it."""
    for each, script in _scripts(tmp_path, seeds):
        grid = parselmouth.read(str(_file(tmp_path, script, "textgrid")))
        tiers: dict[str, list[tuple[str, int, int]]] = {}
        for number in range(1, parselmouth.praat.call(grid, "Get number of tiers") + 1):
            name = parselmouth.praat.call(grid, "Get tier name...", number)
            tiers[name] = []
            for place in range(1, parselmouth.praat.call(grid, "Get number of intervals...", number) + 1):
                label = parselmouth.praat.call(grid, "Get label of interval...", number, place)
                if label:
                    times = [
                        parselmouth.praat.call(grid, f"Get {end} point...", number, place) for end in ("start", "end")
                    ]
                    tiers[name].append((label, round(1000 * times[0]), round(1000 * times[1])))
        _check_tiers(tiers, each)


@pytest.mark.parametrize("seeds", SEEDS)
def test_elan_reads_turns_and_words_of_each_speaker(tmp_path: Path, seeds: range) -> None:
    """EAF as speach reads it."""
    for each, script in _scripts(tmp_path, seeds):
        document = elan.read_eaf(str(_file(tmp_path, script, "eaf")))
        tiers = {
            tier.ID: [
                (note.text, round(1000 * note.from_ts.sec), round(1000 * note.to_ts.sec)) for note in tier.annotations
            ]
            for tier in document
        }
        _check_tiers(tiers, each)


def _check_tiers(tiers: dict[str, list[tuple[str, int, int]]], each: Talk) -> None:
    speakers = list(dict.fromkeys(word.speaker for word in each.words))
    assert list(tiers) == [name for speaker in speakers for name in (speaker, f"{speaker} (words)")]
    for speaker in speakers:
        words = [word for word in each.words if word.speaker == speaker]
        assert tiers[f"{speaker} (words)"] == [(word.text, word.start_ms, word.end_ms) for word in words]
        assert " ".join(text for text, _, _ in tiers[speaker]) == " ".join(word.text for word in words)
        assert tiers[speaker][0][1] == words[0].start_ms
        assert tiers[speaker][-1][2] == words[-1].end_ms


@pytest.mark.parametrize("seeds", SEEDS)
def test_text_json_and_csv_hold_what_was_said(tmp_path: Path, seeds: range) -> None:
    for each, script in _scripts(tmp_path, seeds):
        text = written(script, FORMATS["txt"], ExportOptions(speakers=False))
        assert text.split() == each.text.split()
        found = json.loads(written(script, FORMATS["json"], ExportOptions()))
        assert [
            Said(word["text"], word["start_ms"], word["end_ms"], turn["speaker"])
            for turn in found["turns"]
            for word in turn["words"]
        ] == each.words
        assert " ".join(turn["text"] for turn in found["turns"]).split() == each.text.split()
        rows = csv.DictReader(io.StringIO(written(script, FORMATS["csv"], ExportOptions())))
        assert [Said(r["word"], int(r["start_ms"]), int(r["end_ms"]), r["speaker"]) for r in rows] == each.words


@pytest.mark.parametrize("form", ["srt", "vtt", "ctm", "textgrid", "eaf"])
def test_words_without_times_stand_between_their_neighbours(tmp_path: Path, form: str) -> None:
    """Half the words of edited Temi transcripts have no times; a caption without them would say something else."""
    for each, script in _scripts(tmp_path, QUICK, untimed=0.5):
        if not script.is_timed:
            continue
        path = _file(tmp_path, script, form, ExportOptions(speakers=False))
        if form in ("srt", "vtt"):
            captions = _captions(path)
            shown = " ".join(text for _, _, text in captions)
            assert sorted((html.unescape(shown) if form == "vtt" else shown).split()) == sorted(each.text.split())
            assert all(start < end for start, end, _ in captions)
            assert max(end for _, end, _ in captions) <= (script.duration_ms or 0)
        elif form == "ctm":
            lines = _meeteval().io.CTM.load(str(path)).lines
            timed = {(word.text, word.start_ms, word.end_ms) for word in each.words if word.start_ms is not None}
            assert sorted(line.word for line in lines) == sorted(word.text for word in each.words)
            assert timed <= {
                (line.word, int(1000 * line.begin_time), int(1000 * (line.begin_time + line.duration)))
                for line in lines
            }
        else:
            tiers = _words_tier(path)
            assert sorted(" ".join(tiers).split()) == sorted(each.text.split())


def _words_tier(path: Path) -> list[str]:
    if path.suffix == ".eaf":
        return [note.text for tier in elan.read_eaf(str(path)) if "words" in tier.ID for note in tier.annotations]
    grid = parselmouth.read(str(path))
    number = parselmouth.praat.call(grid, "Get number of tiers")
    count = parselmouth.praat.call(grid, "Get number of intervals...", number)
    return [parselmouth.praat.call(grid, "Get label of interval...", number, n) for n in range(1, count + 1)]


@pytest.mark.parametrize("form", ["srt", "vtt", "rttm", "ctm", "textgrid", "eaf"])
def test_an_untimed_transcript_is_refused_where_times_are_needed(tmp_path: Path, form: str) -> None:
    """A file full of zeros would look like an answer."""
    [(_, script)] = _scripts(tmp_path, range(1), untimed=1.0)
    with pytest.raises(LakeError, match=f"has no timestamps, which {form} needs; use txt, json or csv"):
        written(script, FORMATS[form], ExportOptions())
    assert all(written(script, FORMATS[name], ExportOptions()) for name in ("txt", "json", "csv"))
