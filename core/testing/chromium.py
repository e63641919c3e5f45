"""Which Chromium the browser tests drive; installs one where that is possible.

`python -m core.testing.chromium` prints its path, or fails with a line that says what to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = (
    "The browser tests need Chromium: set CHROMIUM_PATH, or install Chromium so that it is on PATH."
)


def find_chromium() -> str | None:
    """The one that CHROMIUM_PATH names, or the first on PATH."""
    if given := os.environ.get("CHROMIUM_PATH"):
        return given if Path(given).is_file() else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def install_from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    print("Installing Chromium from the system's packages", file=sys.stderr)
    subprocess.run(["apt-get", "update"], check=False, **quiet)  # type: ignore[call-overload]
    subprocess.run(  # type: ignore[call-overload]
        ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
        check=False,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        **quiet,
    )
    return find_chromium()


def install_from_playwright() -> str | None:
    print("Downloading Playwright's Chromium", file=sys.stderr)
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=sys.stderr
    )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def main() -> int:
    found = find_chromium()
    if found is None and not os.environ.get("CHROMIUM_PATH"):
        found = install_from_debian() or install_from_playwright()
    print(found or MISSING, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
