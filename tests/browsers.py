"""The browser that pages are looked at in."""

from __future__ import annotations

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]
"""What it needs as root, and in containers with little shared memory."""


def chromium() -> str:
    """Where it is; without one a test is skipped, but fails in CI, which installs it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = "chromium is missing; on Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found
