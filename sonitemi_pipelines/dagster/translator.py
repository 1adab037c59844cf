"""How our tables become assets: the place to change keys, groups, owners, tags and descriptions."""

from __future__ import annotations

import dagster as dg


class SonitemiTranslator:
    """Says what the asset of a table looks like. Override a method, and give an instance to the builder.

    `key_prefix` of the builder is put before whatever `get_asset_spec` returns.
    """

    def get_asset_spec(self, spec: dg.AssetSpec) -> dg.AssetSpec:
        """The asset of one table.

        Args:
            spec: the default; its key is the table's name, without prefix. Use `spec.replace_attributes(...)`. Another
                key is carried over to everything that depends on it.
        """
        return spec.replace_attributes(
            group_name=self.get_group_name(spec),
            owners=self.get_owners(spec),
            tags=self.get_tags(spec),
            description=self.get_description(spec),
        )

    def get_group_name(self, spec: dg.AssetSpec) -> str | None:
        """sonix, temi, transcripts, summaries, marts, warehouse or requests."""
        return spec.group_name

    def get_owners(self, spec: dg.AssetSpec) -> list[str]:
        """Those of `LakeResource.owners`."""
        return list(spec.owners)

    def get_tags(self, spec: dg.AssetSpec) -> dict[str, str]:
        """Tags, of kinds too (`dagster/kind/...`)."""
        return dict(spec.tags)

    def get_description(self, spec: dg.AssetSpec) -> str | None:
        """What the table holds."""
        return spec.description
