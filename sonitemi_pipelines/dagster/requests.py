"""Jobs that cost money: submit media, ask for summaries and translations. No schedule or sensor starts one."""

# Annotations stay objects here: @dg.op compares the context's type itself.
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.dagster.resources import LakeResource, SonixResource, TemiResource
from sonitemi_pipelines.dagster.shared import spec_of, table_metadata
from sonitemi_pipelines.errors import SettingsError, SonitemiError
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.paid import (
    Ledger,
    Outcome,
    Rules,
    SubmitOptions,
    all_at_vendor,
    files_in,
    submit_media,
)
from sonitemi_pipelines.paid.placing import WINDOW_HOURS
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.vendors.sonix.paid import request_batch_summary, request_summary, request_translation

_COSTS = "This costs money. The same request is refused within `window_hours`, unless `force` is true."
# Dagster's own retries stay away too where an instance switches them on for all runs.
_TAGS = {"dagster/max_retries": "0"}


class _Repeats(dg.Config):
    window_hours: float = Field(
        default=WINDOW_HOURS, description="Refuse what the vendor accepted within so many hours; 0 refuses nothing."
    )
    force: bool = Field(default=False, description="Send it although it was asked for before, and pay again.")

    def rules(self) -> Rules:
        return Rules(self.window_hours, self.force)


class SubmitMedia(_Repeats):
    provider: Literal["sonix", "temi"] = Field(description="Who transcribes.")
    folder: str | None = Field(default=None, description="Folder of files to submit, on the machine of the run.")
    pattern: str = Field(default="*", description="Which files of the folder: *.mp3, or **/*.mp3 for all below it.")
    urls: list[str] = Field(default=[], description="URLs to submit.")
    language: str | None = Field(default=None, description="Code of the spoken language, such as en. Sonix needs it.")
    folder_id: str | None = Field(default=None, description="Sonix folder to place the media in; empty for home.")
    name_prefix: str | None = Field(default=None, description="Put before each file's name to name it at Sonix.")
    keywords: list[str] = Field(default=[], description="Hints for Sonix: names and terms that occur.")
    metadata: str | None = Field(default=None, description="Text to attach at Temi.")
    callback_url: str | None = Field(default=None, description="URL the vendor calls once each completes or fails.")

    def media(self) -> list[str | Path]:
        files = files_in(Path(self.folder).expanduser(), self.pattern) if self.folder else []
        return [*files, *self.urls]

    def options(self) -> SubmitOptions:
        return SubmitOptions(
            language=self.language or None,
            folder_id=self.folder_id or None,
            name_prefix=self.name_prefix or None,
            keywords=self.keywords,
            metadata=self.metadata or None,
            callback_url=self.callback_url or None,
        )


class RequestSummary(_Repeats):
    media_id: str = Field(description="Sonix media to summarize; it must be completed.")
    prompt: str = Field(description='What is wanted, such as "Summarize in 10 sentences".')


class RequestBatchSummary(_Repeats):
    folder_id: str = Field(description="Sonix folder; all media in it must be completed, 60 hours at most.")
    prompt: str = Field(description='What is wanted of each media, such as "Summarize in German".')


class RequestTranslation(_Repeats):
    media_id: str = Field(description="Sonix media to translate; it must be completed.")
    language: str = Field(description="Code of the language to translate into, such as es.")


@dg.op(description=f"Has files and URLs transcribed. {_COSTS}")
def submit(
    context: dg.OpExecutionContext, config: SubmitMedia, sonix: SonixResource, temi: TemiResource, lake: LakeResource
) -> None:
    with _never_retried():
        client = sonix.client() if config.provider == "sonix" else temi.client()
        if client is None:
            raise SettingsError(f"{config.provider.upper()}_API_KEY is not set; nothing was sent")
        media, options, rules = config.media(), config.options(), config.rules()
        submitter = VENDORS[config.provider].submitter
        assert submitter is not None
        _report(context, lake, submit_media(_ledger(context, lake), submitter(client), media, options, rules))


@dg.op(description=f"Asks Sonix for a summary of a recording. {_COSTS}")
def summarize(context: dg.OpExecutionContext, config: RequestSummary, sonix: SonixResource, lake: LakeResource) -> None:
    _derive(context, sonix, lake, request_summary, config.media_id, config.prompt, config)


@dg.op(description=f"Asks Sonix for a summary of every recording in a folder. {_COSTS}")
def summarize_folder(
    context: dg.OpExecutionContext, config: RequestBatchSummary, sonix: SonixResource, lake: LakeResource
) -> None:
    _derive(context, sonix, lake, request_batch_summary, config.folder_id, config.prompt, config)


@dg.op(description=f"Asks Sonix for a translation of a recording. {_COSTS}")
def translate(
    context: dg.OpExecutionContext, config: RequestTranslation, sonix: SonixResource, lake: LakeResource
) -> None:
    _derive(context, sonix, lake, request_translation, config.media_id, config.language, config)


@dg.job(name="submit_media", description=f"Has files and URLs transcribed by Sonix or Temi. {_COSTS}", tags=_TAGS)
def submit_media_job() -> None:
    submit()


@dg.job(name="request_summary", description=f"A summary of one recording, by Sonix. {_COSTS}", tags=_TAGS)
def request_summary_job() -> None:
    summarize()


@dg.job(
    name="request_batch_summary",
    description=f"Summaries of all recordings in a folder, by Sonix. {_COSTS}",
    tags=_TAGS,
)
def request_batch_summary_job() -> None:
    summarize_folder()


@dg.job(name="request_translation", description=f"A translation of one recording, by Sonix. {_COSTS}", tags=_TAGS)
def request_translation_job() -> None:
    translate()


JOBS = [submit_media_job, request_summary_job, request_batch_summary_job, request_translation_job]

ASSETS = [spec_of(VENDOR_REQUESTS, group="requests", kinds={"sonix", "temi", "deltalake"})]
"""Written by these jobs, not by a sync: shown in the graph, and materialized with each run."""


def _derive(
    context: dg.OpExecutionContext,
    sonix: SonixResource,
    lake: LakeResource,
    request: Callable[[Ledger, SonixClient, str, str, Rules], Outcome],
    subject: str,
    wish: str,
    repeats: _Repeats,
) -> None:
    with _never_retried():
        client = sonix.client()
        if client is None:
            raise SettingsError("SONIX_API_KEY is not set; nothing was sent")
        _report(context, lake, [request(_ledger(context, lake), client, subject, wish, repeats.rules())])


def _ledger(context: dg.OpExecutionContext, lake: LakeResource) -> Ledger:
    return Ledger(lake.lake(), requested_by=context.run.tags.get("user"), run_id=context.run_id)


def _report(context: dg.OpExecutionContext, lake: LakeResource, outcomes: Iterable[Outcome]) -> None:
    """Log each request as it ends, show all of them as metadata, and fail the run unless the vendor has them all."""
    ended: list[Outcome] = []
    for outcome in outcomes:
        ended.append(outcome)
        log = {"accepted": context.log.info, "repeated": context.log.warning}.get(outcome.status, context.log.error)
        log(str(outcome))
    names = ("provider", "operation", "subject", "status", "vendor_id", "request_id", "told")
    columns = dg.TableSchema([dg.TableColumn(name) for name in names])
    records = [dg.TableRecord({name: getattr(outcome, name) or "" for name in names}) for outcome in ended]
    metadata: dict[str, Any] = {
        "accepted": sum(outcome.status == "accepted" for outcome in ended),
        "not accepted": sum(outcome.status != "accepted" for outcome in ended),
        "vendor ids": ", ".join(outcome.vendor_id for outcome in ended if outcome.vendor_id) or "none",
        "requests": dg.MetadataValue.table(records, columns),
    }
    table = table_metadata(lake.lake(), VENDOR_REQUESTS)
    context.log_event(dg.AssetMaterialization(VENDOR_REQUESTS.name, metadata={**table, **metadata}))
    if not all_at_vendor(ended):
        missing = [str(outcome) for outcome in ended if outcome.status != "accepted"]
        said = "\n".join([f"{len(missing)} of {len(ended)} not accepted:", *missing]) if len(ended) > 1 else missing[0]
        raise dg.Failure(description=said, metadata=metadata, allow_retries=False)
    context.add_output_metadata(metadata)


@contextmanager
def _never_retried() -> Iterator[None]:
    """Our errors in plain words, and no second try by Dagster whatever the cause: it might be paid for."""
    try:
        yield
    except SonitemiError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None
