"""Exports of customer systems (HubSpot, Salesforce) and of engagement pulses, with their quirks."""

import csv
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random
from string import ascii_letters, digits

from .exports_of_surveys import moments
from .made_exports import Made, Person, people

STAGES = {"Closed Won": "closedwon", "Closed Lost": "closedlost", "Qualified To Buy": "qualifiedtobuy"}
FOOTER = ["", '"Grand Totals ({} records)"', "", '"Confidential Information - Do Not Distribute"']
FOOTER += ['"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."', '"Invented Ltd"']


def record_id(rng: Random, prefix: str, length: int = 15) -> str:
    """An id as Salesforce makes them: letters of both cases and digits."""
    return prefix + "".join(rng.choice(ascii_letters + digits) for _ in range(length - len(prefix)))


def hubspot_contacts(rng: Random) -> Made:
    """Merged contacts, one mailbox twice with different case, several ids in a cell, people without a mailbox."""
    head = "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Create Date,Lifecycle Stage,"
    head += "Associated Company,Merged Contact IDs"
    made = Made("hubspot_contacts", [head.split(",")], optional=("Phone Number", "Contact owner", "Lead Status"))
    made.needed = ("Email",)
    old: dict[str, str] = {}
    crowd = people(rng, 60)
    for who, moment in zip(crowd, moments(rng, 60), strict=True):
        merged = [str(40_000 + who.number * 3 + i) for i in range(rng.choice((0, 0, 0, 1, 2)))]
        old |= dict.fromkeys(merged, str(8000 + who.number))
        mail = who.mail.upper() if who.number % 5 == 0 else who.mail
        stage = rng.choice(("Customer", "Customer", "Lead", "Evangelist", "Marketing Qualified Lead"))
        row = [str(8000 + who.number), who.first, who.last, mail, "", "Sam Sales", ""]
        made.rows.append([*row, moment.strftime("%Y-%m-%d %H:%M"), stage, "Example Ltd;Example Inc", ";".join(merged)])
    for who in crowd[:4]:
        row = [str(9000 + who.number), who.first, who.last, who.mail.title(), "", "", ""]
        made.rows.append([*row, "2026-02-28 08:15", "Lead", "", ""])
    made.rows.append(["9999", "", "", "", "", "Sam Sales", "NEW", "2026-01-01 00:00", "Lead", "", ""])
    made.facts |= {"customers": {who.mail for who in crowd}, "old ids": old}
    return made


def hubspot_deals(rng: Random, *, internal: bool = False) -> Made:
    """Only won deals are orders; stages by label or internal name; several contacts in one cell."""
    head = "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Currency,Deal owner,Close Date,Create Date,"
    head += "Associated Contact IDs,Associated Company IDs"
    made = Made("hubspot_deals", [head.split(",")], needed=("Amount",))
    made.optional = ("Deal owner", "Pipeline", "Create Date")
    gross: Counter[str] = Counter()
    orders = 0
    for i, moment in enumerate(moments(rng, 80)):
        stage = rng.choice(("Closed Won", "Closed Won", "Closed Lost", "Qualified To Buy"))
        said = STAGES[stage] if internal else stage
        amount = Decimal(rng.randrange(10_000, 2_000_000)) / 100
        contacts = rng.choice(("8101", "8102;9999", "8103;8104;8105", "8106", ""))
        at = moment.strftime("%Y-%m-%d %H:%M") if internal else f"{moment.month}/{moment.day}/{moment:%Y %I:%M %p}"
        made.rows.append([str(7000 + i), f"Deal, no. {i}", said, "Sales", f"{amount:,.2f}", "USD", "Sam Sales", at, at])
        made.rows[-1] += [contacts, ""]
        if stage != "Closed Won":
            made.left("not won")
        elif not contacts:
            made.left("no person")
        else:
            orders += 1
            gross["USD"] += amount
    made.facts |= {"orders": orders, "gross": dict(gross)}
    return made


def hubspot_deals_internal(rng: Random) -> Made:
    """Stages by their internal names."""
    return hubspot_deals(rng, internal=True)


def salesforce_report(rng: Random) -> Made:
    """Quoted, footer below, ids of 15 characters that differ only by case, the referrer as a name, cp1252."""
    head = "Contact ID,First Name,Last Name,Account Name,Email,Lead Source,Referred By,Created Date"
    made = Made("salesforce_report", [head.split(",")], encoding="cp1252", quote=csv.QUOTE_ALL, ending="\n")
    made.optional, made.needed = ("Account Name",), ("Created Date",)
    crowd = [who for who in people(rng, 60) if who.name.encode("cp1252", "ignore").decode("cp1252") == who.name]
    pairs = set()
    for i, (who, moment) in enumerate(zip(crowd, moments(rng, len(crowd)), strict=True)):
        by = rng.choice(crowd[: max(i, 1)]) if i and rng.random() < 0.4 else None
        number = "003Kd00000" + ("aBcDe" if i == 0 else "AbCdE" if i == 1 else f"{i:05d}")
        row = [number, who.first, who.last, "Example Ltd", who.mail, "Word of mouth" if by else "Web"]
        made.rows.append([*row, by.name if by else "", moment.strftime("%m/%d/%Y")])
        if by:
            pairs.add((by.mail, who.mail))
    made.footer = [line.format(len(made.rows)) for line in FOOTER]
    made.facts |= {"customers": {who.mail for who in crowd}, "referrals": pairs}
    return made


def salesforce_opportunities(rng: Random) -> Made:
    """Two columns of money, of which only the first is the deal's own; contact by id; footer."""
    head = "Opportunity Name,Stage,Amount Currency,Amount,Amount (converted) Currency,Amount (converted),Close Date,"
    head += "Contact ID,Account Name,Opportunity ID,Primary Campaign Source"
    made = Made("salesforce_opportunities", [head.split(",")], quote=csv.QUOTE_ALL, ending="\n")
    made.optional, made.needed = ("Amount (converted)", "Primary Campaign Source"), ("Close Date",)
    orders = 0
    gross: Counter[str] = Counter()
    for i, moment in enumerate(moments(rng, 70)):
        stage = rng.choice(("Closed Won", "Closed Won", "Closed Lost", "Prospecting", "Negotiation/Review"))
        amount, currency = Decimal(rng.randrange(10_000, 900_000)) / 100, rng.choice(("EUR", "USD"))
        row = [f"Renewal {i}", stage, currency, str(amount), "EUR", str(amount * 2), moment.strftime("%m/%d/%Y")]
        row += [f"003Kd00000{i % 20:05d}", "Example Ltd", record_id(rng, "006")]
        made.rows.append([*row, ""])
        if stage == "Closed Won":
            orders += 1
            gross[currency] += amount
        else:
            made.left("not won")
    made.footer = [line.format(len(made.rows)) for line in FOOTER]
    made.facts |= {"orders": orders, "gross": dict(gross)}
    return made


def salesforce_object(rng: Random) -> Made:
    """Deleted and merged contacts, the referrer as an id of 18 characters in a field of the company's own."""
    head = "Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Salutation,Name,Email,LeadSource,CreatedDate,"
    head += "Referred_By__c"
    made = Made("salesforce_object", [head.split(",")], quote=csv.QUOTE_ALL, ending="\n")
    made.optional, made.needed = ("Salutation",), ("CreatedDate",)
    crowd: list[tuple[str, Person]] = []
    old: dict[str, str] = {}
    pairs = set()
    for who, moment in zip(people(rng, 70), moments(rng, 70), strict=True):
        number, at = record_id(rng, "003", 18), moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        fate = rng.choice(("kept",) * 8 + ("merged", "deleted")) if crowd else "kept"
        by = rng.choice(crowd) if crowd and fate == "kept" and rng.random() < 0.3 else None
        master = rng.choice(crowd) if fate == "merged" else None
        row = [number, "0" if fate == "kept" else "1", master[0] if master else "", "001Kd0000000001AAA", who.last]
        row += [who.first, "", who.name, "" if fate == "merged" else who.mail, "Web", at, by[0] if by else ""]
        made.rows.append(row)
        if fate == "kept":
            crowd.append((number, who))
        elif master:
            old[number] = master[0]
            made.left("merged")
        else:
            made.left("deleted")
        if by:
            pairs.add((by[1].mail, who.mail))
    made.facts |= {"customers": {who.mail for _, who in crowd}, "old ids": old, "referrals": pairs}
    return made


TEAMS = ("Service", "Sales", "Marketing", "Product", "Warehouse", "Finance", "IT")


def engagement_pulse(rng: Random) -> Made:
    """A report by team and survey: responses, mean, promoters; a total at the end."""
    head = "Department,Survey Date,Invited,Responses,Participation,Engagement Score,eNPS Promoters,eNPS Passives,"
    made = Made("engagement_pulse", [f"{head}eNPS Detractors".split(",")], needed=("Engagement Score",))
    made.optional = ("Participation", "Invited")
    for day in ("2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31"):
        for team in TEAMS:
            n = rng.randint(8, 40)
            promoters, detractors = rng.randint(2, n // 2), rng.randint(0, n // 3)
            row = [team, day, str(n + 3), str(n), f"{100 * n / (n + 3):.0f}%", f"{rng.uniform(2.5, 4.8):.2f}"]
            made.rows.append([*row, str(promoters), str(n - promoters - detractors), str(detractors)])
    made.footer = ["Company Overall,,400,350,88%,3.90,100,150,100"]
    made.facts["teams"] = {(r[0], f"{r[1][:4]}Q{int(r[1][5:7]) // 3}"): (r[3], r[5], r[6], r[8]) for r in made.rows}
    return made


def engagement_answers(rng: Random) -> Made:
    """De-identified answers with one demographic; two people may answer alike."""
    items = ["I am proud to work here", "How likely is it that you would recommend us as a place to work?"]
    made = Made("engagement_pulse", [["Department", "Submitted At", "Language", *items]], needed=("Department",))
    made.optional = ("Language",)
    groups: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for moment in moments(rng, 200):
        team, proud, likely = rng.choice(TEAMS), rng.randint(1, 5), rng.randint(0, 10)
        made.rows.append([team, moment.strftime("%Y-%m-%d"), "en", str(proud), str(likely)])
        groups.setdefault((team, f"{moment.year}Q{(moment.month + 2) // 3}"), []).append((proud, likely))
    made.facts["teams"] = {
        place: (
            len(said),
            sum(p for p, _ in said) / len(said),
            sum(s > 8 for _, s in said),
            sum(s < 7 for _, s in said),
        )
        for place, said in groups.items()
    }
    return made


EXPORTS: dict[str, Callable[[Random], Made]] = {
    one.__name__: one
    for one in (
        hubspot_contacts,
        hubspot_deals,
        hubspot_deals_internal,
        salesforce_report,
        salesforce_opportunities,
        salesforce_object,
        engagement_pulse,
        engagement_answers,
    )
}
