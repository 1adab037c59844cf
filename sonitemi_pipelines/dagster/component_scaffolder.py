"""What `dg scaffold defs sonitemi_pipelines.dagster.SonitemiComponent NAME` writes."""

from __future__ import annotations

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component
from pydantic import BaseModel, Field

from sonitemi_pipelines.vendors import VENDORS


class SonitemiScaffoldParams(BaseModel):
    """Options of the command."""

    home: str = Field(default="", description="Absolute path or object-store URL of the lake.")


class SonitemiScaffolder(dg.Scaffolder[SonitemiScaffoldParams]):
    """Writes a component with an account of each vendor, under the folder's name."""

    @classmethod
    def get_scaffold_params(cls) -> type[SonitemiScaffoldParams]:
        return SonitemiScaffoldParams

    def scaffold(self, request: dg.ScaffoldRequest[SonitemiScaffoldParams]) -> None:
        path = request.target_path
        name = path.parent.name if request.append else path.name
        attributes = {
            **{v.name: {"api_key": f"{{{{ env.{v.key_variable} }}}}"} for v in VENDORS.values()},
            "lake": {"home": request.params.home or "{{ env.SONITEMI_HOME }}"},
            "key_prefix": name,
        }
        scaffold_component(request, attributes)
