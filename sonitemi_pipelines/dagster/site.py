"""The optional asset `site`: the whole corpus as pages in a folder, of which a run rewrites what changed."""

from __future__ import annotations

from typing import ClassVar

from sonitemi_pipelines.dagster.deployment import WAREHOUSE
from sonitemi_pipelines.dagster.folders import Folder, Written
from sonitemi_pipelines.lake.neighbours import identity
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings


class Site(Folder):
    """Where the pages go. The same as `sonitemi report --all FOLDER`."""

    asset: ClassVar[str] = "site"
    made_from: ClassVar[str] = WAREHOUSE

    @property
    def kind(self) -> str:
        return "html"

    @property
    def about(self) -> str:
        return "The corpus as a static site: overview, conversations, search, people, trackers and trends."

    def version(self, lake: Lake, settings: Settings) -> str:
        # A publication that changes nothing leaves the file as it is.
        return str(identity(str(settings.warehouse)))

    def write(self, lake: Lake, settings: Settings) -> Written:
        # Here, not at the top: a code location is loaded by many a process that runs nothing.
        from sonitemi_pipelines.report.site import write_site
        from sonitemi_pipelines.warehouse import open_warehouse

        with open_warehouse(settings.warehouse) as connection:
            return Written(str(write_site(connection, self.path)))
