"""`python -m core.supervisor`: the whole of Deskbell in the foreground."""

import sys

from core.supervisor.plan import make_plan
from core.supervisor.runner import Supervisor

if __name__ == "__main__":
    sys.exit(Supervisor(make_plan()).run())
