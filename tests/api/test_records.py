"""Answers become typed records: nothing the vendor sent is lost, and drifting types do not stop a sync."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonitemi_pipelines.api.sonix.models import BatchSummarization, BurnIn, Folder, Media, Transcript
from sonitemi_pipelines.api.temi.models import Account, Job

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def test_types_that_drift_are_taken_as_documented() -> None:
    """A numeric id or a duration sent as text would otherwise lose the media."""
    media = Media.from_answer({"id": 7, "duration": "95.2", "created_at": "1533170400", "video": "true"})
    assert (media.id, media.duration, media.video) == ("7", 95.2, True)
    assert media.created_at == dt.datetime(2018, 8, 2, 0, 40)


def test_what_cannot_be_taken_as_documented_is_kept_as_it_came() -> None:
    """A value of no use to the type would otherwise vanish."""
    media = Media.from_answer({"id": "a", "duration": "soon", "created_at": [1], "video": 5, "custom_data": "no json"})
    assert media.extra == {"duration": "soon", "created_at": [1], "video": 5, "custom_data": "no json"}
    assert media.duration is None


def test_fields_not_documented_are_kept() -> None:
    """New fields of the vendor would otherwise be dropped until somebody notices."""
    assert Media.from_answer({"id": "a", "mood": {"calm": 1}}).extra == {"mood": {"calm": 1}}
    assert Account.from_answer({"balance": 150.00, "currency": "USD"}).extra == {"currency": "USD"}


def test_null_is_missing() -> None:
    """A null would otherwise be taken for text or stop the listing."""
    media = Media.from_answer({"id": "a", "name": None, "duration": None})
    assert (media.name, media.duration, media.extra) == (None, None, {})


def test_a_record_without_id_is_refused() -> None:
    """A row without its key would otherwise get into the lake under a wrong one."""
    with pytest.raises(ValueError, match="Media without 'id'"):
        Media.from_answer({"name": "x"})


def test_other_spellings_of_the_document_end_in_one_field() -> None:
    """Folder names under `email` and ids under three names would otherwise be missing."""
    assert Folder.from_answer({"id": "1", "email": "Podcasts/Season 1"}).name == "Podcasts/Season 1"
    assert BatchSummarization.from_answer({"batch_summarization_id": "b"}).id == "b"
    assert BurnIn.from_answer({"video_export_id": "v"}).id == "v"


@pytest.mark.parametrize("order", [("name", "email"), ("email", "name")])
def test_both_spellings_at_once_lose_neither(order: tuple[str, str]) -> None:
    """A vendor that sends both would otherwise lose one, or the order would decide the name."""
    folder = Folder.from_answer({"id": "1", **{key: f"the {key}" for key in order}})
    assert folder.name == "the name"
    assert folder.extra == {"email": "the email"}


def test_folder_of_a_single_media() -> None:
    """Media would otherwise not be found by their folder."""
    media = Media.from_answer({"id": "a", "folder": {"id": 9, "name": "Podcasts", "color": "red"}})
    assert (media.folder_id, media.folder_name, media.extra) == ("9", "Podcasts", {"folder": {"color": "red"}})


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2018-05-05T23:23:22.29Z", dt.datetime(2018, 5, 5, 23, 23, 22, 290000)),
        ("2018-05-05T23:23:22.1234567Z", dt.datetime(2018, 5, 5, 23, 23, 22, 123456)),
        ("2018-05-06T01:23:22+02:00", dt.datetime(2018, 5, 5, 23, 23, 22)),
        ("2018-05-05T23:23:22", dt.datetime(2018, 5, 5, 23, 23, 22)),
    ],
)
def test_moments_are_utc_without_a_zone(sent: str, moment: dt.datetime) -> None:
    """A zone dropped instead of converted would move days and edits."""
    assert Job.from_answer({"id": "a", "created_on": sent}).created_on == moment


def test_money_is_exact() -> None:
    """A balance read as a float would drift in sums."""
    assert Account.from_answer({"balance": 1000.10}).balance == Decimal("1000.1")


def test_transcript_goes_back_as_it_came() -> None:
    """An update of a transcript would otherwise lose fields its document does not name."""
    sent = {
        "name": "Call",
        "quality_score": "97.36",
        "transcript": [
            {
                "speaker": "Ann",
                "start_time": 1.5,
                "end_time": 2.0,
                "words": [{"text": " Hi", "start_time": 1.5, "highlight_color": "#fff"}],
            }
        ],
    }
    assert Transcript.from_answer(sent).as_answer() == sent


@given(
    st.dictionaries(st.sampled_from(["id", "name", "duration", "video", "created_at", "custom_data", "new"]), VALUES)
)
def test_any_object_is_read_or_refused(answer: dict[str, object]) -> None:
    """An answer nobody thought of would otherwise stop the listing with a traceback; and no member may vanish."""
    try:
        media = Media.from_answer(answer)
    except ValueError:
        assert not isinstance(answer.get("id"), str)
        return
    for name, value in answer.items():
        assert value is None or name in media.extra or getattr(media, name) is not None
