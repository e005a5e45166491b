"""Threads for the code of plug-ins: what blocks there stops neither the refresh nor the process.

Each package has one daemon thread with an event loop of its own, for one refresh. A call that has
not returned in time is given up, and so, at the end, is the thread: the end of the process is its
end, too.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from modeldex.refresh.daemon_threads import DaemonThreads
from modeldex.refresh.foreign_part import PATIENCE, Held, answer_of, reported
from modeldex.refresh.isolation import Failure, Reported, contained

_MOST_STOPS = 1_000
"""How often a plug-in may stop its event loop, which then goes on."""

_left: dict[str, "PluginThread"] = {}
"""The threads that were told to end and have not, by package."""


class _Abandoned(SystemExit):
    """Raised in a thread that has been given up; a SystemExit ends a thread without a word."""


class PluginThread:
    """A daemon thread with an event loop, in which the code of one package runs."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._loop = asyncio.new_event_loop()
        self._ending = False
        self._held: list[Held] = []
        self._thread = threading.Thread(target=self._work, name=f"plug-in {package}", daemon=True)
        self._thread.start()

    async def run(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """The result of a coroutine function that runs in the thread.

        When cancelled this returns at once, whatever happens in the thread.
        """
        work = asyncio.run_coroutine_threadsafe(reported(function, *args), self._loop)
        return answer_of(await asyncio.wrap_future(work))

    def hold(self, held: Held) -> None:
        """Let go of a part when the thread ends, so that its `__del__` runs there."""
        self._held.append(held)

    async def end(self) -> None:
        """Cancel what runs in the thread and end it; one that does not end is left."""
        self._ending = True
        with suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._loop.stop)
        if await self._has_ended():
            return
        self._interrupt()
        if not await self._has_ended():
            _left[self._package] = self

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    async def _has_ended(self) -> bool:
        """Whether the thread ends within PATIENCE seconds."""
        time = asyncio.get_running_loop().time
        until = time() + PATIENCE
        while True:
            if not self.is_alive or time() >= until:
                return not self.is_alive
            await asyncio.sleep(0.002)  # a thread that ends does not notify: poll it

    def _interrupt(self) -> None:
        """Raise in the thread, which ends a loop of Python code, but no call out of it."""
        with suppress(ImportError):  # not every build of Python has it
            import ctypes

            ident = ctypes.c_ulong(self._thread.ident or 0)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(_Abandoned))

    def _work(self) -> None:
        with contained():
            self._loop.set_exception_handler(lambda *_: None)
            self._loop.set_default_executor(DaemonThreads())
        for _ in range(_MOST_STOPS):
            if self._ending or self._loop.is_closed():
                break
            with contained():
                self._loop.run_forever()
        with contained():
            self._close()

    def _close(self) -> None:
        for held in self._held:
            held.part = None
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=PATIENCE / 2))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


def thread_of(package: str) -> PluginThread:
    """A new thread for the code of a package.

    Raises Reported while one of an earlier refresh has not ended: they must not pile up.
    """
    left = _left.pop(package, None)
    if left is not None and left.is_alive:
        _left[package] = left
        reason = "its code has not returned since an earlier refresh in this process"
        raise Reported(Failure(reason, "timeout"))
    return PluginThread(package)
