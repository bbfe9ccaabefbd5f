"""The suite's tools: every kind of content, an error, progress, log messages; and those that ask the client."""

import base64
import struct
import zlib

from odoo.addons.chatwootai_mcp import protocol

from .fixture_questions import QUESTIONS


def _png():
    """One red pixel."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _wav():
    """Two silent samples."""
    data = b"\x80\x80"
    format_ = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + format_ + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


IMAGE = base64.b64encode(_png()).decode()
AUDIO = base64.b64encode(_wav()).decode()


def text(words):
    return {"type": "text", "text": words}


def _image():
    return {"type": "image", "data": IMAGE, "mimeType": "image/png"}


def _resource(uri, mime_type, words):
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": words}}


def _always(*content, is_error=False):
    return lambda context: protocol.ToolResult(content=content, is_error=is_error)


def _with_progress(context):
    for done in (0, 50, 100):
        context.progress(done, 100)
    return protocol.ToolResult(content=[text("Done, step by step.")])


def _with_logging(context):
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        context.log("info", message)
    return protocol.ToolResult(content=[text("Done, and told so.")])


TOOLS = {
    "test_simple_text": _always(text("This is a simple text response for testing.")),
    "test_image_content": _always(_image()),
    "test_audio_content": _always({"type": "audio", "data": AUDIO, "mimeType": "audio/wav"}),
    "test_embedded_resource": _always(
        _resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    ),
    "test_multiple_content_types": _always(
        text("Multiple content types test:"),
        _image(),
        _resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ),
    "test_error_handling": _always(text("This tool intentionally returns an error for testing"), is_error=True),
    "test_tool_with_progress": _with_progress,
    "test_tool_with_logging": _with_logging,
    "test_logging_tool": _with_logging,
    "json_schema_2020_12_tool": _always(text("Its input schema is what matters.")),
    **QUESTIONS,
}

_NO_ARGUMENTS = {"type": "object", "properties": {}, "additionalProperties": False}
# Keywords that must reach the client as they are.
_SCHEMAS = {
    "json_schema_2020_12_tool": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {"$anchor": "addressDef", "type": "object", "properties": {"city": {"type": "string"}}},
        },
        "properties": {
            "address": {"$ref": "#/$defs/address"},
            "reach_by": {"enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"reach_by": {"const": "phone"}}, "required": ["reach_by"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    }
}

DESCRIPTIONS = tuple(
    protocol.ToolDescription(
        name=name,
        title=name,
        description=f"{name}, of the conformance suite",
        input_schema=_SCHEMAS.get(name, _NO_ARGUMENTS),
        read_only=True,
    )
    for name in TOOLS
)
