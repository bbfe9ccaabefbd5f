"""Two fictitious companies: their profile, rules, documents, products, and what a customer asks them."""

from .load import COMPANIES, Company, InvalidCompany, load

__all__ = ["COMPANIES", "Company", "InvalidCompany", "load"]
