"""A company's tables: the contract, the strict reader, the checks and the checked company."""

from scrm_helpers.tables.check import CheckReport
from scrm_helpers.tables.company import Company
from scrm_helpers.tables.contract import TABLES
from scrm_helpers.tables.messages import CompanyRefused, Message, MissingTable
from scrm_helpers.tables.opening import check_company, open_company
from scrm_helpers.tables.prepared import save_company
from scrm_helpers.tables.receipts import Receipt

__all__ = [
    "TABLES",
    "CheckReport",
    "Company",
    "CompanyRefused",
    "Message",
    "MissingTable",
    "Receipt",
    "check_company",
    "open_company",
    "save_company",
]
