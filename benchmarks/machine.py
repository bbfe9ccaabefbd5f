"""The machine the figures were taken on, and whether it was quiet."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

BUSY = 0.5  # of the load a core, before we add ours


def described() -> dict[str, Any]:
    cores = os.cpu_count() or 1
    return {
        "cores": cores,
        "processor": _processor(),
        "python": platform.python_version(),
        "load_before": load(),
        "busy": os.getloadavg()[0] > BUSY * cores,
    }


def load() -> list[float]:
    """Of the last 1, 5 and 15 minutes."""
    return [round(each, 2) for each in os.getloadavg()]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
