"""The model a tenant's crew thinks with."""

from __future__ import annotations

from dataclasses import dataclass, field

OPENAI_BASE_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class LLMSettings:
    """An OpenAI-compatible endpoint. `json_schema`: it understands `response_format` of type json_schema."""

    model: str
    base_url: str = OPENAI_BASE_URL
    api_key: str | None = field(default=None, repr=False)
    json_schema: bool = True
    timeout: float = 30.0
