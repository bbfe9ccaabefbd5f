"""A crew that answers customers of one tenant, whatever the channel. Channels differ in how they write and how much.

    reply = WhatsAppCrew("acme").process_message("Quanto custa o sérum?", conversation_id=42)

A turn ends in a reply, or in a hand-off to a person with its reason, or in `TurnFailed` when the machinery is down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from . import environment
from .answer import greet, leak, unwrap
from .channel import ANY, Channel
from .errors import ConfigurationMissing, ModelMisbehaved, TurnFailed
from .intent import PERSON, SPECIALISTS
from .llm_settings import LLMSettings
from .part import Part, cards_part, choices_written, file_part, with_choices
from .plain_text import plain_text
from .prompts import Prompts, history_messages
from .received import unread_kind
from .reply import Customer, HandOff, HandOffCause, Reply
from .splitting import bytes_of, split
from .tool_client import OfferedTool, ToolClient
from .turn import OnStep, Turn
from .wording import Wording, wording_of

if TYPE_CHECKING:
    from .flow import MessageRun
    from .offering import Offers

_logger = logging.getLogger(__name__)

#: The lookups of each specialist, besides the crew's own hand_off. Sending is not among them: the reply is the result.
LOOKUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "sales": ("find_products", "search_knowledge", "active_business_rules"),
    "support": ("search_knowledge", "find_products", "active_business_rules"),
    "scheduling": ("search_knowledge", "active_business_rules"),
    "delivery": ("search_knowledge", "find_products", "active_business_rules"),
}
#: Names of ours a customer must never read.
INTERNAL_NAMES: Final = (
    *sorted({name for names in LOOKUPS.values() for name in names}),
    "hand_off",
    "offer_choices",
    "show_products",
    "send_file",
    "account_id",
    "conversation_id",
    "partner_id",
    "customer_message",
)
#: Beside the specialist's steps: classify, classify again in plain words, one repetition, the forced last answer.
CALLS_AROUND_STEPS: Final = 4


class CustomerServiceCrew:
    """The agents of one tenant. Configuration is read once, when the crew is made: make one per turn."""

    channel: ClassVar[Channel] = ANY

    def __init__(
        self,
        account_id: str,
        tools: ToolClient | None = None,
        llm: LLMSettings | None = None,
        *,
        style: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """:param style: what goes before the company's own style, such as an inbox's greeting"""
        self.account_id = account_id
        self.clock = clock
        self.tools = tools if tools is not None else _in_process_tools(account_id)
        self.llm = llm if llm is not None else _in_process_llm(account_id)
        metadata = self._load("company_metadata")
        self.config: dict[str, Any] = metadata | {"style": {**(metadata.get("style") or {}), **(style or {})}}
        self.agent_config: dict[str, Any] = self._load("agent_config")
        self.business_rules: list[dict[str, Any]] = self._load("business_rules")
        services = self.config.get("services") or {}
        self.specialists = [
            name for name in SPECIALISTS if name in self.agent_config["specialists"] and services.get(name)
        ]

    # -- what channels change

    def write(self, text: str) -> str:
        """The reply in the channel's own style, at whatever length."""
        return text

    def parts(self, text: str, offers: Offers | None = None) -> tuple[Part, ...]:
        """The reply as the messages it is sent as, with what goes along."""
        channel, choices = self.channel, offers.choices if offers else ()
        room = channel.limit - (choices_written(choices) if choices else 0)
        *before, last = [Part(piece) for piece in self._pieces(text, room, channel.parts)] or [Part(text)]
        parts = [*before, with_choices(last, choices, channel) if choices else last]
        if offers and offers.cards and channel.cards:
            parts.append(cards_part(self._words.cards, offers.cards))
        return (*parts, *(file_part(file) for file in (offers.files if offers else ())))

    def _pieces(self, text: str, limit: int, parts: int) -> list[str]:
        written = self.write(text)
        shown = written if self.channel.markdown else plain_text(written)
        return split(shown, limit, parts, bytes_of if self.channel.in_bytes else len)

    # -- a turn

    def process_message(
        self,
        message: str,
        conversation_id: str | int,
        history: Iterable[Mapping[str, Any]] = (),
        customer: Customer | None = None,
        on_step: OnStep | None = None,
    ) -> Reply:
        """Answer one message. `history` are the earlier ones, oldest first: {"role": "user"|"assistant", "content"}."""
        environment.prepare()  # before the clock starts: the first one in a process takes seconds
        max_steps = int(self.agent_config["max_steps"])
        turn = Turn(
            seconds=float(self.agent_config["turn_seconds"]),
            max_llm_calls=max_steps + CALLS_AROUND_STEPS,
            max_tool_calls=max_steps,
            on_step=on_step,
        )
        told = history_messages(history)
        if not message.strip():
            return self._hand_off(turn, PERSON, "person", self._words.causes["no_text"])
        if (kind := unread_kind(message)) is not None:
            received = self._words.unread.get(kind, self._words.unread["file"])
            return self._hand_off(turn, PERSON, "person", self._words.causes["unread"], received)
        if not self.specialists:
            return self._hand_off(turn, PERSON, "person", self._words.causes["services_off"])
        run = self._run(message, conversation_id, told, customer, turn)
        failed = self._perform(run)
        if failed is not None:
            return failed
        return self._conclude(run, first_turn=not any(entry["role"] == "assistant" for entry in told))

    def _run(
        self,
        message: str,
        conversation_id: str | int,
        history: list[dict[str, str]],
        customer: Customer | None,
        turn: Turn,
    ) -> MessageRun:
        from .flow import MessageRun
        from .llm import TenantLLM
        from .offering import Offers, offering_tools
        from .tools import AgentTool, bound_tools, hand_off_tool

        prompts, offers = self._prompts(), Offers()
        bound = {"account_id": self.account_id, "conversation_id": conversation_id}
        if customer is not None and customer.partner_id is not None:
            bound["partner_id"] = customer.partner_id

        def tools_of(specialist: str) -> list[AgentTool]:
            names = LOOKUPS[specialist]
            lookups = bound_tools(self.tools, self._offered(turn), names, bound, turn, offers.note)
            offering = offering_tools(offers, self.channel, names, turn, prompts.words)
            return [*lookups, *offering, hand_off_tool(turn, prompts.words)]

        return MessageRun(
            message=message,
            history=history,
            customer=customer,
            prompts=prompts,
            intents=[*self.specialists, PERSON],
            json_schema=self.llm.json_schema,
            max_steps=int(self.agent_config["max_steps"]),
            llm=TenantLLM.for_turn(self.llm, turn, prompts.words),
            turn=turn,
            tools_of=tools_of,
            offers=offers,
        )

    def _perform(self, run: MessageRun) -> Reply | None:
        """Run the flow; None when it reached its end, a hand-off when the model did not manage."""
        from .flow import perform
        from .llm import failure_of

        turn = run.turn
        try:
            perform(run)
            return None
        except TurnFailed as error:
            raise TurnFailed(error.reason, retryable=error.retryable, steps=turn.steps, usage=turn.usage()) from error
        except Exception as error:
            if turn.hand_off_reason is not None:
                return None
            failure = failure_of(turn.llm_failure or error)
            reason = failure.sentence(self._words)
            if failure.kind == "machinery":
                raise TurnFailed(reason, retryable=failure.retryable, steps=turn.steps, usage=turn.usage()) from error
            _logger.info("%s: turn handed off: %s", self.account_id, failure.sentence())
            cause: HandOffCause = "budget" if failure.kind == "budget" else "model"
            return self._hand_off(turn, run.intent.name or PERSON, cause, reason)

    def _conclude(self, run: MessageRun, *, first_turn: bool) -> Reply:
        turn, intent = run.turn, run.intent.name
        if turn.hand_off_reason is not None:
            return self._hand_off(turn, intent, "agent", turn.hand_off_reason.rstrip(". "))
        if run.prompt is None:
            return self._hand_off(turn, PERSON, "person", self._words.causes["person"])
        try:
            text = unwrap(run.answer)
        except ModelMisbehaved as error:
            return self._hand_off(turn, intent, "model", self._words.causes[error.cause])
        said = "\n".join([text, *run.offers.choices])
        shown = leak(said, instructions=run.prompt.instructions, internal_names=INTERNAL_NAMES)
        if shown is not None:
            return self._hand_off(turn, intent, "guard", self._words.causes[shown])
        style = self.config.get("style") or {}
        text = greet(text, style.get("greeting"), first_turn=first_turn)
        parts = self.parts(text, run.offers)
        told = "\n\n".join(part.text for part in parts)
        return Reply(told, intent, None, list(turn.steps), turn.usage(), parts)

    def _hand_off(self, turn: Turn, intent: str, cause: HandOffCause, reason: str, first: str = "") -> Reply:
        """`first`: what the customer is told before that a person comes."""
        told = self.agent_config.get("hand_off") or {}
        message = f"{first} {str(told.get('message') or '').strip() or self._words.hand_off}".strip()
        said = self._pieces(message, self.channel.limit, 1)[0]
        hand_off = HandOff(cause, reason, said, told.get("team_id"))
        return Reply(hand_off.message, intent, hand_off, list(turn.steps), turn.usage())

    # -- what it needs

    def _load(self, config_type: str) -> Any:
        """The tenant's stored configuration of that type."""
        answer = self.tools.call_tool("get_agent_config", {"account_id": self.account_id, "config_type": config_type})
        if not answer.get("success"):
            raise ConfigurationMissing(self.account_id, config_type, str(answer.get("error") or "not stored"))
        return answer["config"]

    def _offered(self, turn: Turn) -> Sequence[OfferedTool]:
        return self.tools.list_tools()

    @property
    def _words(self) -> Wording:
        return wording_of(str(self.config.get("language") or "pt_BR"))

    def _prompts(self) -> Prompts:
        now = self.clock().astimezone(_zone(str(self.config.get("timezone") or "America/Sao_Paulo")))
        return Prompts(
            self.config,
            [rule for rule in self.business_rules if in_force(rule, f"{now:%Y-%m-%d}")],
            instructions=str(self.agent_config.get("instructions") or ""),
            specialists=self.specialists,
            now=now,
            writing=self.channel.writing,
        )


def in_force(rule: Mapping[str, Any], today: str) -> bool:
    """Whether a rule is valid on that day; dates are ISO texts or dates, open at the end they lack."""
    start, end = rule.get("date_start"), rule.get("date_end")
    return (not start or str(start) <= today) and (not end or today <= str(end))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("America/Sao_Paulo")


def _in_process_tools(account_id: str) -> ToolClient:
    from .in_process import tools_of_tenant

    return tools_of_tenant(account_id)


def _in_process_llm(account_id: str) -> LLMSettings:
    from .in_process import llm_of_tenant

    return llm_of_tenant(account_id)
