"""Runs a command that ends when its parent does: `python tether.py PARENT_PID COMMAND...` becomes COMMAND.

On Linux the kernel sends the command SIGKILL when the parent is gone, however it went (prctl(2), PR_SET_PDEATHSIG). It
is a script of its own, not a preexec_fn, because Python warns against those in a process with threads. On other
systems the command just runs, and the parent ends it. The command can be interrupted even where this was started with
SIGINT ignored, as a shell starts a background job.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """Replace this process by the command in `argv` after tying it to the parent `argv[0]`."""
    parent, command = int(argv[0]), argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went away before the call above
            sys.exit(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
