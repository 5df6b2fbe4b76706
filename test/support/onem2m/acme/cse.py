"""A real CSE (ACME, `acmecse` from PyPI), driven by JSON lines on stdin; answers are JSON lines.

Argument: a directory with its acme.ini. Prints a line once the CSE is running, and ends with stdin.

  {"reset": true}  drops all resources and makes the first ones again, as a new start does; links stay up
"""
import argparse
import json
import os
import sys
import threading
import time
import types

from acmecse.etc.Constants import Constants, RuntimeConstants
from acmecse.etc.Types import CSEStatus
from acmecse.helpers.BackgroundWorker import BackgroundWorkerPool
from acmecse.runtime import CSE

# Its answers go to the real stdout; whatever ACME prints goes to stderr.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def answer(value):
    answers.write(json.dumps(value) + "\n")


def carry_out(command):
    if "reset" in command:
        CSE.resetCSE()


def keep_websocket_messages_apart():
    """ACME 2026.5.3 hands the loop variable of a WebSocket's messages to a thread: of two in a row it may take one twice and lose
    the other. Here each thread gets its own."""
    run = BackgroundWorkerPool.runJob

    def run_bound(task, name=None):
        if "message" in getattr(task, "__code__", run.__code__).co_freevars:
            cells = tuple(types.CellType(cell.cell_contents) for cell in task.__closure__)
            task = types.FunctionType(task.__code__, task.__globals__, task.__name__, task.__defaults__, cells)
        return run(task, name=name)

    BackgroundWorkerPool.runJob = run_bound


def main():
    # How long it waits for fatal errors before it says that it has started. s
    Constants.cseStartupDelay = 0.05
    keep_websocket_messages_apart()
    arguments = argparse.Namespace(configfile="acme.ini", rtDirectory=sys.argv[1], headless=True, printconfig=False)
    if not CSE.startup(arguments):
        sys.exit("ACME did not start; its log says more")
    while RuntimeConstants.cseStatus != CSEStatus.RUNNING:
        time.sleep(0.01)
    answer("running")
    for line in sys.stdin:
        carry_out(json.loads(line))
        answer("done")
    # What ACME does at exit: it takes its leave of the broker and of the CSE it is registered with. Now and then it hangs there.
    threading.Timer(2, os._exit, [0]).start()
    CSE._shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
