"""What can stop a turn. The texts are read by the people who look after the tenant."""

from __future__ import annotations

from .reply import Step, Usage


class TurnFailed(Exception):
    """The turn could not be done: the machinery around it failed, not the agents' knowledge.

    `retryable` says whether the same turn may succeed later. What the turn had already done and spent is kept.
    """

    def __init__(
        self, reason: str, *, retryable: bool, steps: list[Step] | None = None, usage: Usage | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.steps = steps or []
        self.usage = usage or Usage()


class ConfigurationMissing(TurnFailed):
    """The tenant's stored configuration is not there or cannot be read."""

    def __init__(self, account_id: str, config_type: str, error: str) -> None:
        super().__init__(f"{account_id} has no usable {config_type}: {error}", retryable=True)
        self.config_type = config_type
        self.error = error


class ToolsUnreachable(TurnFailed):
    """The MCP server did not answer, or refused this crew's key."""


class BudgetExceeded(Exception):
    """The turn used up its time or its model calls; `cause` names the sentence (`wording`) that says which."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class ModelMisbehaved(Exception):
    """The model answered, but nothing that can be used; `cause` names the sentence that says why."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
