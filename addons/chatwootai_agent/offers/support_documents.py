"""The company's support documents as resources: the text of each, as the agents read it."""

from odoo.addons.chatwootai_mcp.servers.call import Call
from odoo.addons.chatwootai_mcp.servers.offers import Resource, ResourceSource
from odoo.addons.chatwootai_mcp.servers.orchestrator import UnknownName

_MAX_DOCUMENTS = 1000


class SupportDocuments(ResourceSource):
    server = "qdrant"  # who may search the documents may read them
    folder = "documents"
    variable = "document_id"
    title = "Support document"
    description = "One of the company's support documents, as text"

    def list(self, call: Call) -> list[Resource]:
        return [Resource(str(reading.document_id.id), reading.document_id.name) for reading in self._readings(call, [])]

    def read(self, call: Call, name: str) -> str:
        if not (name.isascii() and name.isdecimal() and len(name) < 10):
            raise UnknownName(name)
        reading = self._readings(call, [("document_id", "=", int(name))])
        if not reading:
            raise UnknownName(name)
        return reading.text

    def _readings(self, call: Call, domain: list):
        # What is indexed may be read with this scope; the documents themselves are the company's people's.
        return (
            call.env["chatwootai.knowledge.document"]
            .sudo()
            .search(
                [("state", "=", "readable"), ("document_id.active", "=", True), *domain],
                order="document_id",
                limit=_MAX_DOCUMENTS,
            )
        )
