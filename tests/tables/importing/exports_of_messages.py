"""Exports of help desks and social networks made up as their vendors write them; what was said is noted beside."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from random import Random

from .made_exports import Made, people
from .tills import HEADS, moments, put


@dataclass
class Talk:
    """Messages as they were thought up: their conversation, whether others could see them, whether one was a reply."""

    said: list[tuple[str, bool | None]] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)

    def facts(self) -> dict[str, object]:
        """The facts of `interactions` that reading must give."""
        return {
            "messages": len(self.said),
            "threads": len({thread for thread, _ in self.said}),
            "public": sum(bool(public) for _, public in self.said),
            "answered": len(self.answered),
        }


def zendesk(rng: Random) -> Made:
    """Tickets: a hyphen where nothing is known, merged ones, replies told only by their delay."""
    made = Made("zendesk", [HEADS["zendesk"]], needed=("Created at", "Id"), optional=("Due date", "Topic [list]"))
    talk, asked = Talk(), people(rng, 25)
    fates = ["solved"] * 30 + ["silent"] * 8 + ["merged"] * 5 + ["spam"] * 2
    rng.shuffle(fates)
    for number, (fate, at) in enumerate(zip(fates, moments(rng, len(fates)), strict=True), 4001):
        who, via = rng.choice(asked), rng.choice(["Mail", "Web form", "Chat", "Twitter", "Facebook Post"])
        waited = rng.randrange(3, 2000) if fate == "solved" else None
        cells = dict.fromkeys(made.heads[0], "-")
        cells |= {"Summation column": "1", "Id": str(number), "Requester": who.name, "Requester email": who.mail}
        cells |= {"Requester id": str(360_000_000_000 + who.number), "Requester domain": who.mail.split("@")[1]}
        cells |= {"Subject": 'Where is "it", please?', "Status": "Closed" if fate != "silent" else "New", "Via": via}
        cells |= {"Created at": at.strftime("%Y-%m-%d %H:%M"), "Tags": "order late"}
        cells |= {"Tags": "closed_by_merge" if fate == "merged" else cells["Tags"], "Group": "Service"}
        cells |= {"Satisfaction Score": rng.choice(["Offered", "Not Offered", "Good", "Bad"]), "Replies": "0"}
        if fate == "spam":
            cells |= {"Status": "Suspended"}
        if waited is not None:
            cells |= {"First reply time in minutes": str(waited), "Replies": "1", "Assignee": "Team A"}
        put(made, cells)
        if fate in {"merged", "spam"}:
            made.left({"merged": "merged into another ticket", "spam": "spam"}[fate])
            continue
        public = via in {"Twitter", "Facebook Post"}
        talk.said.append((str(number), public))
        if waited is not None:
            talk.said.append((str(number), public))
            talk.answered.add(str(number))
    made.facts["interactions"] = talk.facts()
    return made


def zendesk_explore(rng: Random) -> Made:
    """The same tickets as a query of the reporting tool writes them, without the hyphens."""
    plain = zendesk(rng)
    made = Made("zendesk", [HEADS["zendesk_explore"]], needed=("Ticket ID",), optional=("Ticket subject",))
    made.facts, made.left_out = plain.facts, plain.left_out
    theirs = "Id,Created at,Status,Via,Subject,Tags,Requester,Requester email,Requester id,First reply time in minutes"
    places = [plain.heads[0].index(head) for head in theirs.split(",")]
    made.rows = [["" if row[place] == "-" else row[place] for place in places] for row in plain.rows]
    return made


def hootsuite(rng: Random) -> Made:
    """Resolved conversations, one row each; a private one has a private medium."""
    made = Made("hootsuite", [HEADS["hootsuite"]], needed=("Conversation ID", "Created at"))
    made.optional = ("Topics", "Contact Secondary Identifier", "Channel Display Name")
    talk, asked = Talk(), people(rng, 20)
    for number, at in enumerate(moments(rng, 40), 100):
        who, waited = rng.choice(asked), rng.choice([None, None, 60, 4000])
        cells = {"Conversation ID": f"0a{number:04d}-c", "Medium": rng.choice(["Facebook", "Instagram", "Twitter"])}
        cells |= {"Channel": "acme", "Channel Display Name": "Acme", "Contact Profile ID": f"p-{who.number}"}
        cells |= {"Contact Primary Identifier": who.name, "Contact Secondary Identifier": f"@{who.first.lower()}"}
        cells |= {"Created at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "Inbound Messages": "1"}
        cells |= {"First Response Time (seconds)": str(waited or ""), "Outbound Messages": "1" if waited else "0"}
        put(made, cells | {"Resolved at": (at + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")})
        talk.said.append((str(number), None))
        if waited:
            talk.said.append((str(number), None))
            talk.answered.add(str(number))
    made.facts["interactions"] = talk.facts()
    return made


def hootsuite_messages(rng: Random) -> Made:
    """The export of messages: inbound and outbound, comments are public, direct messages are not."""
    made = Made("hootsuite", [HEADS["hootsuite_messages"]], needed=("Message ID", "Direction"))
    made.optional = ("Post URL", "Contact Secondary Identifier")
    talk, asked = Talk(), people(rng, 20)
    for number, at in enumerate(moments(rng, 30), 100):
        who, kind, replied = rng.choice(asked), rng.choice(["comment", "direct_message"]), rng.random() < 0.6
        for direction, after in (("inbound", 0), ("outbound", 9))[: 1 + replied]:
            cells = {"Message ID": f"m{number}-{direction}", "Conversation ID": f"c{number}", "Medium": "Facebook"}
            cells |= {"Direction": direction, "Message Type": kind, "Contact Primary Identifier": who.name}
            cells |= {"Created at": (at + timedelta(minutes=after)).strftime("%Y-%m-%d %H:%M:%S"), "Sentiment": ""}
            put(made, cells | {"Content": 'line one\nline "two"', "Channel": "acme", "Agent Name": "Team A"})
            talk.said.append((f"c{number}", kind == "comment"))
        if replied:
            talk.answered.add(f"c{number}")
    made.facts["interactions"] = talk.facts()
    return made


class Archive(Made):
    """An archive of posts: JavaScript that assigns a list to a name."""

    def write(self, folder: Path, name: str = "export") -> Path:
        """The file, with one object per post."""
        path = folder / f"{name}.js"
        posts = [
            {key: value for key, value in zip(self.heads[0], row, strict=True) if value not in {"", None}}
            for row in self.rows
        ]
        wrapped = [{"tweet": post} for post in posts] if self.titles == ["tweets"] else posts
        path.write_text(f"window.YTD.{self.titles[0]}.part0 = {json.dumps(wrapped, indent=2)}", encoding="utf-8")
        return path


def x_archive(rng: Random, name: str = "tweets") -> Made:
    """Posts of the company and its replies to others; some are posts of others passed on."""
    heads = "id_str,id,created_at,full_text,in_reply_to_status_id_str,in_reply_to_user_id_str,in_reply_to_screen_name"
    made = Archive("x_archive", [[*heads.split(","), "favorite_count", "retweet_count", "lang", "retweeted"]])
    made.titles, made.optional, made.needed = [name], ("lang", "favorite_count"), ("created_at", "id_str")
    talk, before = Talk(), ("", "")
    for number, at in enumerate(moments(rng, 60)):
        own = str(1_050_118_621_198_921_728 + number * 1000)
        kind = rng.choice(["post", "post", "reply", "passed on", "more"])
        cells = {"id_str": own, "id": own, "created_at": at.astimezone(UTC).strftime("%a %b %d %H:%M:%S +0000 %Y")}
        cells |= {"full_text": {"passed on": "RT @p101: tea = good; ok"}.get(kind, 'New "tea" = [here]; 10% </script>')}
        cells |= {"favorite_count": str(number), "retweet_count": "0", "lang": "en"}
        thread = own
        if kind == "reply":
            thread = str(900_000_000_000_000_000 + number)
            cells |= {"in_reply_to_status_id_str": thread, "in_reply_to_user_id_str": "4242"}
            cells |= {"in_reply_to_screen_name": "p101"}
        if kind == "more" and before[0]:  # the company goes on with what it said last
            cells |= {"in_reply_to_status_id_str": before[0], "in_reply_to_screen_name": "acme"}
            thread = before[1]
        before = (own, thread)
        put(made, cells)
        talk.said.append((thread, True))
    made.facts["interactions"] = talk.facts()
    return made


def x_archive_older(rng: Random) -> Made:
    """The archive of earlier years: another name, no wrapping object."""
    return x_archive(rng, "tweet")


EXPORTS: dict[str, Callable[[Random], Made]] = {
    one.__name__: one for one in (zendesk, zendesk_explore, hootsuite, hootsuite_messages, x_archive, x_archive_older)
}
