"""Many requests, one fsync: what arrives while a commit runs shares the next one."""

from __future__ import annotations

import asyncio

from sonitemi_pipelines.webhooks.events import Delivery, Receipt
from sonitemi_pipelines.webhooks.inbox import Inbox

_LARGEST_GROUP = 256


class GroupCommit:
    """Writes deliveries of concurrent requests to an inbox in groups. Lives on one event loop."""

    def __init__(self, inbox: Inbox) -> None:
        self.commits = 0
        self._inbox = inbox
        self._queue: asyncio.Queue[tuple[Delivery, asyncio.Future[Receipt]] | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())

    async def put(self, delivery: Delivery) -> Receipt:
        """Return once `delivery` is on disk, or known to repeat one.

        Raises:
            InboxError: the group's commit failed; nothing of it is stored.
        """
        stored: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((delivery, stored))
        return await stored

    async def close(self) -> None:
        """Commit what waits, then stop."""
        self._queue.put_nowait(None)
        await self._task

    async def _run(self) -> None:
        open_ = True
        while open_:
            taken = [await self._queue.get()]
            while len(taken) < _LARGEST_GROUP and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            open_ = None not in taken
            await self._commit([item for item in taken if item is not None])

    async def _commit(self, group: list[tuple[Delivery, asyncio.Future[Receipt]]]) -> None:
        if not group:
            return
        try:
            answers = await asyncio.to_thread(self._inbox.put_many, [delivery for delivery, _ in group])
        except Exception as error:
            for _, stored in group:
                if not stored.done():
                    stored.set_exception(error)
            return
        self.commits += 1
        for (_, stored), answer in zip(group, answers, strict=True):
            if not stored.done():
                stored.set_result(answer)
