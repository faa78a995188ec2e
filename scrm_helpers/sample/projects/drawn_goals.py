"""The goals table: small, written by hand."""

import pandas as pd

GOALS = {
    "goal_id": ["G1", "G2", "G3", "G4", "G5", "G6"],
    "statement": [
        "Customers trust us to help them get the job done",
        "Customers stay",
        "Customers bring customers",
        "Customers improve the product with us",
        "Staff want to help and are allowed to",
        "Be everywhere our customers talk",
    ],
    "construct": ["trust", "loyalty", "advocacy", "cocreation", "employee", "trust"],
    "metric": [
        "trust index 0-100",
        "retained per quarter",
        "customers who referred in a year",
        "ideas implemented per year",
        "volunteers among those offered",
        "places with a profile",
    ],
    "baseline": [61.0, 0.90, 0.30, 2.0, 0.04, 3.0],
    "target": [66.0, 0.93, 0.36, 8.0, 0.12, 9.0],
    "due_on": ["2027-12-31", "2027-12-31", "2027-06-30", "2027-06-30", "2026-12-31", "2026-12-31"],
    "owner": [
        "Head of Service",
        "Chief Financial Officer",
        "Head of Marketing",
        "Head of Product",
        "Head of People",
        "Head of Digital",
    ],
    "weight": [3.0, 3.0, 2.0, 2.0, 2.0, 1.0],
    "parent": [None, "G1", None, None, None, None],
    "current": [63.1, 0.914, 0.33, 5.0, 0.10, None],
    "plan": [
        "Helpdesk by volunteers; reply within the hour",
        "Helpdesk in all stores",
        "Thank both sides of a referral",
        "Idea forum with quarterly answers",
        "Remove approvals; recognise helpers",
        None,
    ],
    "cost": [72000.0, 41000.0, 26000.0, 30000.0, 19000.0, None],
}
TEXT = ("goal_id", "statement", "construct", "metric", "owner", "parent", "plan")


def goal_table() -> pd.DataFrame:
    """Six goals; G6 has no teeth: no plan, no cost, and nobody measures where it stands."""
    table = pd.DataFrame(GOALS)
    table["due_on"] = pd.to_datetime(table["due_on"]).astype("datetime64[us]")
    return table.astype(dict.fromkeys(TEXT, "str"))
