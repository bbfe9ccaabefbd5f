"""What a tool is: a function with typed arguments, and what a caller is told of it.

A tool is declared where it is written::

    @tool("odoo", title="Find products", read_only=True, returns={"products": {"type": "array"}})
    def find_products(call: Call, query: Annotated[str, Field(description="…")]) -> dict: ...

Its docstring is the description a model chooses by, its signature the input schema. It returns what it found, and
raises :class:`ToolError` with a sentence for whoever called.
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model


class ToolError(Exception):
    """The call failed for a reason the caller can act on; the text is shown to it."""


@dataclass(frozen=True)
class Tool:
    name: str
    server: str
    title: str
    description: str
    read_only: bool
    destructive: bool
    idempotent: bool
    cache_namespace: Callable[[Mapping[str, Any]], str] | None
    requires_module: str | None
    requires_access: tuple[str, str] | None
    run: Callable[..., dict[str, Any]] = field(repr=False)
    arguments: type[BaseModel] = field(repr=False)
    input_schema: dict[str, Any] = field(repr=False)
    output_schema: dict[str, Any] = field(repr=False)

    def parse(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the function takes them.

        :raises ToolError: naming each argument that is missing, unknown or wrong
        """
        try:
            parsed = self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise ToolError(_explain(error, self.input_schema)) from None
        return {name: getattr(parsed, name) for name in self.arguments.model_fields}


def tool(
    server: str,
    *,
    title: str,
    returns: dict[str, dict[str, Any]],
    read_only: bool = False,
    destructive: bool = False,
    idempotent: bool | None = None,
    cache_namespace: Callable[[Mapping[str, Any]], str] | None = None,
    requires_module: str | None = None,
    requires_access: tuple[str, str] | None = None,
) -> Callable[[Callable[..., dict[str, Any]]], Tool]:
    """Declare a tool of a server.

    :param returns: JSON schemas of the result's keys, beside ``success``
    :param cache_namespace: from the arguments, the cache's namespace a result is kept in; None: not cached
    :param requires_module: technical name of the Odoo app without which the tool does not exist
    :param requires_access: model and operation; the tool is shown to those whose Odoo user may do that
    """

    def declare(function: Callable[..., dict[str, Any]]) -> Tool:
        arguments = _arguments_model(function)
        return Tool(
            name=function.__name__,
            server=server,
            title=title,
            description=inspect.cleandoc(function.__doc__ or ""),
            read_only=read_only,
            destructive=destructive,
            idempotent=read_only if idempotent is None else idempotent,
            cache_namespace=cache_namespace,
            requires_module=requires_module,
            requires_access=requires_access,
            run=function,
            arguments=arguments,
            input_schema=_compact(arguments.model_json_schema()),
            output_schema={
                "type": "object",
                "properties": {"success": {"type": "boolean"}, **returns},
            },
        )

    return declare


def tools_of(modules: Iterable[Any]) -> list[Tool]:
    """The tools that the modules declare, in the order they are written."""
    return [value for module in modules for value in vars(module).values() if isinstance(value, Tool)]


def _arguments_model(function: Callable[..., Any]) -> type[BaseModel]:
    hints = typing.get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    fields: dict[str, Any] = {
        parameter.name: (
            hints[parameter.name],
            ... if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for parameter in parameters
    }
    model = create_model(
        f"{function.__name__}_arguments",
        __config__=ConfigDict(extra="forbid", strict=True, protected_namespaces=()),
        **fields,
    )
    for parameter in parameters:
        if parameter.default is None:
            TypeAdapter(hints[parameter.name]).validate_python(None)  # a bound that chokes on None does so here
    return model


_UNTOLD = frozenset({"title", "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"})


def _compact(schema: Any, named: bool = False) -> Any:
    """The schema without the titles pydantic makes of the names: a model pays for every word of tools/list.

    Lengths are left out too: a model does not count characters, and the bound is told to who exceeds it; and defaults
    that are nothing (false, 0, an empty list), which leaving an argument out says by itself.
    An argument that may be left out is shown with the one type it has, not as "that or null, by default null"; null
    is taken all the same.

    :param named: the keys are names of properties, of which one may well be ``title``
    """
    if isinstance(schema, list):
        return [_compact(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if not named:
        schema = _without_null(schema)
    return {
        key: _compact(value, named=key in ("properties", "$defs") and not named)
        for key, value in schema.items()
        if named or _is_told(key, value)
    }


def _is_told(key: str, value: Any) -> bool:
    if key == "additionalProperties":
        return value is False
    return key not in _UNTOLD and not (key == "default" and not value)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    alternatives = schema.get("anyOf", ())
    given = [each for each in alternatives if each != {"type": "null"}]
    if len(given) != 1 or len(given) == len(alternatives) or schema.get("default", ...) is ...:
        return schema
    left_out = ("anyOf", "default") if schema["default"] is None else ("anyOf",)
    return {**given[0], **{key: value for key, value in schema.items() if key not in left_out}}


def _explain(error: ValidationError, schema: Mapping[str, Any]) -> str:
    problems = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False)[:5]:
        where = ".".join(str(part) for part in problem["loc"]) or "arguments"
        if problem["type"] == "extra_forbidden":
            known = ", ".join(schema.get("properties", {}))
            problems.append(f"{where}: unknown argument (there are: {known})")
        else:
            problems.append(f"{where}: {problem['msg']}")
    return "Wrong arguments. " + "; ".join(problems) + "."
