"""The interactions and the reply lottery as tables: whose messages they are, what is found, cut off and removed."""

import numpy as np
import pandas as pd
from numpy.random import Generator

from scrm_helpers.sample import conversation_process as process
from scrm_helpers.sample import world
from scrm_helpers.sample.conversation_process import BOTS, FIRM, OPENER, OTHER_TEAM, PEOPLE, QUESTION
from scrm_helpers.sample.drawn_cascade import Arrays
from scrm_helpers.sample.drawn_stores import TEAMS
from scrm_helpers.sample.world import DAYS, PUBLIC, REGION_SHARES, Planted, dates, ids, pick, words

ROLES = ("customer", "brand", "employee", "partner", "other")
CUSTOMER, BRAND, EMPLOYEE, PARTNER, OTHER = range(5)
MONITORS = ("a", "b", "a+b")
THREADS, FEWEST = 0.35, 300  # threads that people open, for each customer, and at least
BY_BRAND = 0.35  # share of the threads in public where the firm speaks under its own name only
ANSWERING = 7  # people of a team who answer, the first of them most
PARTNERS = 0.15  # share of the threads of many whose third joiner is a partner


def conversation_tables(
    rng: Generator, people: Arrays, influencers: int, as_of: pd.Timestamp, width: int, planted: Planted
) -> tuple[dict[str, pd.DataFrame], dict[str, int]]:
    """`interactions`, a row per message, `lotteries`, and what this draw holds; customers in the order of joining."""
    threads = _opened(rng, people, influencers, planted)
    there_were = world.MONITORED[threads["channel"]] & (threads["by"] != FIRM).to_numpy()
    a, b = ((rng.random(len(threads)) < chance) & there_were for chance in planted.found)
    threads["monitor"] = np.where(there_were, a + 2 * b - 1, -1)
    threads = threads[a | b | ~there_were].reset_index(drop=True)
    lots = process.draw_lots(rng, threads, planted)
    messages = process.messages_of(rng, threads, planted)
    threads, messages = _with_returns(rng, threads, messages, planted)
    threads["name"] = ids("T", threads["start"].rank(method="first").to_numpy(), width)

    messages = messages[messages["day"] < DAYS].reset_index(names="row")
    messages["thread_id"] = threads["name"].to_numpy()[messages["thread"]]
    messages = messages.sort_values(["thread_id", "day", "row"], ignore_index=True)
    place = np.zeros(messages["row"].max() + 1, dtype=np.int64)
    place[messages["row"]] = np.arange(1, len(messages) + 1)
    messages["number"] = place[messages["row"]]
    messages["answers"] = place[messages["parent"]] * (messages["parent"] >= 0)
    cut = ((threads["by"] == PEOPLE).to_numpy() & (rng.random(len(threads)) < planted.cut_off))[messages["thread"]]
    cut &= (messages["answers"] == 0) & (messages.groupby("thread")["row"].transform("size") > 1)
    messages = messages[~cut].reset_index(drop=True)
    messages = _signed(rng, people, threads, messages, width)
    talk = _interactions(rng, threads, messages, as_of, planted)
    tables = {"interactions": talk, "lotteries": _lotteries(threads, lots, as_of)}
    held = {
        "threads": int(messages["thread"].nunique()),
        "threads_cut_off": int(cut.sum()),
        "threads_in_places_of_others": int(there_were.sum()),
        "found_by_a": int(a.sum()),
        "found_by_b": int(b.sum()),
        "found_by_both": int((a & b).sum()),
        "came_back_within_seven_days": int((threads["first_time"] >= 0).sum()),
    }
    return tables, held


def _opened(rng: Generator, people: Arrays, influencers: int, planted: Planted) -> pd.DataFrame:
    """All threads that arise by themselves, with their openers; more as the company grows, a rush at last."""
    size = max(FEWEST, round(THREADS * len(people["joined"])))
    late = round(planted.rush * size)
    start = process.FIRST_DAY + (DAYS - process.FIRST_DAY) * np.sqrt(rng.random(size + late))
    start[size:] = rng.uniform(DAYS - planted.rush_days, DAYS, late)
    pool = _pool(rng, people, start)
    start = pool.pop("start").to_numpy()
    outside = rng.random(len(start)) < planted.outside
    guest = (influencers * rng.random(len(start)) ** 1.5).astype(np.int64)
    own = rng.normal(0, planted.author_spread, len(people["joined"]) + influencers)
    spread = own[np.where(outside, len(people["joined"]) + guest, pool["opener"])]
    threads = process.threads_of_people(rng, start, spread, planted)
    intent = np.where(rng.random(late) < 0.6, QUESTION, process.COMPLAINT)
    rush = process.described(rng, start[size:], spread[size:], intent, threads["channel"].to_numpy()[size:], planted)
    threads = pd.concat([threads[:size], rush], ignore_index=True)
    threads = pd.concat([threads, pool], axis=1).assign(spread=spread, guest=np.where(outside, guest, -1))

    quarters = (DAYS - process.FIRST_DAY) / 91.3 * max(1.0, len(people["joined"]) / 2000)
    own_posts = process.threads_of_firm(rng, round(sum(planted.broadcasts) * quarters), planted)
    spam = process.threads_of_bots(rng, round(planted.of_bots * size), planted)
    spam["guest"] = rng.integers(0, planted.bots, len(spam))
    others = pd.concat([own_posts, spam], ignore_index=True)
    others = pd.concat([others, _pool(rng, people, others.pop("start").to_numpy())], axis=1)
    return pd.concat([threads, others], ignore_index=True).fillna({"guest": -1, "spread": 0.0}).assign(first_time=-1)


def _pool(rng: Generator, people: Arrays, start: np.ndarray) -> pd.DataFrame:
    """Who may speak in each thread: those of one region who joined a month before; the opener, and steps to others."""
    # A thread waits until its region has two such customers
    home = pick(rng, REGION_SHARES, len(start))
    members = [np.flatnonzero(people["region"] == region) for region in range(len(REGION_SHARES))]
    joined = [people["joined"][rows] for rows in members]
    start = np.maximum(start, np.array([days[1] + 31.0 for days in joined])[home])
    known = np.array([np.searchsorted(days, start - 30) for days in joined])[home, np.arange(len(start))]
    first = np.cumsum([0, *map(len, members)])[home]
    place = (rng.random(len(start)) ** 2 * known).astype(np.int64)
    helper = (rng.random(len(start)) ** 4 * known).astype(np.int64)
    stride = 1 + (rng.random(len(start)) * known / 8).astype(np.int64)
    columns = {"home": home, "first": first, "known": known, "place": place, "helper": helper, "stride": stride}
    return pd.DataFrame({**columns, "opener": np.concatenate(members)[first + place], "start": start})


def _with_returns(
    rng: Generator, threads: pd.DataFrame, messages: pd.DataFrame, planted: Planted
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the threads of those who come back, and say of each request whether it was settled."""
    returned = process.coming_back(rng, threads, messages, planted)
    before = threads.loc[returned["thread"]].reset_index(drop=True)
    shares = np.where(PUBLIC, 0.0, planted.channels)
    channel = pick(rng, shares / shares.sum(), len(returned))
    intent = np.full(len(returned), QUESTION)
    again = process.described(rng, returned["day"].to_numpy(), before["spread"].to_numpy(), intent, channel, planted)
    again = again.assign(**{str(name): before[name] for name in before if name not in again})
    again["monitor"], again["first_time"] = -1, returned["thread"]
    later = process.messages_of(rng, again, planted)
    later["thread"] += len(threads)
    later["parent"] = np.where(later["parent"] >= 0, later["parent"] + len(messages), -1)
    threads = pd.concat([threads, again], ignore_index=True)
    messages = pd.concat([messages, later], ignore_index=True)
    heard = messages[(messages["day"] < DAYS) & (messages["speaker"] != OPENER) & (messages["parent"] >= 0)]
    threads["settled"] = threads.index.isin(heard["thread"]) & ~threads.index.isin(returned["thread"])
    return threads, messages


def _signed(rng: Generator, people: Arrays, threads: pd.DataFrame, messages: pd.DataFrame, width: int) -> pd.DataFrame:
    """Add who wrote each message: customers under their id, people from outside under the id they refer with."""
    at = {name: threads[name].to_numpy()[messages["thread"]] for name in threads}
    speaker = messages["speaker"].to_numpy()
    by_brand = ((rng.random(len(threads)) < BY_BRAND) & PUBLIC[threads["channel"]]) | (threads["by"] == FIRM)
    partner = rng.random(len(threads)) < PARTNERS
    firm = speaker < OPENER
    as_brand = by_brand.to_numpy()[messages["thread"]] & (speaker != OTHER_TEAM)
    role = np.where(firm, np.where(as_brand, BRAND, EMPLOYEE), 0)
    role[(speaker == OPENER) & (at["guest"] >= 0)] = OTHER
    role[(speaker == 3) & partner[messages["thread"]]] = PARTNER

    everybody = np.concatenate([np.flatnonzero(people["region"] == region) for region in range(len(REGION_SHARES))])
    place = (at["helper"] + (speaker - 1) * at["stride"]) % at["known"]
    place = np.where(place == at["place"], (place + 1) % at["known"], place)
    customer = np.where(speaker == OPENER, at["opener"], everybody[at["first"] + place])
    team = (at["home"] * 9 + rng.integers(0, 9, len(threads))[messages["thread"]]) % TEAMS
    team = np.where(speaker == OTHER_TEAM, (team + 1 + at["known"] % (TEAMS - 1)) % TEAMS, team)
    number = (ANSWERING * rng.random(len(threads)) ** 2).astype(np.int64)[messages["thread"]]
    guest = at["guest"].astype(np.int64) + 1
    author = ids("C", customer + 1, width)
    author = author.mask(role == BRAND, "brand")
    author = author.mask(role == EMPLOYEE, ids("E", team * 10 + 10 + number, 3))
    author = author.mask(role == PARTNER, ids("N", 1 + customer % 9, 3))
    author = author.mask((role == OTHER) & (at["by"] == PEOPLE), ids("X", guest, width))
    author = author.mask((role == OTHER) & (at["by"] == BOTS), ids("B", guest, 2))
    return messages.assign(
        author=author,
        role=role,
        customer=ids("C", customer + 1, width).where(role == CUSTOMER),
        team=words([f"Team {number + 1:02d}" for number in range(TEAMS)], np.where(role == EMPLOYEE, team, -1)),
    )


def _interactions(
    rng: Generator, threads: pd.DataFrame, messages: pd.DataFrame, as_of: pd.Timestamp, planted: Planted
) -> pd.DataFrame:
    """One row per message."""
    names = ("channel", "by", "function", "monitor", "about_term")
    at = {name: threads[name].to_numpy()[messages["thread"]] for name in names}
    wide, size, role = len(threads["name"].iloc[0]) - 1, len(messages), messages["role"].to_numpy()
    public, outsiders = PUBLIC[at["channel"]], np.isin(role, [CUSTOMER, OTHER])
    blog = at["channel"] == world.CHANNELS.index("blog")
    day = messages["day"].to_numpy()
    removed = np.where(blog & outsiders, process.along(planted.deletes_on_blog, day), planted.deletes * public)
    letter = at["channel"] == world.CHANNELS.index("newsletter")
    first = messages["answers"] == 0
    asked = messages["asks"] & (messages["speaker"] == OPENER)
    helps = (messages["intent"] == world.INTENTS.index("answer")) & (role == CUSTOMER)
    settled = pd.Series(pd.array(threads["settled"].to_numpy()[messages["thread"]], dtype="boolean"))
    would = pd.Series(pd.array(rng.random(size) < planted.would_have_contacted, dtype="boolean"))
    reach = _reach(rng, messages, at["by"] == BOTS, planted)
    minutes = pd.to_timedelta(np.floor(messages["day"] % 1 * 1440), unit="min")
    said = messages[["intent", "asks", "mentions", "clauses"]].assign(about_term=at["about_term"] & first)
    return pd.DataFrame(
        {
            "interaction_id": ids("M", messages["number"].to_numpy(), wide + 1),
            "occurred_on": dates(day.astype(np.int64), as_of) + minutes,
            "channel": words(world.CHANNELS, at["channel"]),
            "customer_id": messages["customer"],
            "author_id": messages["author"],
            "author_role": words(ROLES, role),
            "thread_id": messages["thread_id"],
            "in_reply_to": ids("M", messages["answers"].to_numpy(), wide + 1).where(~first),
            "text": process.texts(rng, said, planted.term),
            "sentiment": messages["tone"],
            "intent": words(world.INTENTS, messages["intent"].to_numpy()),
            "reach": np.where(public, np.round(reach), 1.0),
            "is_public": pd.array(public, dtype="boolean"),
            "resolved": settled.where(asked),
            "would_have_contacted": would.where(asked | helps),
            "deleted": pd.array(rng.random(size) < removed, dtype="boolean"),
            "gated": pd.array(letter & (rng.random(size) < process.along(planted.gates, day)), dtype="boolean"),
            "function": words(world.FUNCTIONS, at["function"]),
            "team": messages["team"],
            "monitor": words(MONITORS, at["monitor"]),
        }
    )


def _reach(rng: Generator, messages: pd.DataFrame, bot: np.ndarray, planted: Planted) -> np.ndarray:
    """Each author is heard by so many, those of an unhappy mean tone by more, and from message to message by others."""
    author, names = pd.factorize(messages["author"])
    mean = np.bincount(author, messages["tone"]) / np.bincount(author)
    usual = rng.lognormal(4.0, 0.8, len(names)) * np.where(mean < 0, planted.reach_ratio, 1.0)
    usual *= np.where(names.str.startswith("X"), planted.outside_reach, 1.0)
    return usual[author] * rng.lognormal(0.0, 0.2, len(messages)) * np.where(bot, 0.5, 1.0)


def _lotteries(threads: pd.DataFrame, lots: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per lot, drawn on the day the thread opened."""
    row = lots["thread"].to_numpy()
    return pd.DataFrame(
        {
            "lottery_id": "reply-lot",
            "kind": "reply",
            "unit_id": threads["name"].to_numpy()[row],
            "arm": words(("wait", "answer"), lots["answered"].to_numpy().astype(np.int64)),
            "probability": lots["probability"],
            "drawn_on": dates(threads["start"].to_numpy()[row].astype(np.int64), as_of),
            "stratum": words(world.STRATA, lots["stratum"].to_numpy()),
            "seed": lots["seed"].astype("str"),
        }
    )
