"""`python -m core.testing.both`: the whole suite on SQLite and on PostgreSQL at the same time.

Each test that needs a database runs on both; pages in a browser and what is marked `once` on SQLite
only, what needs no database beside PostgreSQL only. What SQLite's run says is shown as it comes,
PostgreSQL's once it has ended. Exits 1 when either failed.
"""

import subprocess
import sys
import tempfile

PYTEST = [sys.executable, "-m", "pytest", "-q"]
SQLITE = ["--database=sqlite", "--share=sqlite"]
# The two would write each other's cache.
POSTGRESQL = ["--database=postgresql", "--share=postgresql", "-p", "no:cacheprovider"]


def main() -> int:
    with tempfile.TemporaryFile() as said:
        other = subprocess.Popen([*PYTEST, *POSTGRESQL], stdout=said, stderr=subprocess.STDOUT)
        try:
            print("Tests on SQLite", flush=True)
            first = subprocess.run([*PYTEST, *SQLITE], check=False).returncode
            second = other.wait()
        finally:
            other.terminate()
            other.wait()
        said.seek(0)
        print("Tests on PostgreSQL", flush=True)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return int(bool(first or second))


if __name__ == "__main__":
    sys.exit(main())
