"""A whole corpus as a folder of pages: overview, people, trends, list, search and every conversation; no server."""

from sonitemi_pipelines.report.site.build import SiteReport, write_site

__all__ = ["SiteReport", "write_site"]
