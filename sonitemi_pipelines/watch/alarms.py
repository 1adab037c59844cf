"""From what is wrong now to what somebody is told: once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from sonitemi_pipelines.watch.notify import Notice, Notifier, NotifyError

_MOST_WAITING = 50
_LONGEST_WAIT = 24 * 3600.0


class Alarm(msgspec.Struct, frozen=True):
    """Something that is wrong.

    Attributes:
        kind: of the notice.
        text: what is wrong, in one line.
        over: what is said when it is over.
    """

    kind: str
    text: str
    over: str
    details: dict[str, str | int | float | None] = {}


class Waiting(msgspec.Struct):
    """A notice that some channels did not take yet. `at`: Unix seconds."""

    kind: str
    text: str
    details: dict[str, str | int | float | None]
    channels: list[str]
    at: float


class Memory(msgspec.Struct):
    """What was told. Losing it tells again what is wrong, and nothing else."""

    open: dict[str, Alarm] = {}
    waiting: list[Waiting] = []


def load(text: str | None) -> Memory:
    """The memory in `text`; an empty one when that is none."""
    try:
        return msgspec.json.decode(text or "{}", type=Memory)
    except (msgspec.DecodeError, UnicodeError):
        return Memory()


def dump(memory: Memory) -> str:
    return msgspec.json.encode(memory).decode()


def notices(memory: Memory, current: Mapping[str, Alarm]) -> list[Notice]:
    """What to tell now; brings `memory` to `current`."""
    begun = [alarm for key, alarm in current.items() if key not in memory.open]
    ended = [alarm for key, alarm in memory.open.items() if key not in current]
    # The words of the beginning are kept for the end; a check that fails for another reason is not another failure.
    memory.open = {key: memory.open.get(key, alarm) for key, alarm in current.items()}
    return [
        *(Notice(alarm.kind, alarm.text, dict(alarm.details)) for alarm in begun),
        *(Notice(f"{alarm.kind}_recovered", alarm.over, dict(alarm.details)) for alarm in ended),
    ]


def deliver(memory: Memory, new: Sequence[Notice], to: Sequence[Notifier], now: float) -> tuple[int, list[str]]:
    """Hand notices to every channel; what one does not take waits in `memory` for the next time, for that one only.

    Returns:
        How many were handed over, and what went wrong.
    """
    channels = {notifier.name: notifier for notifier in to}
    memory.waiting += [Waiting(one.kind, one.text, one.details, list(channels), now) for one in new]
    delivered, problems = 0, dict[str, None]()
    for waiting in memory.waiting:
        notice = Notice(waiting.kind, waiting.text, dict(waiting.details))
        left = []
        for name in waiting.channels:
            if name not in channels:
                continue
            try:
                channels[name].notify(notice)
                delivered += 1
            except NotifyError as error:
                problems[str(error)] = None
                left.append(name)
        waiting.channels = left
    kept = [waiting for waiting in memory.waiting if waiting.channels and now - waiting.at < _LONGEST_WAIT]
    memory.waiting = kept[-_MOST_WAITING:]
    return delivered, list(problems)
