"""Exports written by hand, and the command in this process."""

import json
from pathlib import Path

from scrm_helpers import cli

ORDERS = """order_id,_mail,ordered_on,amount,currency
1,ann@example.com,2026-01-05,10.50,EUR
2,bob@example.com,2026-02-01,20.00,EUR
3,ann@example.com,2026-03-01,-0.50,EUR
"""
ANSWERS = """customer_id,responded_on,score
K1,2026-02-02,10
K1,2026-02-02,9
K3,2026-04-01,3
"""
CONTACTS = """customer_id,_mail,_name,joined_on
K1,ann@example.com,Ann Ash,2025-12-01
K2,bob@example.com,Bob Birch,2026-01-01
K3,cem@example.com,Cem Cole,2026-01-02
"""
REFERRALS = """_referrer_name,referred_id,referred_on
ann  ash,K2,2026-01-20
Bob Birch,K2,2026-01-20
Nobody,K3,2026-02-01
"""


def run(*arguments):
    return cli.guarded(lambda: cli.commands.main([str(one) for one in arguments], standalone_mode=False))


def mixed(exports):
    exports("orders.csv", "shop", "transactions", ORDERS)
    exports("answers.csv", "survey", "surveys", ANSWERS)
    exports("contacts.csv", "crm", "customers", CONTACTS)
    exports("friends.csv", "programme", "referrals", REFERRALS)
    return ["orders.csv", "answers.csv", "contacts.csv", "friends.csv"]


def receipt():
    return json.loads(Path("data/import.json").read_text())
