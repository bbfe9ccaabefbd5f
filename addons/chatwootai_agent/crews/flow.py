"""One message through the crew, as a crewai Flow: the intent agent, the router, one specialist.

The model's and the tools' calls go through the turn's ledger; how the turn ends is decided in `base`. Importing this
imports crewai: call `environment.prepare()` first.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import openai
from crewai import Agent
from crewai.flow.flow import Flow, listen, or_, router, start
from pydantic import Field

from .intent import PERSON, Intent, parse_intent, response_format
from .llm import TenantLLM
from .offering import Offers
from .prompts import AgentPrompt, Prompts, customer_message
from .reply import Customer
from .tools import AgentTool
from .turn import Turn

#: Below this the classifier guesses, and a person sees sooner what the customer wants.
LEAST_CONFIDENCE: Final = 0.2


@dataclass
class MessageRun:
    """What one message's flow works with, and what came out of it."""

    message: str
    history: list[dict[str, str]]
    customer: Customer | None
    prompts: Prompts
    intents: Sequence[str]
    json_schema: bool
    max_steps: int
    llm: TenantLLM
    turn: Turn
    tools_of: Callable[[str], list[AgentTool]]
    offers: Offers
    intent: Intent = field(default_factory=lambda: Intent("", 0.0))
    answer: str = ""
    prompt: AgentPrompt | None = None


class MessageFlow(Flow):
    """classify → route → specialist, or straight to a person."""

    _skip_auto_memory = True
    suppress_flow_events: bool = True
    run: Any = Field(default=None, exclude=True)

    @start()
    def classify(self) -> str:
        self.run.intent = classify(self.run)
        return str(self.run.intent.name)

    @router(classify)
    def route(self, _intent: str) -> str:
        intent = self.run.intent
        return PERSON if intent.confidence < LEAST_CONFIDENCE else intent.name

    @listen(or_("sales", "support", "scheduling", "delivery"))
    def specialist(self) -> None:
        run = self.run
        name = run.intent.name
        run.prompt = run.prompts.specialist(name, run.customer)
        agent = agent_of(run, run.prompt, run.tools_of(name))
        run.answer = _asked(agent, run, customer_message(run.message))


def perform(run: MessageRun) -> None:
    """Run the flow in a context of its own: crewai leaves context variables behind."""
    contextvars.copy_context().run(MessageFlow(tracing=False, run=run).kickoff)


def classify(run: MessageRun) -> Intent:
    """The customer's intent; when the model will not name one, the most general specialist there is."""
    if len(run.intents) == 1:
        return Intent(run.intents[0], 1.0)
    agent = agent_of(run, run.prompts.classifier(run.intents))
    asked = customer_message(run.message)
    if run.json_schema:
        try:
            with run.llm.answering_in(response_format(run.intents)):
                intent = parse_intent(_asked(agent, run, asked), run.intents)
            if intent is not None:
                return intent
        except openai.BadRequestError:
            run.turn.llm_failure = None  # a server that knows no schemas says so with a 400
    plain = f"{asked}\n\n{run.prompts.classifier_plain(run.intents)}"
    intent = parse_intent(_asked(agent, run, plain), run.intents)
    return intent or Intent("support" if "support" in run.intents else run.intents[0], 0.5)


def _asked(agent: Agent, run: MessageRun, question: str) -> str:
    return str(agent.kickoff([*run.history, {"role": "user", "content": question}]).raw)


def agent_of(run: MessageRun, prompt: AgentPrompt, tools: Sequence[AgentTool] = ()) -> Agent:
    return Agent(
        role=prompt.role,
        goal=prompt.goal,
        backstory=prompt.backstory,
        llm=run.llm,
        tools=list(tools),
        max_iter=run.max_steps,
        allow_delegation=False,
        cache=False,  # a repeated lookup is a step too, and prices change
        respect_context_window=False,
        use_better_compaction=False,
        verbose=False,
    )
