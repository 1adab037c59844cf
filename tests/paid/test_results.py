"""What was asked for arrives by the next sync; what the vendor refuses is told in its words."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import duckdb
import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.errors import RefusedError
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS
from sonitemi_pipelines.paid import Ledger, Rules, SubmitOptions, submit_media
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.paid import (
    SonixSubmitter,
    request_batch_summary,
    request_summary,
    request_translation,
)

PROMPT = "Summarize in 10 sentences"
RULES = Rules()


def test_everything_asked_for_arrives_by_the_next_sync(
    sandbox: Sandbox, settings: Settings, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """What was paid for and never shows is worse than what was not asked for."""
    folder = sonix.folders.create(name="Calls")
    first, second = sandbox.add_sonix(n=2, language="en", folder_id=folder.id)
    summary = request_summary(ledger, sonix, first, PROMPT, RULES)
    batch = request_batch_summary(ledger, sonix, folder.id, "Summarize in German", RULES)
    translation = request_translation(ledger, sonix, second, "es", RULES)
    [submitted] = submit_media(ledger, SonixSubmitter(sonix), [call], SubmitOptions(language="en"), RULES)
    assert {outcome.status for outcome in (summary, batch, translation, submitted)} == {"accepted"}
    time.sleep(0.4)  # The sandbox takes 0.3 s for what it derives.
    sandbox.complete(str(submitted.vendor_id))
    assert run_sync(settings).complete
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:

        def ask(sql: str) -> list[tuple[object, ...]]:
            return connection.execute(sql).fetchall()

        [(status, prompt, text)] = ask(
            f"SELECT status, prompt, summary FROM sonix_summaries WHERE summarization_id = '{summary.vendor_id}'"
        )
        assert (status, prompt) == ("completed", PROMPT)
        assert text
        rows = ask(
            f"SELECT media_id FROM sonix_batch_summaries WHERE batch_id = '{batch.vendor_id}' AND summary IS NOT NULL"
        )
        assert {media_id for (media_id,) in rows} == {first, second}
        assert ask(f"SELECT language, status FROM sonix_translations WHERE media_id = '{second}'") == [
            ("es", "completed")
        ]
        [(language, words)] = ask(
            "SELECT language, word_count FROM transcripts "
            f"WHERE recording_id = '{second}' AND variant = 'translation-es'"
        )
        assert language == "es"
        assert words > 0  # type: ignore[operator]
        [(joined,)] = ask(
            "SELECT count(*) FROM vendor_requests AS r JOIN sonix_media AS m ON m.media_id = r.vendor_id "
            "JOIN transcripts AS t ON t.recording_id = m.media_id WHERE r.operation = 'media.submit'"
        )
        assert joined == 1, "a submission leads to its transcript"
    [payload] = [
        row["body"]
        for row in ledger.lake.read(RAW_PAYLOADS).to_pylist()
        if (row["recording_id"], row["variant"]) == (second, "translation-es")
    ]
    served = sandbox.body("sonix", second, "translation-es")
    assert hashlib.sha256(payload).digest() == hashlib.sha256(served).digest()


def test_the_vendors_refusals_are_read_word_for_word(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path
) -> None:
    """Credit too low, a folder over 60 hours, media not ready: the operator must read exactly that."""
    folder = sonix.folders.create(name="Long")
    sandbox.add_sonix(n=2, minutes=31 * 60, folder_id=folder.id)
    too_large = request_batch_summary(ledger, sonix, folder.id, PROMPT, RULES)
    assert "Folder is too large for batch processing (>60 hours)" in str(too_large)
    sandbox.set_batch_credit(False)
    no_credit = request_batch_summary(ledger, sonix, folder.id, PROMPT, RULES)
    assert "Insufficient credit for batch processing" in str(no_credit)
    sandbox.faults.fail_next("sonix media.submit", status=402)
    [unpaid] = submit_media(ledger, SonixSubmitter(sonix), [call], SubmitOptions(language="en"), RULES)
    assert "Payment Error" in str(unpaid)
    [waiting] = sandbox.add_sonix(status="transcribing")
    not_ready = request_summary(ledger, sonix, waiting, PROMPT, RULES)
    assert "Media file is being transcribed" in str(not_ready)
    gone = request_translation(ledger, sonix, "nowhere", "es", RULES)
    assert "Media file not found" in str(gone)
    for outcome in (too_large, no_credit, unpaid, not_ready, gone):
        assert outcome.status == "refused"
        assert "\n" not in str(outcome)


def test_bad_input_is_refused_before_the_network(sandbox: Sandbox, ledger: Ledger, sonix: SonixClient) -> None:
    """An empty prompt would otherwise be a paid answer to nothing."""
    for prompt in ("", " \n"):
        with pytest.raises(RefusedError, match="prompt is empty"):
            request_summary(ledger, sonix, "m", prompt, RULES)
        with pytest.raises(RefusedError, match="prompt is empty"):
            request_batch_summary(ledger, sonix, "f", prompt, RULES)
    with pytest.raises(RefusedError, match="no language of Sonix"):
        request_translation(ledger, sonix, "m", "klingon", RULES)
    for identifier in ("", "..", "a\nb"):
        with pytest.raises(RefusedError, match="is not an id"):
            request_summary(ledger, sonix, identifier, PROMPT, RULES)
    assert sandbox.counts() == {}
