"""Exports of referral programmes made up as their vendors write them; who truly referred whom is noted beside."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from .made_exports import Made, Person, people
from .tills import HEADS, moments, price, put


@dataclass
class Programme:
    """Referrals as they were thought up: the valid ones, how many of them ended in a purchase, all states."""

    valid: list[tuple[str, str, bool]] = field(default_factory=list)
    selves: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, object]:
        """The facts of `referrals` that reading must give."""
        return {
            "valid": len(self.valid),
            "converted": sum(converted for _, _, converted in self.valid),
            "referrers": len({referrer for referrer, _, _ in self.valid}),
            "selves": self.selves,
            "by_status": dict(self.states),
        }


def pairs(rng: Random, number: int) -> list[tuple[Person, Person]]:
    """A few who refer, each of their friends once."""
    everybody = people(rng, number + 12)
    return [(rng.choice(everybody[:12]), friend) for friend in everybody[12:]]


def friendbuy(rng: Random, kind: str = "friendbuy") -> Made:
    """Conversions: tests, self-referrals, repeated conversions of one friend, rewards of every state."""
    made = Made("friendbuy", [HEADS[kind]], needed=("Friend Email", "Reward"))
    made.optional = ("Widget", "Friend IP", "Referrer IP", "Campaign Name", "Referral Code")
    programme = Programme()
    fates = ["approved"] * 30 + ["pending"] * 6 + ["rejected"] * 5 + ["test"] * 4 + ["self"] * 3 + ["again"] * 5
    rng.shuffle(fates)
    met = pairs(rng, len(fates))
    for number, (fate, at, (who, friend)) in enumerate(zip(fates, moments(rng, len(fates)), met, strict=True), 9001):
        state = fate if fate in {"pending", "rejected"} else "approved"
        who = friend if fate == "self" else who
        cells = _conversion(rng, number, at, who, friend, state)
        put(made, cells | ({"Test": "true", "Is Test": "true"} if fate == "test" else {}))
        programme.states[state] += 1
        if fate in {"approved", "again"}:
            programme.valid.append((who.mail, friend.mail, True))
        elif fate == "self":
            programme.selves += 1
        else:
            made.left(fate)
        if fate == "again":
            put(made, _conversion(rng, number + 500, at + timedelta(days=3), who, friend, state))
            programme.states[state] += 1
            made.left("repeated conversion")
    made.rows.append(list(made.rows[0]))
    made.left("exact duplicate")
    made.facts["referrals"] = programme.facts()
    return made


def _conversion(rng: Random, number: int, at: datetime, who: Person, friend: Person, state: str) -> dict[str, str]:
    cells = {"Date": at.strftime("%Y-%m-%d %H:%M:%S"), "Created On": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    for name, person in (("Friend", friend), ("Referrer", who), ("Advocate", who)):
        cells |= {f"{name} Email": person.mail.title(), f"{name} Name": person.name}
        cells |= {f"{name} ID": f"c{person.number}", f"{name} Customer ID": f"c{person.number}"}
    cells |= {"Order Amount": f"${price(rng)}", "Order ID": str(number), "Widget": "Post purchase", "Test": "false"}
    cells |= {"Share Channel": "email", "Channel": "email", "Currency": "USD", "Is Test": "false"}
    return cells | {"Reward": state, "Advocate Reward Status": state.title(), "New Customer": "true"}


def friendbuy_newer(rng: Random) -> Made:
    """The later words: advocate for referrer, a status of the advocate's reward."""
    return friendbuy(rng, "friendbuy_newer")


def saasquatch(rng: Random, kind: str = "saasquatch") -> Made:
    """Referrals in milliseconds; what only started is valid but has not converted; moderation may deny."""
    started = "Date Referral Started" if kind == "saasquatch" else "dateReferralStarted"
    made = Made("saasquatch", [HEADS[kind]], optional=("Program ID", "programId"), needed=(started,))
    programme = Programme()
    fates = ["converted"] * 25 + ["started"] * 15 + ["PENDING"] * 5 + ["DENIED"] * 5
    rng.shuffle(fates)
    for number, (fate, at, (who, friend)) in enumerate(
        zip(fates, moments(rng, len(fates)), pairs(rng, len(fates)), strict=True)
    ):
        begun, bought = (str(int(moment.timestamp() * 1000)) for moment in (at, at + timedelta(days=6)))
        state = fate if fate.isupper() else "APPROVED"
        cells = {"Referral ID": f"5f{number:06d}", "id": f"5f{number:06d}", "Program ID": "r1", "programId": "r1"}
        cells |= {"Referred User - User ID": f"U{friend.number}", "Referring User - User ID": f"u{who.number}"}
        cells |= {"Referred User - Account ID": f"U{friend.number}", "Referring User - Account ID": f"u{who.number}"}
        cells |= {"referrerUser.id": f"u{who.number}", "referredUser.id": f"U{friend.number}"}
        cells |= {"Date Referral Started": begun, "dateReferralStarted": begun, "Date Modified": bought}
        cells |= {"Moderation Status": state, "moderationStatus": state}
        if fate != "started":
            cells |= {"Date Converted": bought, "dateConverted": bought}
        put(made, cells)
        programme.states[state] += 1
        if fate.isupper():
            made.left(fate.lower())
        else:
            programme.valid.append((f"u{who.number}", f"U{friend.number}", fate == "converted"))
    made.facts["referrals"] = programme.facts()
    return made


def saasquatch_api(rng: Random) -> Made:
    """The same as a connector flattens the answers of the interface."""
    return saasquatch(rng, "saasquatch_api")


def saasquatch_users(rng: Random) -> Made:
    """The people of the programme, with the moment they came in milliseconds."""
    made = Made("saasquatch", [HEADS["saasquatch_users"]], needed=("User ID", "Email"))
    made.optional = ("Image URL", "Email Hash", "Segments")
    everybody = people(rng, 30)
    for who, at in zip(everybody, moments(rng, 30), strict=True):
        cells = {"User ID": f"u{who.number}", "Account ID": f"u{who.number}", "Email": who.mail.upper()}
        cells |= {"First Name": who.first, "Last Name": who.last, "Referral Code": who.first.upper() + "10"}
        put(made, cells | {"Date Created": str(int(at.timestamp() * 1000)), "Segments": "vip,new"})
    made.facts["customers"] = {"rows": 30, "consent": {"yes": 0, "no": 0}}
    return made


def talkable(rng: Random) -> Made:
    """Referrals of every state: only approved and unblocked ones count."""
    made = Made("talkable", [HEADS["talkable"]], needed=("Advocate email", "Referral status"))
    made.optional = ("Campaign", "Friend first name", "Order subtotal")
    programme = Programme()
    states = ["approved"] * 24 + ["unblocked"] * 4 + ["pending"] * 6 + ["flagged"] * 3 + ["in progress"] * 2
    states += ["voided"] * 4 + ["blocked"] * 4
    rng.shuffle(states)
    for number, (state, at, (who, friend)) in enumerate(
        zip(states, moments(rng, len(states)), pairs(rng, len(states)), strict=True), 301
    ):
        when = at.strftime("%m/%d/%Y %I:%M %p")
        cells = {"Referral ID": str(number), "Created at": when, "Referral status": state, "Order date": when}
        cells |= {"Advocate email": who.mail, "Friend email": friend.mail, "Order subtotal": f"{price(rng):,}"}
        cells |= {"Advocate first name": who.first, "Advocate last name": who.last, "Order number": f"W{number}"}
        put(made, cells | {"Friend first name": friend.first, "Friend last name": friend.last})
        programme.states[state] += 1
        if state in {"approved", "unblocked"}:
            programme.valid.append((who.mail, friend.mail, True))
        else:
            made.left(state)
    made.facts["referrals"] = programme.facts()
    return made


def referralcandy(rng: Random) -> Made:
    """Referred purchases: the first of a friend is the referral, later ones of the same friend are only sales."""
    made = Made("referralcandy", [HEADS["referralcandy"]], needed=("Referrer Email", "Referred At"))
    made.optional = ("Friend Name", "Invoice Number", "Currency")
    programme = Programme()
    fates = ["approved"] * 26 + ["later"] * 8 + ["pending"] * 5 + ["disqualified"] * 4
    rng.shuffle(fates)
    for number, (fate, at, (who, friend)) in enumerate(
        zip(fates, moments(rng, len(fates)), pairs(rng, len(fates)), strict=True), 8001
    ):
        state = {"later": "approved"}.get(fate, fate)
        cells = {"Referrer Name": who.name, "Referrer Email": who.mail, "Friend Name": friend.name}
        cells |= {"Friend Email": friend.mail, "Currency": "GBP", "Status": state, "Invoice Amount": f"£{price(rng)}"}
        purchases = [("First purchase", at), ("Later purchase", at + timedelta(days=2))][: 2 if fate == "later" else 1]
        for i, (purchase, when) in enumerate(purchases):
            cells |= {"Referred At": when.astimezone(UTC).strftime("%d %b %Y"), "Purchase Type": purchase}
            put(made, cells | {"Invoice Number": f"{number}-{i}"})
            programme.states[state] += 1
        if state == "approved":
            programme.valid.append((who.mail, friend.mail, True))
            made.left_out["repeated conversion"] += fate == "later"
        else:
            made.left({"disqualified": "rejected"}.get(state, state))
    made.facts["referrals"] = programme.facts()
    return made


_ALL = (friendbuy, friendbuy_newer, saasquatch, saasquatch_api, saasquatch_users, talkable, referralcandy)
EXPORTS: dict[str, Callable[[Random], Made]] = {one.__name__: one for one in _ALL}
