"""Importing crewai leaves the process as it was: no home, no keys taken, no signal handlers, nothing printed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CHECK = """
import os, signal, sys
sys.path.insert(0, {unit!r})
import conftest
from chatwootai_agent.crews import environment
import chatwootai_agent.crews.registry
assert "crewai" not in sys.modules, "crewai was imported before a turn"
before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
environment.prepare()
environment.prepare()
assert before == [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
assert not [name for name in os.environ if name.startswith("OPENAI_")]
assert os.path.isdir(os.environ["CREWAI_STORAGE_DIR"])
from openai.types.chat import ChatCompletion
assert ChatCompletion.__pydantic_complete__, "the first turns would build it, several at once"
imported = set(sys.modules)
import openai
openai.OpenAI(api_key="none").chat.completions
late = [name for name in set(sys.modules) - imported if name.startswith("openai.")]
assert not late, f"the first turn would import {{len(late)}} modules in the customer's time"
"""


def test_crewai_is_imported_late_and_quietly(tmp_path):
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-from-a-file\n")
    environment = {**os.environ, "HOME": "/proc/nobody", "OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": "http://x"}
    environment.pop("CREWAI_STORAGE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHECK.format(unit=str(ROOT / "tests" / "unit"))],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
