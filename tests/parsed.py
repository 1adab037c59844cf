"""One payload of a vendor by itself, as the lake's rows: what most tests of numbers begin with."""

from __future__ import annotations

from functools import partial

from sonitemi_pipelines.parsing.assemble import parse
from sonitemi_pipelines.vendors.sonix.parse import take_apart as take_sonix_apart
from sonitemi_pipelines.vendors.temi.parse import take_apart as take_temi_apart

parse_sonix = partial(parse, take_sonix_apart)
parse_temi = partial(parse, take_temi_apart)
