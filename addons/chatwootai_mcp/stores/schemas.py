"""The configuration documents of a tenant: their schemas, and the sentence that says what is wrong with one."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from ..tenancy.account import parse_account_id
from .errors import InvalidDocument

MAX_RULES = 500

_Model = TypeVar("_Model", bound=BaseModel)


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in value):
        raise ValueError("must be an address that starts with http:// or https://")
    return value


def _known_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be a time zone such as America/Sao_Paulo") from None
    return value


def _without_nul(value: str) -> str:
    """No store and no prompt has a use for NUL, and PostgreSQL refuses it."""
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_without_nul)]
Name = Annotated[Text, Field(min_length=1, max_length=200)]
ShortName = Annotated[Text, Field(min_length=1, max_length=100)]
Line = Annotated[Text, Field(max_length=200)]
Contact = Annotated[Text, Field(max_length=254)]
Paragraph = Annotated[Text, Field(max_length=1000)]
LongText = Annotated[Text, Field(max_length=4000)]
Instructions = Annotated[Text, Field(max_length=8000)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_http_url)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]
Weekday = Annotated[int, Field(strict=True, ge=0, le=6)]


class Document(BaseModel):
    """Base of all schemas: unknown fields are mistakes, and so are numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Tone(StrEnum):
    FORMAL = "formal"
    FRIENDLY = "friendly"
    CASUAL = "casual"


class RuleKind(StrEnum):
    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    SCHEDULING = "scheduling"


class Service(StrEnum):
    GENERAL = "general"
    SALES = "sales"
    SCHEDULING = "scheduling"
    DELIVERY = "delivery"
    SUPPORT = "support"


class Address(Document):
    street: Line = ""
    street2: Line = ""
    city: Line = ""
    state: Line = ""
    zip: Line = ""
    country: Line = ""
    share_with_customers: bool = False


class Link(Document):
    url: Url
    mention: bool = False


class SocialLink(Link):
    network: ShortName


class OpeningHours(Document):
    """One day of the week; a day that is absent is closed."""

    day: Weekday
    opens: ClockTime
    closes: ClockTime
    break_start: ClockTime | None = None
    break_end: ClockTime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("a day must open before it closes")
        if (self.break_start is None) != (self.break_end is None):
            raise ValueError("a break needs both its start and its end")
        if self.break_start and self.break_end and not self.opens <= self.break_start < self.break_end <= self.closes:
            raise ValueError("a break must lie within the opening hours")
        return self


class Style(Document):
    tone: Tone = Tone.FRIENDLY
    emoji: bool = False
    greeting: Paragraph = ""
    farewell: Paragraph = ""
    rating_request: Paragraph = ""


class Services(Document):
    sales: bool = False
    scheduling: bool = False
    delivery: bool = False
    support: bool = False


class CompanyMetadata(Document):
    """What the company is and how it talks."""

    company_name: Name
    description: LongText = ""
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?(@[a-z]{2,10})?$")] = "pt_BR"
    timezone: Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_timezone)] = "America/Sao_Paulo"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "BRL"
    address: Address | None = None
    phone: Contact | None = None
    email: Contact | None = None
    website: Link | None = None
    social_links: Annotated[list[SocialLink], Field(max_length=20)] = []
    opening_hours: Annotated[list[OpeningHours], Field(max_length=7)] = []
    style: Style = Style()
    services: Services = Services()

    @field_validator("opening_hours")
    @classmethod
    def _one_entry_a_day(cls, hours: list[OpeningHours]) -> list[OpeningHours]:
        if len({entry.day for entry in hours}) != len(hours):
            raise ValueError("each day may appear once")
        return hours


class Scheduling(Document):
    duration_minutes: Annotated[int, Field(strict=True, ge=5, le=24 * 60)]
    notice_hours: Annotated[int, Field(strict=True, ge=0, le=24 * 365)] = 0
    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)]

    @field_validator("days")
    @classmethod
    def _each_day_once(cls, days: list[int]) -> list[int]:
        if len(set(days)) != len(days):
            raise ValueError("each day may appear once")
        return days


class BusinessRule(Document):
    """One rule of the company: for good, for a time, or about appointments."""

    rule_id: Annotated[int, Field(strict=True, ge=1, le=2**53)]
    name: Name
    description: LongText
    kind: RuleKind
    service: Service = Service.GENERAL
    sequence: Annotated[int, Field(strict=True, ge=-(2**31), le=2**31)] = 10
    date_start: date | None = None
    date_end: date | None = None
    scheduling: Scheduling | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        dated = self.date_start is not None or self.date_end is not None
        if self.kind is RuleKind.TEMPORARY and not dated:
            raise ValueError("a temporary rule needs a start date or an end date")
        if self.kind is RuleKind.PERMANENT and dated:
            raise ValueError("a permanent rule has no dates")
        if self.date_start and self.date_end and self.date_start > self.date_end:
            raise ValueError("a rule must start before it ends")
        if (self.kind is RuleKind.SCHEDULING) != (self.scheduling is not None):
            raise ValueError("the scheduling details belong to scheduling rules, and each of those has them")
        return self


class Snapshot(Document):
    """All that company_services says about a company at one moment."""

    account_id: Annotated[str, AfterValidator(parse_account_id)]
    version: Annotated[int, Field(strict=True, ge=1, le=2**53)]
    company_metadata: CompanyMetadata
    business_rules: Annotated[list[BusinessRule], Field(max_length=MAX_RULES)] = []

    @field_validator("business_rules")
    @classmethod
    def _unique_rule_ids(cls, rules: list[BusinessRule]) -> list[BusinessRule]:
        if len({rule.rule_id for rule in rules}) != len(rules):
            raise ValueError("each rule_id may appear once")
        return rules

    def metadata_document(self) -> dict[str, Any]:
        """The company_metadata document as it is stored and returned."""
        return self._labelled(self.company_metadata)

    def rule_documents(self) -> list[dict[str, Any]]:
        """The business_rules documents as they are stored and returned, in their order."""
        ordered = sorted(self.business_rules, key=lambda rule: (rule.sequence, rule.rule_id))
        return [self._labelled(rule) for rule in ordered]

    def _labelled(self, document: Document) -> dict[str, Any]:
        return {"account_id": self.account_id, "version": self.version, **document.model_dump(mode="json")}


class Channel(Document):
    enabled: bool = True


class HandOff(Document):
    message: Paragraph = ""
    team_id: Annotated[int, Field(strict=True, ge=1)] | None = None


class LLM(Document):
    """Which model answers; the key is a secret of Odoo and never part of a document."""

    model: Name
    base_url: Url | None = None
    json_schema: bool = False


class AgentConfig(Document):
    """How the agents of the company work; written by chatwootai_agent."""

    version: Annotated[int, Field(strict=True, ge=1, le=2**53)] = 1
    channels: Annotated[dict[ShortName, Channel], Field(max_length=20)] = {}
    specialists: Annotated[list[Literal["sales", "support", "scheduling", "delivery"]], Field(max_length=4)] = []
    instructions: Instructions = ""
    max_steps: Annotated[int, Field(strict=True, ge=1, le=20)] = 6
    turn_seconds: Annotated[int, Field(strict=True, ge=5, le=600)] = 90
    hand_off: HandOff = HandOff()
    llm: LLM | None = None

    @field_validator("specialists")
    @classmethod
    def _each_specialist_once(cls, specialists: list[str]) -> list[str]:
        if len(set(specialists)) != len(specialists):
            raise ValueError("each specialist may appear once")
        return specialists

    def document(self, account_id: str) -> dict[str, Any]:
        """The agent_config document as it is stored and returned."""
        return {"account_id": parse_account_id(account_id), **self.model_dump(mode="json")}


def parse_document(schema: type[_Model], value: object) -> _Model:
    """Validate ``value`` (decoded JSON) or raise :class:`InvalidDocument` with one sentence."""
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        raise InvalidDocument(sentence(error)) from None


def sentence(error: ValidationError) -> str:
    """The first mistake of a document as a sentence that names its field; says how many more there are."""
    mistakes = error.errors(include_url=False, include_context=False, include_input=False)
    first = mistakes[0]
    field = ".".join(str(part) for part in first["loc"]) or "The document"
    reason = first["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    reason = reason[:1].lower() + reason[1:]
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return f"{field[:200]}: {reason[:400]}{more}."


def active_rules(rules: Iterable[Mapping[str, Any]], today: date) -> list[dict[str, Any]]:
    """The stored rules that hold on ``today``; both their dates belong to them."""
    return [dict(rule) for rule in rules if _holds_on(rule, today.isoformat())]


def _holds_on(rule: Mapping[str, Any], day: str) -> bool:
    # ISO dates compare as text.
    start, end = rule.get("date_start"), rule.get("date_end")
    return (not start or start <= day) and (not end or day <= end)
