"""Assets of the Temi account: jobs and balance."""

from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.dagster.vendor_assets import vendor_asset
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.temi import lists as temi
from sonitemi_pipelines.vendors.temi.tables import TEMI_ACCOUNT_BALANCE, TEMI_JOBS


def _jobs(lake: Lake, client: TemiClient, scope: Scope, settings: Settings) -> object:
    return temi.sync_jobs(lake, client, scope, in_flight=settings.in_flight)


def _balance(lake: Lake, client: TemiClient, scope: Scope, settings: Settings) -> object:
    return f"{temi.observe_balance(lake, client).balance} USD"


ASSETS = [
    vendor_asset("temi", TEMI_JOBS, [], _jobs),
    vendor_asset("temi", TEMI_ACCOUNT_BALANCE, [], _balance),
]
