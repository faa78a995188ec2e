"""The goals and data_register tables: small, written by hand."""

from io import StringIO

import pandas as pd

GOALS = """goal_id,statement,construct,metric,baseline,target,due_on,owner,weight,parent,current,plan,cost
G1,Customers trust us to help them get the job done,trust,trust index 0-100,61,66,2027-12-31,Head of Service,3,,63.1,Helpdesk by volunteers; reply within the hour,72000
G2,Customers stay,loyalty,retained per quarter,0.900,0.930,2027-12-31,Chief Financial Officer,3,G1,0.914,Helpdesk in all stores,41000
G3,Customers bring customers,advocacy,customers who referred in a year,0.30,0.36,2027-06-30,Head of Marketing,2,,0.33,Thank both sides of a referral,26000
G4,Customers improve the product with us,cocreation,ideas implemented per year,2,8,2027-06-30,Head of Product,2,,5,Idea forum with quarterly answers,30000
G5,Staff want to help and are allowed to,employee,volunteers among those offered,0.04,0.12,2026-12-31,Head of People,2,,0.10,Remove approvals; recognise helpers,19000
G6,Be everywhere our customers talk,trust,places with a profile,3,9,2026-12-31,Head of Digital,1,,,,
"""

REGISTER = """table,field,system,canonical,stored,actionable,shown,purpose,consent,terms,retention_months,valid_from,latency
customers,customer_id,CRM,true,true,true,true,identity,contract,own,120,2023-10-01,at once
customers,joined_on,CRM,true,true,true,true,identity,contract,own,120,2023-10-01,at once
customers,segment,CRM,true,true,true,true,service,contract,own,120,2023-10-01,at once
customers,consent_contact,CRM,true,true,true,true,service,contract,own,120,2023-10-01,at once
transactions,amount,order system,true,true,true,true,accounting,contract,own,120,2023-10-01,at once
transactions,amount,CRM,false,true,true,true,service,contract,own,60,2023-10-01,a day
transactions,margin,order system,true,true,true,false,accounting,contract,own,120,2023-10-01,at once
surveys,score,survey service,true,true,true,true,research,consent,own,36,2024-07-01,a day
surveys,score,CRM,false,true,true,true,service,consent,own,36,2024-07-01,two days
referrals,referred_id,referral service,false,true,true,true,reward,consent,storage allowed,24,2024-01-01,a day
interactions,text,community,true,true,true,true,support,consent,own,24,2024-01-01,at once
interactions,text,social network,false,false,true,true,support,public,no storage,0,2024-01-01,an hour
interactions,reach,social network,false,false,true,true,triage,public,no storage,0,2024-01-01,an hour
interactions,author_id,social network,false,false,true,false,triage,public,no storage,0,2024-01-01,an hour
interactions,sentiment,listening service,false,true,true,true,triage,legitimate interest,storage allowed,12,2025-01-01,a day
customers,public profile,social network,false,false,false,true,service,public,no storage,0,2024-01-01,an hour
customers,company news,news service,false,false,false,true,sales,public,no storage,0,2024-01-01,half a day
employees,engagement_mean,people survey,true,true,false,true,employment,works council,own,36,2024-01-01,a day
"""


def goal_table() -> pd.DataFrame:
    """Six goals; G6 has no teeth: no plan, no cost, and nobody measures where it stands."""
    text = ["goal_id", "statement", "construct", "metric", "owner", "parent", "plan"]
    return pd.read_csv(StringIO(GOALS), dtype=dict.fromkeys(text, "str"), parse_dates=["due_on"])


def register_table() -> pd.DataFrame:
    """Where each field lives: owned, copied, borrowed and displayed fields all occur."""
    yes_no = ["canonical", "stored", "actionable", "shown"]
    text = ["table", "field", "system", "purpose", "consent", "terms", "latency"]
    types = dict.fromkeys(text, "str") | dict.fromkeys(yes_no, "boolean")
    return pd.read_csv(StringIO(REGISTER), dtype=types, parse_dates=["valid_from"])
