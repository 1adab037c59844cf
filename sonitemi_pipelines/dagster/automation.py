"""Whether sensors and schedules are on from the start."""

from __future__ import annotations

import os

import dagster as dg

from sonitemi_pipelines.errors import SettingsError

_SAID = os.environ.get("SONITEMI_AUTOMATION", "").strip().lower() or "on"
if _SAID not in ("on", "off"):
    raise SettingsError(f"SONITEMI_AUTOMATION={_SAID} is neither on nor off")
OFF = _SAID == "off"
"""SONITEMI_AUTOMATION=off: none starts by itself; each can still be switched on in the UI."""

SENSOR = dg.DefaultSensorStatus.STOPPED if OFF else dg.DefaultSensorStatus.RUNNING


def schedule(*key_names: str) -> dg.DefaultScheduleStatus:
    """On when one of these vendors' keys is there."""
    has_key = any(os.environ.get(name, "").strip() for name in key_names)
    return dg.DefaultScheduleStatus.RUNNING if has_key and not OFF else dg.DefaultScheduleStatus.STOPPED
