"""Runs `sql/`: reads what each mart means from its header, and keeps the mart tables of the lake true."""

from sonitemi_pipelines.marts.model import Mart, load_macros, load_marts
from sonitemi_pipelines.marts.views import load_views, view_select

__all__ = ["Mart", "load_macros", "load_marts", "load_views", "view_select"]
