"""A company's tables: the contract, the strict reader, the checks and the checked company."""

from scrm_helpers.tables.company_tables import Company, save_company
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CheckReport, CompanyRefused
from scrm_helpers.tables.pipeline import open_company

__all__ = ["TABLES", "CheckReport", "Company", "CompanyRefused", "open_company", "save_company"]
