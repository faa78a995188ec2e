"""A company's tables: the contract, the strict reader, the checks and the checked company."""

from scrm_helpers.tables.checking.check_report import CheckReport
from scrm_helpers.tables.company_tables import Company
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, Message, Receipt
from scrm_helpers.tables.opening import open_company
from scrm_helpers.tables.prepared import save_company

__all__ = [
    "TABLES",
    "CheckReport",
    "Company",
    "CompanyRefused",
    "Message",
    "Receipt",
    "open_company",
    "save_company",
]
