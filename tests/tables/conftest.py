"""A small good company on disk, and ways to spoil it.

A check of all tables takes seven times as long as one of the two required ones, so a table is there once a test names
it; `whole_company` has all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from checked import check_company

from scrm_helpers.tables import TABLES, CheckReport

AS_OF = "2026-09-30"
GOOD = {
    "customers": """customer_id,joined_on,segment,region,acquisition_channel,acquisition_cost,consent_contact,email
C1,2024-01-05,Gold,North,web,12.50,yes,a@example.org
C2,2024-02-01,Silver,South,shop,0,no,b@example.org
C3,2025-03-09,,North,web,,,
C4,2025-06-30,Gold,South,friend,3,true,d@example.org
""",
    "transactions": """order_id,customer_id,ordered_on,amount,margin,currency,marketing_cost
O1,C1,2024-01-06,10.50,4.20,EUR,1
O2,C1,2025-01-06,-3.00,-1,EUR,0
O3,C2,2024-02-02,20.25,8,EUR,0
O4,C3,2025-04-01,100,50,EUR,0
O5,C4,2026-09-30,0.10,0,EUR,0
""",
    "surveys": """customer_id,responded_on,score,survey_id,invited_on,wave,did_recommend,text
C1,2025-05-02,9,S1,2025-05-01,spring,yes,good
C2,,,S1,2025-05-01,spring,,
C3,2025-05-03,0,S1,2025-05-01,spring,no,bad
""",
    "referrals": """referrer_id,referred_id,referred_on,converted_on,status,reward_cost,p_type1,channel
C1,C3,2025-03-01,2025-04-01,converted,5,0.4,mail
X9,C4,2025-06-01,,pending,0,1e-05,mail
""",
    "interactions": """interaction_id,occurred_on,channel,sentiment,customer_id,author_id,author_role,in_reply_to,text
M1,2025-05-01 10:11,forum,0.5,C1,C1,customer,,hello
M2,2025-05-01T10:12:30,forum,-1,C1,E1,employee,M1,hi
""",
    "coding": """thread_id,coder,degree
T1,first,3
T1,second,4
""",
    "lotteries": """lottery_id,kind,unit_id,arm,probability,drawn_on,stratum,seed
L1,reply,T1,answer,0.5,2025-05-01,request,7
L1,reply,T2,wait,0.5,2025-05-01,request,7
""",
    "initiatives": """initiative_id,started_on,cost,ended_on,goal_id,case_p10,case_p50,case_p90
I1,2025-01-01,1000,2027-01-01,G1,10,20,30
""",
    "initiative_ledger": """initiative_id,quarter,stream,amount,unit,kind
I1,2025Q1,sales,100.5,currency,benefit
I1,2025-q2,sales,-20,currency,cash
""",
    "initiative_panel": """outcome,unit_id,period,value,first_period,randomised
revenue,U1,2025-01,10,,yes
revenue,U2,2025-01,11,2025-02,yes
""",
    "employees": """team,quarter,n,engagement_mean,enps_promoters,enps_detractors
A,2025Q1,10,3.5,4,2
""",
    "ideas": """idea_id,contributor_id,submitted_on,status,share
D1,E1,2025-01-01,implemented,0.5
D1,E2,2025-01-01,implemented,0.5
""",
    "goals": """goal_id,statement,construct,metric,baseline,target,due_on,owner
G1,More referrals,advocacy,share who refer,0.1,0.2,2027-12-31,Ann
""",
    "data_register": """table,field,system,canonical,stored,actionable,shown
customers,email,crm,yes,yes,yes,no
""",
    "aliases": """old_id,customer_id
OLD7,C1
""",
    "suppress": """customer_id,since,reason
C1,2025-05-01,asked by phone
""",
}


@dataclass
class CompanyFolder:
    """A company folder for one test."""

    path: Path
    good: Mapping[str, str] = field(default_factory=lambda: GOOD)

    def write(self, name: str, content: str | bytes) -> None:
        """Put a file into the folder."""
        (self.path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def bring(self, *tables: str) -> None:
        """See that good tables are there, with those that they refer to."""
        for table in tables:
            path = self.path / f"{table}.csv"
            if not path.exists():
                self.write(path.name, self.good[table])
                homes = [column.home[0] for column in TABLES[table].columns if column.refers_to]
                self.bring(*homes)

    def text(self, table: str) -> str:
        """Content of the CSV file of a table."""
        self.bring(table)
        return (self.path / f"{table}.csv").read_text(encoding="utf-8")

    def change(self, table: str, old: str, new: str) -> None:
        """Replace a text that stands exactly once in the CSV file of a table."""
        text = self.text(table)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        self.write(f"{table}.csv", text.replace(old, new))

    def append(self, table: str, line: str) -> None:
        """Add a line to the CSV file of a table."""
        self.write(f"{table}.csv", self.text(table) + line + "\n")

    def check(self, as_of: str | None = AS_OF, **options: bool) -> CheckReport:
        """Check the folder."""
        return check_company(self.path, as_of, **options)


@pytest.fixture
def company_folder(tmp_path: Path) -> CompanyFolder:
    """A good company of four customers with five orders; a further table comes where a test names it."""
    folder = CompanyFolder(tmp_path / "company")
    folder.path.mkdir()
    folder.bring("customers", "transactions")
    return folder


@pytest.fixture
def whole_company(company_folder: CompanyFolder) -> CompanyFolder:
    """The good company with every table."""
    company_folder.bring(*GOOD)
    return company_folder


@pytest.fixture
def empty_folder(tmp_path):
    folder = CompanyFolder(tmp_path / "company")
    folder.path.mkdir()
    return folder


@pytest.fixture(scope="session")
def clean_report(tmp_path_factory):
    """What the check of the same company as CSV finds."""
    folder = CompanyFolder(tmp_path_factory.mktemp("clean"))
    folder.bring("customers", "transactions", "surveys")
    return folder.check(by_customer=True)
