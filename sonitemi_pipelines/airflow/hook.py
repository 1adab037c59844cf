"""Where keys and home come from: an Airflow connection, or the worker's environment."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.errors import SettingsError

# Airflow reads DAG files all the time: what the lake and the vendors need is imported where a task runs.
if TYPE_CHECKING:
    from sonitemi_pipelines.settings import Settings

_GRACE_SECONDS = 20.0
_USAGE = 2


class SonitemiHook(BaseHook):
    """One account, or one of each vendor, and the lake they go to.

    The connection's extra is a JSON object of the variables of the README by name (`SONIX_API_KEY`, `SONITEMI_HOME`,
    ...). With a connection nothing of ours is read from the worker's environment; without one, all of it is.
    """

    conn_name_attr = "sonitemi_conn_id"
    default_conn_name = "sonitemi_default"
    conn_type = "sonitemi"
    hook_name = "Sonix and Temi"

    def __init__(self, sonitemi_conn_id: str | None = None) -> None:
        super().__init__()
        self.sonitemi_conn_id = sonitemi_conn_id
        self._process: subprocess.Popen[str] | None = None

    def environment(self) -> dict[str, str]:
        """The variables a run of ours is to see.

        Raises:
            AirflowFailException: the connection's extra is not an object of texts.
        """
        if self.sonitemi_conn_id is None:
            return dict(environment())
        extra = self.get_connection(self.sonitemi_conn_id).extra_dejson
        return own_environment(extra, self.sonitemi_conn_id)

    def settings(self) -> Settings:
        """The same as settings.

        Raises:
            AirflowFailException: a variable is malformed.
        """
        from sonitemi_pipelines.settings import Settings

        try:
            return Settings.from_env(self.environment())
        except SettingsError as error:
            raise AirflowFailException(str(error)) from error

    def run(self, command: Sequence[str]) -> Any:
        """Run `sonitemi COMMAND` in a process of its own; what it prints to standard error goes to the task's log.

        A process of its own because Airflow forks its workers, which the lake's library does not survive once used;
        and because it can be ended at once, whatever it waits for.

        Returns:
            what it printed to standard output, as JSON; of several lines, each of them.

        Raises:
            AirflowFailException: wrong settings or arguments, which no retry mends.
            AirflowException: something did not arrive; a retry goes on from there.
        """
        told: list[str] = []
        process = self._process = subprocess.Popen(
            [sys.executable, "-m", "sonitemi_pipelines.cli", *command],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        listener = threading.Thread(target=self._pass_on, args=(process.stderr, told), daemon=True)
        listener.start()
        try:
            assert process.stdout is not None
            printed = process.stdout.read()
            code = process.wait()
        finally:
            # A time-out or a stop of the task comes as an exception in here.
            self.stop()
        listener.join(_GRACE_SECONDS)
        why = told[-1] if told else f"ended with exit code {code}"
        if code == _USAGE:
            raise AirflowFailException(why)
        if code != 0:
            raise Incomplete(why, _json(printed))
        return _json(printed)

    def stop(self) -> None:
        """End what `run` started, if it runs."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _pass_on(self, stream: IO[str], told: list[str]) -> None:
        for line in stream:
            if line.strip():
                told.append(line.strip())
                self.log.info("%s", line.rstrip())


class Incomplete(AirflowException):
    """Something did not arrive. `summary` is what the run printed of itself."""

    def __init__(self, message: str, summary: Any) -> None:
        super().__init__(message)
        self.summary = summary


def own_environment(extra: Mapping[str, Any], conn_id: str) -> dict[str, str]:
    """The worker's environment with the variables of a connection in place of all that are ours."""
    from sonitemi_pipelines.vendors import VENDORS

    wrong = [name for name, value in extra.items() if not isinstance(value, str | int)]
    if wrong:
        raise AirflowFailException(f"connection {conn_id}: extra {wrong[0]} is not text; give variables by name")
    prefixes = ("SONITEMI_", *(f"{name.upper()}_" for name in VENDORS))
    kept = {name: value for name, value in environment().items() if not name.startswith(prefixes)}
    return {**kept, **{name: str(value) for name, value in extra.items()}}


def _json(printed: str) -> Any:
    with suppress(ValueError):
        return json.loads(printed)
    found = []
    for line in printed.splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found
