"""SIGINT and SIGTERM."""

import os
import signal
import threading

import pytest

import tfgan_zoo as zoo
from tfgan_zoo.training.interrupts import Interrupts


def test_exit_codes_are_their_own():
    codes = {zoo.training.EXIT_INTERRUPTED, zoo.training.EXIT_WORKER_LOST}
    assert codes == {75, 76}
    assert not codes & {0, 1, 2, 128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGKILL}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_is_noted_while_training(number, capfd):
    with Interrupts() as interrupts:
        interrupts.deferring = True
        assert interrupts.received is None
        os.kill(os.getpid(), number)
        assert interrupts.received == signal.Signals(number).name
    assert f"{interrupts.received}: finishing the step and saving." in capfd.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_at_once_while_there_is_nothing_to_save(number):
    with pytest.raises(SystemExit) as error, Interrupts():
        os.kill(os.getpid(), number)
    assert error.value.code == zoo.training.EXIT_INTERRUPTED


def test_second_ctrl_c_ends_at_once_and_second_sigterm_does_not():
    with pytest.raises(SystemExit) as error, Interrupts() as interrupts:
        interrupts.deferring = True
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
            assert interrupts.received in (None, "SIGTERM")
            os.kill(os.getpid(), number)
    assert error.value.code == zoo.training.EXIT_INTERRUPTED


def test_signal_that_came_too_late_to_be_noticed_is_obeyed(capfd):
    with pytest.raises(SystemExit) as error, Interrupts() as interrupts:
        interrupts.obey()
        interrupts.deferring = True
        os.kill(os.getpid(), signal.SIGTERM)
        interrupts.obey()
    assert error.value.code == zoo.training.EXIT_INTERRUPTED
    assert "SIGTERM: ended. The same command goes on from here." in capfd.readouterr().out


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interrupts():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_other_threads_train_without_handlers():
    def run():
        with Interrupts() as interrupts:
            results.append(interrupts.received)

    results = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert results == [None]
