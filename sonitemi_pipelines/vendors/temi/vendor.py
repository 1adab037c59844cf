"""Temi, declared."""

from __future__ import annotations

from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.api.temi.statuses import JOBS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.vendor_parts import selects_beside
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.lists import ListChange
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.temi import lists
from sonitemi_pipelines.vendors.temi.hints import HOOKS
from sonitemi_pipelines.vendors.temi.lists import BalanceChange
from sonitemi_pipelines.vendors.temi.paid import TemiSubmitter
from sonitemi_pipelines.vendors.temi.parse import take_apart
from sonitemi_pipelines.vendors.temi.poll import TemiLooker
from sonitemi_pipelines.vendors.temi.tables import TABLES, TEMI_ACCOUNT_BALANCE, TEMI_JOBS
from sonitemi_pipelines.vendors.vendor import ListStep, Vendor


def _jobs(lake: Lake, client: TemiClient, scope: Scope, settings: Settings) -> ListChange:
    return lists.sync_jobs(lake, client, scope, in_flight=settings.in_flight, other_account=settings.other_account)


def _balance(lake: Lake, client: TemiClient, scope: Scope, settings: Settings) -> BalanceChange:
    return BalanceChange(lists.observe_balance(lake, client).balance)


def _status_of(client: TemiClient, job_id: str) -> str:
    return client.jobs.get(job_id).status or ""


def _probe(client: TemiClient) -> str:
    return f"balance {client.account.get().balance} USD"


TEMI = Vendor(
    name="temi",
    label="Temi",
    recording="job",
    tables=TABLES,
    list_table=TEMI_JOBS,
    steps=(
        ListStep(TEMI_JOBS, _jobs, feeds_transcripts=True, hours=2),
        ListStep(TEMI_ACCOUNT_BALANCE, _balance, after_transcripts=True, hours=13),
    ),
    statuses=JOBS,
    selects=selects_beside(__file__),
    language="en",
    connect=TemiClient.from_settings,
    probe=_probe,
    status_of=_status_of,
    wanted=lists.wanted_transcripts,
    fetch=lists.fetch_transcript,
    take_apart=take_apart,
    looker=TemiLooker,
    submitter=TemiSubmitter,
    hooks=HOOKS,
    balance=TEMI_ACCOUNT_BALANCE,
)
