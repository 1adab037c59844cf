"""The vendors by name, as people write them in code: a resource for each account, and the builder that takes them.

No other module of this package names a vendor. One that is declared elsewhere comes in by `others`, or by its name in
the component.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import dagster as dg

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.dagster.build import definitions_of
from sonitemi_pipelines.dagster.captions import Captions
from sonitemi_pipelines.dagster.operations import ops_of
from sonitemi_pipelines.dagster.resources import LakeResource, VendorResource
from sonitemi_pipelines.dagster.site import Site
from sonitemi_pipelines.dagster.translator import SonitemiTranslator


class SonixResource(VendorResource):
    """A Sonix account; `get_client()` gives the client with every operation of the API."""

    provider: ClassVar[str] = "sonix"

    def get_client(self, **options: Any) -> SonixClient:
        """A client of this account; see `VendorResource.get_client`."""
        client: SonixClient = super().get_client(**options)
        return client


class TemiResource(VendorResource):
    """A Temi account; `get_client()` gives the client with every operation of the API."""

    provider: ClassVar[str] = "temi"

    def get_client(self, **options: Any) -> TemiClient:
        """A client of this account; see `VendorResource.get_client`."""
        client: TemiClient = super().get_client(**options)
        return client


def build_sonitemi_definitions(
    *,
    sonix: SonixResource | None = None,
    temi: TemiResource | None = None,
    lake: LakeResource,
    key_prefix: str | Sequence[str] = (),
    automation: bool = True,
    translator: SonitemiTranslator | None = None,
    captions: Captions | None = None,
    site: Site | None = None,
    others: Sequence[VendorResource] = (),
) -> dg.Definitions:
    """Assets, checks, jobs, sensors and schedules of one deployment; merge them with your own.

    Args:
        sonix, temi: the accounts. One that is left out has no assets; one without a key is skipped, aloud.
        lake: where it all goes, and every setting. Two deployments need two homes.
        key_prefix: before every asset key, and in the names of jobs, sensors and schedules: with one, they are never
            those of somebody else.
        automation: whether sensors and schedules are on from the start.
        translator: how tables become assets.
        captions: write every transcript to a folder too, as the asset `captions`; by default none.
        site: write the corpus as pages to a folder too, as the asset `site`; by default none.
        others: accounts at vendors declared elsewhere.

    Raises:
        SettingsError: in one line, what of this cannot be.
    """
    accounts = [account for account in (sonix, temi, *others) if account is not None]
    folders = [folder for folder in (captions, site) if folder is not None]
    return definitions_of(
        accounts, lake, key_prefix=key_prefix, automation=automation, translator=translator, folders=folders
    )


def sonitemi_ops(
    *,
    sonix: SonixResource | None = None,
    temi: TemiResource | None = None,
    lake: LakeResource | None = None,
    name_prefix: str = "",
    others: Sequence[VendorResource] = (),
) -> dict[str, dg.OpDefinition]:
    """An op for each operation of the accounts given, by name: `sonitemi_ops(sonix=...)["sonix.media.get"]`.

    The config of an op is what the client's method takes. What a method is about, such as `media_id`, may come from an
    op before it instead, and so may everything else: as a dict, by the input `options`. What an op gives is the answer
    as JSON has it: a dict, a list of dicts, a text, bytes of a document, or None.

    An operation that costs money is an op only where a lake is given: it goes by way of the ledger there, no retry
    repeats it, and it gives a dict for what became of the request, with `vendor_id`.

    Args:
        sonix, temi: the accounts; one that is left out has no ops.
        lake: where paid requests are written down.
        name_prefix: before the name of each op, such as `sonix_media_get`.
        others: accounts at vendors declared elsewhere.

    Raises:
        SettingsError: no account was given.
    """
    return ops_of([account for account in (sonix, temi, *others) if account is not None], lake, name_prefix)
