"""Ports and adapters over what a tenant keeps outside Odoo: documents, vectors, cache, embeddings."""
