"""The pipeline as a Dagster integration: resources, a builder, a translator, a component, and ops."""

from sonitemi_pipelines.dagster.captions import Captions
from sonitemi_pipelines.dagster.component import SonitemiComponent
from sonitemi_pipelines.dagster.face import SonixResource, TemiResource, build_sonitemi_definitions, sonitemi_ops
from sonitemi_pipelines.dagster.resources import LakeResource
from sonitemi_pipelines.dagster.scope import ScopeResource
from sonitemi_pipelines.dagster.site import Site
from sonitemi_pipelines.dagster.translator import SonitemiTranslator

__all__ = [
    "Captions",
    "LakeResource",
    "ScopeResource",
    "Site",
    "SonitemiComponent",
    "SonitemiTranslator",
    "SonixResource",
    "TemiResource",
    "build_sonitemi_definitions",
    "sonitemi_ops",
]
