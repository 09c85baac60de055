# SPDX-License-Identifier: GPL-2.0
"""TAP for tests in Python, in kselftest's form. A name tells what holds when the test passes.

    @test("a board knows its address")
    def _():
        equal(board.address(), "10.0.0.1")

    run()
"""

import os
import sys
import time
import traceback

_tests = []
_after = []
WAIT = float(os.environ.get("TAP_WAIT", 30))


class Failed(AssertionError):
    """What was seen is not what was wanted; the text says both."""


def test(name):
    """Marks a function as one result; they run in the order in which they stand."""
    def add(function):
        _tests.append((name, function))
        return function
    return add


def after_each(function):
    """Called between the tests, and its complaint belongs to the one before."""
    _after.append(function)
    return function


def fail(text):
    raise Failed(text)


def check(condition, text):
    if not condition:
        fail(text)


def equal(got, wanted, what=""):
    if got != wanted:
        fail(f"{what + ': ' if what else ''}got {got!r}, wanted {wanted!r}")


def diag(text):
    for line in str(text).splitlines():
        print("#", line, flush=True)


def wait_for(condition, what=""):
    """Until it holds, and its value; the limit only ends a test that has failed."""
    end = time.monotonic() + WAIT
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            fail(f"waited {WAIT:.0f} s in vain for {what or condition}")
        time.sleep(0.02)


def _complaint(function):
    try:
        function()
    except Failed as error:
        where = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == sys.argv[0]]
        return f"line {where[-1].lineno}: {error}" if where else str(error)
    except Exception:  # a broken test must not hide the others
        return traceback.format_exc()
    return None


def _run_one(function):
    # Those that look afterwards do so after a failure, too: what it left is not the next one's.
    return [text for text in map(_complaint, [function] + _after) if text][:1]


def run(on_failure=None):
    """All of them, or those whose names contain an argument; ends the program. on_failure() tells what a test did."""
    wanted = [each for each in _tests if len(sys.argv) < 2 or any(word in each[0] for word in sys.argv[1:])]
    print(f"TAP version 13\n1..{len(wanted)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(wanted, 1):
        error = _run_one(function)
        print(f"{'not ok' if error else 'ok'} {number} {name}", flush=True)
        story = on_failure() if on_failure else ""
        if error:
            failed += 1
            diag(error[0])
            diag(story)
    sys.exit(1 if failed or not wanted else 0)
