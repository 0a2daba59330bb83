"""The asyncio event loop of the worker: asyncio's own, on a selector that runs the libuv loop."""

import asyncio
import os
import selectors
import signal
import threading

import _pymemtop


class UVSelector(selectors._BaseSelectorImpl):
    """Keeps the keys, as every selector does; _pymemtop.Selector waits.

    There is one libuv loop, so one UVSelector can wait at a time."""

    def __init__(self):
        super().__init__()
        self._core = _pymemtop.Selector(self._fd_to_key)

    def register(self, fileobj, events, data=None):
        key = super().register(fileobj, events, data)
        try:
            self._core.register(key.fd, key.events)
        except BaseException:
            super().unregister(fileobj)
            raise
        return key

    def unregister(self, fileobj):
        key = super().unregister(fileobj)
        try:
            self._core.unregister(key.fd)
        except OSError:
            pass  # the descriptor was closed, and so is not in the set any more
        return key

    def modify(self, fileobj, events, data=None):
        key = self.get_key(fileobj)
        if not events or events & ~(selectors.EVENT_READ | selectors.EVENT_WRITE):
            raise ValueError("not a set of events: {!r}".format(events))
        if events != key.events:
            try:
                self._core.modify(key.fd, events)
            except BaseException:
                super().unregister(fileobj)
                raise
        key = key._replace(events=events, data=data)
        self._fd_to_key[key.fd] = key
        return key

    def select(self, timeout=None):
        return self._core.select(timeout)

    def fileno(self):
        return self._core.fileno()

    def close(self):
        self._core.close()
        super().close()


def is_main_thread():
    return threading.current_thread() is threading.main_thread()


class Loop(asyncio.SelectorEventLoop):
    """asyncio's loop; what is added keeps it awake for signals.

    libuv goes on waiting when a signal interrupts it, so the interpreter's wake-up descriptor must
    be set, and be watched, at all times. asyncio sets it while it has signal handlers of its own;
    here it stays set for handlers of signal.signal(), too."""

    def __init__(self):
        super().__init__(UVSelector())
        self._watch_signals()

    def _watch_signals(self):
        if is_main_thread():  # the only one that may
            signal.set_wakeup_fd(self._csock.fileno(), warn_on_full_buffer=False)

    def remove_signal_handler(self, sig):
        removed = super().remove_signal_handler(sig)
        if not self._signal_handlers and not self.is_closed():
            self._watch_signals()
        return removed

    def share_no_signals(self):
        """From now on a child made by os.fork has its signals to itself. The wake-up descriptor that
        it comes with is the parent's, to which they would be told, and the handlers work for the
        parent's loop; they are held back until both are gone."""
        masks = threading.local()

        def hold():
            masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, self._signal_handlers)

        def release():
            signal.pthread_sigmask(signal.SIG_SETMASK, masks.before)

        def leave():
            signal.set_wakeup_fd(-1)
            for sig in self._signal_handlers:
                default = signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL
                signal.signal(sig, default)
            release()

        os.register_at_fork(before=hold, after_in_parent=release, after_in_child=leave)

    def close(self):
        if is_main_thread() and not self.is_running() and not self.is_closed():
            before = signal.set_wakeup_fd(-1)
            if before != self._csock.fileno():
                signal.set_wakeup_fd(before)  # not this loop's
        super().close()
