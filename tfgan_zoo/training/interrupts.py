"""Ctrl-C and SIGTERM: end after the step in progress, with everything saved."""

import os
import signal
import threading

# BSD's EX_TEMPFAIL, "try again": all is saved and the same command goes on. Neither 1 (an error) nor 130 or 143, with
# which a process ends that the signal simply killed.
EXIT_INTERRUPTED = 75


class Interrupts:
    """Context in which SIGINT and SIGTERM are noted instead of obeyed at once.

    While `deferring` is False (building, exporting: nothing to save) a signal ends the process with
    `EXIT_INTERRUPTED`. A second Ctrl-C does so always.

    Attributes:
        received: name of the first signal, or None.
    """

    def __init__(self):
        self.received = None
        self.deferring = False
        self._previous = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # Python handles signals there only.
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def obey(self):
        """Ends the process now if a signal has come and nobody has acted upon it."""
        if self.received is not None:
            _say(f"{self.received}: ended. The same command goes on from here.")
            raise SystemExit(EXIT_INTERRUPTED)

    def _handle(self, number, _frame):
        again = self.received is not None
        self.received = signal.Signals(number).name
        if not self.deferring or (again and number == signal.SIGINT):
            self.obey()
        if not again:
            _say(f"{self.received}: finishing the step and saving. Ctrl-C again ends at once.")


def _say(text):
    """Prints a line from wherever a signal finds the process, be it in the middle of another `print`."""
    os.write(1, f"\n{text}\n".encode())
