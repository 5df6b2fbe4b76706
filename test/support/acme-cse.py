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

from acmecse.etc.Constants import Constants, RuntimeConstants
from acmecse.etc.Types import CSEStatus
from acmecse.runtime import CSE

# Its answers go to the real stdout; whatever ACME prints goes to stderr.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def answer(value):
    answers.write(json.dumps(value) + "\n")


def carry_out(command):
    if "reset" in command:
        CSE.resetCSE()


def main():
    # How long it waits for fatal errors before it says that it has started. s
    Constants.cseStartupDelay = 0.05
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
