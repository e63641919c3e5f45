"""A large build in a process of its own: niced, one thread, bounded memory, gone with its parent.

The parent holds the other end of the child's standard input. When it dies, in whatever way, the
child reads the end of it and stops.
"""

import os
import resource
import signal
import subprocess
import sys
import threading

from django.conf import settings

NICENESS = 10
LONGEST = 3600.0
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class ChildFailed(Exception):
    """Why it ended, in a plain sentence."""


def run_child(business_id: str, token: str) -> None:
    """Build in a child under the claim `token`, and wait for it. ChildFailed."""
    command = ["manage.py", "build_index", business_id, "--claim", token]
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        env={**os.environ, **ONE_THREAD, "DESKBELL_PART": "sweeper"},
    ) as child:
        try:
            code = child.wait(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            child.kill()
            raise ChildFailed("The build took longer than an hour.") from None
        except BaseException:
            child.kill()
            raise
    if code:
        raise ChildFailed(_reason(code))


def _reason(code: int) -> str:
    if code < 0:
        return f"The build was ended by {signal.Signals(-code).name}."
    return f"The build ended with code {code}; see the log."


def be_child() -> None:
    """Called in the child: step back behind everything else, and go with the parent.

    The limit is for memory of its own; mapped files are not counted.
    """
    os.nice(NICENESS)
    memory = settings.INDEX_BUILD_MB * 1024 * 1024
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = memory if most == resource.RLIM_INFINITY else min(memory, most)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    # Not through `sys.stdin`: its lock is in the way of an orderly end.
    while os.read(0, 1024):
        pass
    os._exit(1)
