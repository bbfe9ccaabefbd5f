"""A turn of the agents around a model that answers at once: what the crew, its tools and CrewAI cost the processor.

The model is a process of its own, so that its time is not counted. Beside a turn stands what CrewAI costs alone: as
many agents as a turn has (one for the intent, one that answers), without tools, prompts of ours or configuration.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stack import paths
from stack.instance import Instance

from . import stand as stands
from .figures import Figures, Row
from .stand import ACCOUNT

TURNS = 100
LOTS, TURNS_A_LOT = 3, 250
QUESTION = "Oi! Qual é a política de troca de vocês?"
MODEL = "chatwootai-demo-model"


def run(instance: Instance) -> list[Row]:
    with stands.tenant(instance), _model() as url:
        from odoo.addons.chatwootai_agent.crews.llm_settings import LLMSettings
        from odoo.addons.chatwootai_agent.crews.whatsapp import WhatsAppCrew

        settings = LLMSettings(MODEL, url, "none")

        def turn() -> None:
            reply = WhatsAppCrew(ACCOUNT, llm=settings).process_message(QUESTION, conversation_id=1)
            assert reply.text, reply

        # Before CrewAI runs in ways of its own: what it then keeps of every event is not what our crews let it keep.
        lots = [_memory_after(turn) for _ in range(LOTS)]
        alone = _crewai_alone(url)
        alone()
        bare, ours, walls = [], [], []
        for _ in range(TURNS):
            bare.append(_processor_time(alone))
            started = time.perf_counter()
            ours.append(_processor_time(turn))
            walls.append(time.perf_counter() - started)
    base, spent = Figures.of(bare), Figures.of(ours)
    return [
        Row("CrewAI alone, two agents: processor time", base),
        Row(
            "a turn: processor time",
            spent,
            ratio=spent.median / base.median,
            target="≤ 100 ms",
            met=spent.median <= 100,
        ),
        Row("a turn: wall clock, model included", Figures.of(walls), ratio=Figures.of(walls).median / base.median),
        *(
            Row(
                f"memory after {(lot + 1) * TURNS_A_LOT} turns",
                value=mib,
                unit="MiB",
                ratio=mib / lots[0],
                target="no growth over 500",
                met=None if lot < LOTS - 1 else mib <= 1.02 * lots[0],
            )
            for lot, mib in enumerate(lots)
        ),
    ]


def _crewai_alone(url: str) -> Callable[[], Any]:
    from crewai import LLM, Agent

    def work() -> None:
        llm = LLM(model=MODEL, base_url=url, api_key="none", custom_openai=True)
        for _ in range(2):
            Agent(role="Assistant", goal="Answer", backstory="You answer.", llm=llm).kickoff("Say hello.")

    return work


@contextmanager
def _model() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.model", "--port", "0"], cwd=paths.ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield process.stdout.readline().split()[1]
    finally:
        process.terminate()
        process.wait()


def _processor_time(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _memory_after(turn: Callable[[], Any]) -> float:
    """What is resident after a lot of turns, their garbage collected; the heap's high-water mark is part of it."""
    for _ in range(TURNS_A_LOT):
        turn()
    gc.collect()
    return _resident_mib()


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
