"""Operators: what the command line does, as tasks. Their results are small dicts, fit for XCom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from sonitemi_pipelines.airflow.hook import Incomplete, SonitemiHook


class _CommandOperator(BaseOperator):
    """Runs a command of `sonitemi` in a process of its own."""

    def __init__(self, *, sonitemi_conn_id: str | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.sonitemi_conn_id = sonitemi_conn_id
        self._hook: SonitemiHook | None = None

    def command(self) -> list[str]:
        """Its words, after `sonitemi`."""
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        self._hook = SonitemiHook(self.sonitemi_conn_id)
        return self._hook.run(self.command())

    def on_kill(self) -> None:
        if self._hook is not None:
            self._hook.stop()


class SonitemiSyncOperator(_CommandOperator):
    """Fetch what is missing or changed, refresh the marts, publish the warehouse. The result is the run's summary.

    The task fails when something did not arrive; what did is kept, and a retry goes on from there.

    Args:
        sonitemi_conn_id: connection that holds keys and home; the worker's environment when left out.
        vendors: only these.
        since, until: days such as '{{ ds }}': transcripts of recordings created from / before then.
        refetch: fetch transcripts again although the lake has them.
        reread_days: read transcripts of so many days again, whose edits no list shows.
    """

    template_fields: ClassVar[Sequence[str]] = ("vendors", "since", "until")

    def __init__(
        self,
        *,
        vendors: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
        refetch: bool = False,
        reread_days: int = 0,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.vendors = vendors
        self.since = since
        self.until = until
        self.refetch = refetch
        self.reread_days = reread_days

    def command(self) -> list[str]:
        words = ["sync", "--json", "--reread-days", str(self.reread_days)]
        words += [word for name in self.vendors for word in ("--vendor", name)]
        words += ["--since", self.since] if self.since else []
        words += ["--until", self.until] if self.until else []
        return words + (["--refetch"] if self.refetch else [])


class SonitemiReconcileOperator(_CommandOperator):
    """Like sync, and read recent transcripts again whose edits no list shows.

    Args:
        reread_days: how many days back; SONITEMI_REREAD_DAYS when left out.
        vendors: only these.
    """

    template_fields: ClassVar[Sequence[str]] = ("vendors",)

    def __init__(self, *, vendors: Sequence[str] = (), reread_days: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.vendors = vendors
        self.reread_days = reread_days

    def command(self) -> list[str]:
        words = ["reconcile", "--json", *(word for name in self.vendors for word in ("--vendor", name))]
        return words + ([] if self.reread_days is None else ["--reread-days", str(self.reread_days)])


class SonitemiMaintainOperator(_CommandOperator):
    """Compact the lake, publish it, delete files that nothing has named for days."""

    def command(self) -> list[str]:
        return ["maintain", "--json"]


class SonitemiSubmitOperator(_CommandOperator):
    """Have files and URLs transcribed; this costs money. The result is a list with an outcome for each.

    A retry pays for nothing twice: what the vendor accepted before counts as done.

    Args:
        provider: the vendor.
        media: paths that the worker can read, and URLs.
        options: by the names of `sonitemi submit`'s options, such as {"language": "en", "keywords": ["Kairos"]};
            what is true or false, a list or an object is given as such.
    """

    template_fields: ClassVar[Sequence[str]] = ("media", "options")

    def __init__(
        self, *, provider: str, media: Sequence[str], options: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        super().__init__(**more)
        self.provider = provider
        self.media = media
        self.options = options or {}

    def command(self) -> list[str]:
        if isinstance(self.media, str):
            raise AirflowFailException("media is one text; give a list of paths and URLs")
        words = ["submit", self.provider, *self.media, "--json"]
        return words + [word for name, value in self.options.items() for word in _option(name, value)]

    def execute(self, context: Any) -> Any:
        try:
            found = super().execute(context)
        except Incomplete as error:
            found = error.summary
            outcomes = found if isinstance(found, list) else [found]
            undone = [one for one in outcomes if one.get("status") not in ("accepted", "repeated")]
            if undone or not outcomes:
                raise AirflowException(f"{error}: {json.dumps(undone)[:500]}") from error
        return found if isinstance(found, list) else [found]


def _option(name: str, value: Any) -> list[str]:
    """One option of the command as its words."""
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    if isinstance(value, list | tuple):
        return [word for each in value for word in (flag, str(each))]
    return [flag, json.dumps(value) if isinstance(value, Mapping) else str(value)]
