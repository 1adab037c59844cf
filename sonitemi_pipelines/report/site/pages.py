"""The pages about everything: overview, conversations, people, trends, search."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from sonitemi_pipelines import __version__
from sonitemi_pipelines.report.axis import clock
from sonitemi_pipelines.report.facts import number, percent
from sonitemi_pipelines.report.site import plots
from sonitemi_pipelines.report.site.corpus import Corpus, Table
from sonitemi_pipelines.report.site.listing import Entry
from sonitemi_pipelines.report.site.text import SHARDS

PAGES = {
    "index": "Overview",
    "conversations": "Conversations",
    "search": "Search",
    "people": "People",
    "trackers": "Trackers",
    "trends": "Trends",
}
_TRENDS = (
    ("speech_rate", "Speech rate", "words per minute of speaking time, median", "{:.0f}"),
    ("interruptions", "Interruptions", "per hour of speaking time", "{:.1f}"),
    ("latency", "Response latency", "milliseconds from one speaker to the next, median", "{:.0f}"),
    ("silence", "Silence", "share of the conversation, median", "{:.0%}"),
    ("minutes", "Length", "minutes, median", "{:.1f}"),
    ("turnaround", "Turnaround", "minutes from upload to transcript, median", "{:.0f}"),
)


def site_pages(corpus: Corpus, entries: Sequence[Entry], parts: Sequence[str]) -> dict[str, str]:
    """File name -> text, of everything that is not one conversation's."""
    slugs = {(entry.provider, entry.recording_id): entry.page for entry in entries}
    context: dict[str, Any] = {
        "corpus": corpus,
        "totals": corpus.totals,
        "pages": PAGES,
        "parts": parts,
        "shards": SHARDS,
        "page_of": slugs,
        "plots": _overview_plots(corpus),
        "cost": _by_provider(corpus.cost, "cost"),
        "trends": _trend_plots(corpus),
        "version": __version__,
    }
    found = {
        f"{name}.html": _environment().get_template(f"{name}.html").render(context, this=name, heading=heading)
        for name, heading in PAGES.items()
    }
    return found | {
        "assets/site.css": _part("palette.css") + _part("site/site.css"),
        **{f"assets/{name}.js": _part(f"site/{name}.js") for name in ("site", "list", "search")},
    }


def _overview_plots(corpus: Corpus) -> dict[str, Markup]:
    found = {}
    for name, table, unit in (("hours", corpus.by_period, "hours"), ("cost", corpus.cost, "USD")):
        rows = {(row["period"], row["provider"]): row[name] for row in table.dicts()}
        providers = sorted({provider for _, provider in rows})
        series = {each: [float(rows.get((period, each)) or 0) for period in corpus.periods] for each in providers}
        if providers and corpus.periods:
            said = ", ".join(f"{each} {sum(values):,.0f}" for each, values in series.items())
            label = f"{name.capitalize()} by {corpus.period}, in {unit}: {said}"
            found[name] = plots.columns(corpus.periods, series, label=label, unit=unit)
    return found


def _trend_plots(corpus: Corpus) -> list[dict[str, Any]]:
    rows = {row["period"]: row for row in corpus.trends.dicts()}
    found = []
    for name, heading, meaning, form in _TRENDS:
        values = [rows[period][name] if period in rows else None for period in corpus.periods]
        values = [None if value is None else float(value) for value in values]
        known = [(period, value) for period, value in zip(corpus.periods, values, strict=True) if value is not None]
        if known:
            label = (
                f"{heading}, {meaning}, by {corpus.period}: {form.format(known[0][1])} to {form.format(known[-1][1])}"
            )
            plot = plots.line(corpus.periods, values, label=label, form=form.format)
            found.append({"name": name, "heading": heading, "meaning": meaning, "plot": plot,
                          "rows": [(period, form.format(value)) for period, value in known]})  # fmt: skip
    return found


def _by_provider(table: Table, column: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in table.dicts():
        found[row["provider"]] = found.get(row["provider"], 0.0) + float(row[column])
    return found


def _hours(hours: float | None) -> str:
    if hours is None:
        return "–"
    return f"{hours:,.0f} h" if hours >= 10 else f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _moment(moment: dt.datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sonitemi_pipelines.report", "templates/site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=clock, percent=percent, number=number, hours=_hours, moment=_moment)
    return environment


def _part(name: str) -> str:
    return resources.files("sonitemi_pipelines.report").joinpath("templates", name).read_text("utf-8")
