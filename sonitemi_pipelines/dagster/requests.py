"""Jobs that cost money: submit media, ask for summaries and translations. No schedule or sensor starts one."""

# Annotations stay objects here: @dg.op compares the context's type itself.
import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import dagster as dg
from pydantic import Field, create_model

from sonitemi_pipelines.dagster.catalog import Catalog, rows_of
from sonitemi_pipelines.dagster.deployment import Deployment
from sonitemi_pipelines.dagster.run_state import HOME_TAG
from sonitemi_pipelines.errors import SettingsError, SonitemiError
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.paid import (
    Ledger,
    Outcome,
    PaidOperation,
    Rules,
    SubmitOptions,
    all_at_vendor,
    files_in,
    submit_media,
)
from sonitemi_pipelines.paid.placing import WINDOW_HOURS
from sonitemi_pipelines.vendors import VENDORS, Vendor

_COSTS = "This costs money. The same request is refused within `window_hours`, unless `force` is true."
# Dagster's own retries stay away too where an instance switches them on for all runs.
_TAGS = {"dagster/max_retries": "0"}


class _Repeats(dg.Config):
    window_hours: float = Field(
        default=WINDOW_HOURS,
        description="Refuse a request that the vendor accepted within this many hours; 0 refuses none.",
    )
    force: bool = Field(default=False, description="Send the request even if it was made before, and pay again.")

    def rules(self) -> Rules:
        return Rules(self.window_hours, self.force)


class _Media(_Repeats):
    folder: str | None = Field(default=None, description="Folder with files to submit, on the machine of the run.")
    pattern: str = Field(
        default="*", description="Pattern of the files in the folder: *.mp3, or **/*.mp3 to include subfolders."
    )
    urls: list[str] = Field(default=[], description="URLs to submit.")
    language: str | None = Field(
        default=None, description="Code of the spoken language, such as en. Required for Sonix."
    )
    folder_id: str | None = Field(
        default=None, description="Id of the Sonix folder for the media. Default: the home folder."
    )
    name_prefix: str | None = Field(default=None, description="Prefix of the name at Sonix, before the file name.")
    keywords: list[str] = Field(default=[], description="Sonix: names and terms that occur, as hints.")
    name: str | None = Field(default=None, description="Name at Sonix. For a single file or URL.")
    transcript_text: str | None = Field(default=None, description="Sonix: an existing transcript to align.")
    custom_data: dict[str, Any] = Field(default={}, description="Sonix: key-value pairs to attach.")
    multitrack: bool = Field(default=False, description="Sonix: each speaker has a separate channel.")
    speaker_labels: list[str] = Field(default=[], description="Sonix: speaker name of each channel, with multitrack.")
    content_type: str | None = Field(default=None, description="Temi: media type of files without a known extension.")
    metadata: str | None = Field(default=None, description="Temi: text to attach.")
    callback_url: str | None = Field(
        default=None, description="URL that the vendor calls when a transcription completes or fails."
    )

    def media(self) -> list[str | Path]:
        files = files_in(Path(self.folder).expanduser(), self.pattern) if self.folder else []
        return [*files, *self.urls]

    def options(self) -> SubmitOptions:
        # An empty field of the launchpad is one that was left out.
        given = {field.name: getattr(self, field.name) or None for field in dataclasses.fields(SubmitOptions)}
        return SubmitOptions(**given)


def _media_fields() -> type[_Media]:
    """What the launchpad asks of media to submit: also, which vendor that takes media shall have them."""
    names = tuple(vendor.name for vendor in VENDORS.values() if vendor.submitter is not None)
    provider: Any = (Literal.__getitem__(names), Field(description="Vendor that transcribes the media."))
    return create_model("SubmitMedia", __base__=_Media, provider=provider)


def _fields_of(operation: PaidOperation) -> type[_Repeats]:
    """What the launchpad asks of an operation: its two arguments."""
    asked: dict[str, Any] = {
        argument.name: (str, Field(description=argument.doc)) for argument in (operation.subject, operation.wish)
    }
    name = "".join(word.capitalize() for word in operation.job.split("_"))
    return create_model(name, __base__=_Repeats, **asked)


def request_jobs(catalog: Catalog) -> list[dg.JobDefinition]:
    """submit_media, and a job for each thing that a vendor makes of a recording for money."""
    found = [_submit_job(catalog)]
    for vendor in catalog.deployment.vendors:
        found += [_derive_job(catalog, vendor, operation) for operation in vendor.operations]
    return found


def _submit_job(catalog: Catalog) -> dg.JobDefinition:
    deployment = catalog.deployment

    def submit(context: dg.OpExecutionContext, config: _Media) -> None:
        with _never_retried():
            vendor, client = _client(deployment, config.provider)  # type: ignore[attr-defined]
            if vendor.submitter is None:
                raise SettingsError(f"{vendor.label} takes no media")
            media, options, rules = config.media(), config.options(), config.rules()
            ledger = _ledger(context, deployment)
            _report(context, catalog, submit_media(ledger, vendor.submitter(client), media, options, rules))

    # Dagster reads off the annotation what the launchpad asks.
    submit.__annotations__["config"] = _media_fields()
    op = dg.op(name=deployment.own_name("submit"), description=f"Submits files and URLs for transcription. {_COSTS}")(
        submit
    )
    return _job(
        deployment,
        "submit_media",
        op,
        "submit",
        f"Has files and URLs transcribed by {' or '.join(vendor.label for vendor in deployment.vendors)}. {_COSTS}",
    )


def _derive_job(catalog: Catalog, vendor: Vendor, operation: PaidOperation) -> dg.JobDefinition:
    deployment, step = catalog.deployment, operation.name.replace("-", "_")

    def derive(context: dg.OpExecutionContext, config: _Repeats) -> None:
        with _never_retried():
            _, client = _client(deployment, vendor.name)
            ledger = _ledger(context, deployment)
            subject, wish = getattr(config, operation.subject.name), getattr(config, operation.wish.name)
            _report(context, catalog, [operation.request(ledger, client, subject, wish, config.rules())])

    derive.__annotations__["config"] = _fields_of(operation)
    op = dg.op(name=deployment.own_name(step), description=f"{operation.doc} {_COSTS}")(derive)
    return _job(deployment, operation.job, op, step, f"{operation.doc} {_COSTS}")


def _job(deployment: Deployment, name: str, op: dg.OpDefinition, step: str, description: str) -> dg.JobDefinition:
    @dg.job(name=deployment.name(name), description=description, tags={**_TAGS, HOME_TAG: deployment.home_id})
    def request() -> None:
        op.alias(step)()

    return request


def _client(deployment: Deployment, provider: str) -> tuple[Vendor, Any]:
    if provider not in deployment.accounts:
        raise SettingsError(f"this deployment has no account at {provider}; nothing was sent")
    client = deployment.client(provider)
    if client is None:
        raise SettingsError(f"{deployment.accounts[provider].key_name()} is not set; nothing was sent")
    [vendor] = [vendor for vendor in deployment.vendors if vendor.name == provider]
    return vendor, client


def _ledger(context: dg.OpExecutionContext, deployment: Deployment) -> Ledger:
    return Ledger(deployment.lake(), requested_by=context.run.tags.get("user"), run_id=context.run_id)


def _report(context: dg.OpExecutionContext, catalog: Catalog, outcomes: Iterable[Outcome]) -> None:
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
    table = rows_of(catalog.deployment.lake(), VENDOR_REQUESTS)
    key = catalog.keys[VENDOR_REQUESTS.name]
    context.log_event(dg.AssetMaterialization(key, metadata={**table, **metadata}))
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
