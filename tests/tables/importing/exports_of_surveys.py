"""Survey exports as Delighted, Qualtrics, SurveyMonkey, Typeform, AskNicely and HubSpot write them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from .made_exports import Made, Person, people

RECOMMEND = "How likely is it that you would recommend us to a friend or colleague?"
COMMENTS = ("", "Great, thanks", 'Said "wow"', "line one\nline two", "Größe passt nicht; zu klein", "=1+1", "N/A")
DENVER = ZoneInfo("America/Denver")


def moments(rng: Random, number: int) -> list[datetime]:
    """Different moments in UTC over a year, in order, days above and below twelve."""
    start = datetime(2025, 3, 1, tzinfo=UTC)
    return sorted(start + timedelta(minutes=minute) for minute in rng.sample(range(0, 525_600, 7), number))


def draws(rng: Random, number: int, persons: int) -> Iterator[tuple[int, Person, datetime, int]]:
    """Number, person, moment and score; some people answer more than once."""
    crowd = people(rng, persons)
    for i, moment in enumerate(moments(rng, number)):
        yield i, rng.choice(crowd), moment, rng.choice((0, 3, 5, 6, 7, 7, 8, 8, 9, 9, 10, 10))


def _spelled(rng: Random, mail: str) -> str:
    return rng.choice((mail, mail, mail.upper(), mail.title(), f" {mail} "))


def delighted(rng: Random) -> Made:
    """One list of three scales; some people have only a phone; one row was exported twice."""
    head = "Response ID,Person ID,Person Name,Person Email,Person Phone,Survey Type,Score,Comment,Permalink,Created At,"
    head += "Updated At,Delighted Source,Delighted Link Name,Delighted Device Type,Tags,Notes"
    made = Made("delighted", [head.split(",")], optional=("Permalink", "Person Name", "Tags"), needed=("Score",))
    for i, who, moment, score in draws(rng, 90, 50):
        scale = rng.choice(("nps", "nps", "nps", "csat", "ces"))
        given = score if scale == "nps" else rng.randint(1, 5)
        phone_only = who.number % 10 == 0
        mail = "" if phone_only else _spelled(rng, who.mail)
        phone = f"+1202555{who.number:04d}"
        at = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
        row = [f"{70_000_000 + i}", f"{who.number}", who.name, mail, phone, scale, f"{given}", rng.choice(COMMENTS)]
        row += [f"https://app.example/r/{i}", at, at, rng.choice(("Email", "Web", "")), "", "mobile", "", ""]
        made.rows.append(row)
        if scale == "nps":
            made.answers.given.append((who.mail, moment, score))
        else:
            made.left(f"other scale ({scale})")
            made.others[scale] += 1
    made.rows.append(made.rows[next(i for i, row in enumerate(made.rows) if row[5] == "nps")])
    made.left("exact duplicate")
    return made


def delighted_by_program(rng: Random) -> Made:
    """The names of the programming interface: Unix seconds, an id as the person."""
    head = "id,person,survey_type,score,comment,permalink,created_at,updated_at,notes,tags,additional_answers"
    made = Made("delighted", [head.split(",")], optional=("permalink", "notes"), needed=("score",), ending="\n")
    for i, who, moment, score in draws(rng, 40, 30):
        at = str(int(moment.timestamp()))
        row = [str(i), str(who.number), "nps", str(score), rng.choice(COMMENTS), "", at, at, "[]", "[]", "[]"]
        made.rows.append(row)
        made.answers.given.append((str(who.number), moment, score))
    return made


QUALTRICS = (
    ("StartDate", "Start Date", "startDate"),
    ("EndDate", "End Date", "endDate"),
    ("Status", "Response Type", "status"),
    ("IPAddress", "IP Address", "ipAddress"),
    ("Progress", "Progress", "progress"),
    ("Duration (in seconds)", "Duration (in seconds)", "duration"),
    ("Finished", "Finished", "finished"),
    ("RecordedDate", "Recorded Date", "recordedDate"),
    ("ResponseId", "Response ID", "_recordId"),
    ("RecipientLastName", "Recipient Last Name", "recipientLastName"),
    ("RecipientFirstName", "Recipient First Name", "recipientFirstName"),
    ("RecipientEmail", "Recipient Email", "recipientEmail"),
    ("ExternalReference", "External Data Reference", "externalDataReference"),
    ("LocationLatitude", "Location Latitude", "locationLatitude"),
    ("LocationLongitude", "Location Longitude", "locationLongitude"),
    ("DistributionChannel", "Distribution Channel", "distributionChannel"),
    ("UserLanguage", "User Language", "userLanguage"),
    ("Q1_NPS_GROUP", f"{RECOMMEND} - Group", "QID1_NPS_GROUP"),
    ("Q1", RECOMMEND, "QID1"),
    ("Q2", "How satisfied are you with the product?", "QID2"),
    ("Q3", "Why?", "QID3_TEXT"),
)


def qualtrics(rng: Random, *, numbers: bool = False, recommend: str = RECOMMEND) -> Made:
    """Three header rows, Denver time, previews, spam, unfinished rows with scores, choice text or numbers."""
    zone = {"timeZone": "America/Denver"}
    columns = [{"ImportId": name} | (zone if name.endswith("Date") else {}) for _, _, name in QUALTRICS]
    ids = [json.dumps(column, separators=(",", ":")) for column in columns]
    labels = [label.replace(RECOMMEND, recommend) for _, label, _ in QUALTRICS]
    made = Made("qualtrics", [[name for name, _, _ in QUALTRICS], labels, ids], needed=("RecordedDate",))
    made.optional = ("IPAddress", "UserLanguage", "Q2")
    for i, who, moment, score in draws(rng, 120, 70):
        fate = rng.choice(("kept",) * 12 + ("preview", "spam", "unfinished", "unfinished"))
        status = {"preview": ("Survey Preview", "1"), "spam": ("Spam", "8")}.get(fate, ("IP Address", "0"))[numbers]
        finished = (("False", "0") if fate == "unfinished" else ("True", "1"))[numbers]
        group = (("Detractor", "1") if score <= 6 else ("Passive", "2") if score <= 8 else ("Promoter", "3"))[numbers]
        at = moment.astimezone(DENVER).strftime("%Y-%m-%d %H:%M:%S")
        row = [at, at, status, "192.0.2.7", "55" if fate == "unfinished" else "100", str(rng.randint(20, 900))]
        row += [finished, at, f"R_{i:04d}AbC{i % 7}", who.last, who.first, _spelled(rng, who.mail), f"C-{who.number}"]
        row += ["1.5", "2.5", "email", "EN", group, str(score)]
        row += [str(rng.randint(1, 5)) if numbers else "Very good", rng.choice(COMMENTS)]
        made.rows.append(row)
        if fate == "kept":
            made.answers.given.append((who.mail, moment, score))
        else:
            made.left(fate)
    return made


def qualtrics_tsv(rng: Random) -> Made:
    """The same as tab-separated UTF-16 with numeric codes."""
    made = qualtrics(rng, numbers=True)
    made.separator, made.encoding, made.ext = "\t", "utf-16", ".tsv"
    return made


def qualtrics_german(rng: Random) -> Made:
    """The question in German and no group column; saved again by a German spreadsheet."""
    german = "Wie wahrscheinlich ist es, dass Sie uns einem Freund oder Kollegen weiterempfehlen?"
    made = qualtrics(rng, recommend=german).without("Q1_NPS_GROUP").resaved()
    made.optional = ("IPAddress", "UserLanguage")
    return made


MONKEY = "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1"


def surveymonkey(rng: Random) -> Made:
    """Two header rows, blanks to the right of a question, words at the ends of the scale, American clock."""
    asked = [RECOMMEND, "Which of these do you use? (Select all)", "", "", "What could we\ndo better, if anything?"]
    under = [""] * 9 + ["", "Shop", "App", "Other (please specify)", "Open-Ended Response"]
    made = Made("surveymonkey", [MONKEY.split(",") + asked, under])
    made.optional = ("IP Address", "Custom Data 1", "Collector ID")
    made.needed = (RECOMMEND,)
    for i, who, moment, score in draws(rng, 80, 45):
        skipped = rng.random() < 0.1
        said = {0: "Not at all likely - 0", 10: "Extremely likely - 10"}.get(score, str(score))
        at = moment.strftime("%m/%d/%Y %I:%M:%S %p")
        row = [f"{118_052_219_061 + i}", "446111201", at, at, "192.0.2.9", _spelled(rng, who.mail), who.first, who.last]
        row += [f"C{who.number}", "" if skipped else said, rng.choice(("Shop", "")), rng.choice(("App", "")), ""]
        made.rows.append([*row, rng.choice(COMMENTS)])
        if not skipped:
            made.answers.given.append((who.mail, moment, score))
    return made


def surveymonkey_resaved(rng: Random) -> Made:
    """Saved again by a German spreadsheet: semicolons, day first with dots, 24 hours."""
    return surveymonkey(rng).resaved()


def typeform(rng: Random) -> Made:
    """The question is the header; started and never submitted; a contact form besides."""
    head = ["#", RECOMMEND, "What is the main reason for your score?", "email", "Response Type", "Start Date (UTC)"]
    head += ["Stage Date (UTC)", "Submit Date (UTC)", "Network ID", "Tags", "Ending"]
    made = Made("typeform", [head], optional=("Tags", "Ending", "Stage Date (UTC)"), needed=("Submit Date (UTC)",))
    for i, who, moment, score in draws(rng, 60, 40):
        started = rng.random() < 0.15
        began = (moment - timedelta(minutes=2)).strftime("%Y-%m-%d %H:%M:%S")
        ended = "" if started else moment.strftime("%Y-%m-%d %H:%M:%S")
        row = [f"{i:03d}hefupfubphvacf8sv12c", str(score), rng.choice(COMMENTS), _spelled(rng, who.mail)]
        row += ["started" if started else "completed", began, began if started else "", ended]
        made.rows.append([*row, f"98eebf{who.number}", "", "Default"])
        if started:
            made.left("unfinished")
        else:
            made.answers.given.append((who.mail, moment, score))
    return made


def typeform_older(rng: Random) -> Made:
    """Older files say neither type nor ending, and one column each for the choices."""
    head = ["#", "How likely are you to recommend {{field:abc}} to others?", "Biceps", "Other", "Your e-mail address"]
    head += ["Start Date (UTC)", "Submit Date (UTC)", "Network ID"]
    made = Made("typeform", [head], optional=("Biceps", "Start Date (UTC)"), needed=("Submit Date (UTC)",), ending="\n")
    for i, who, moment, score in draws(rng, 30, 25):
        at = moment.strftime("%Y-%m-%d %H:%M:%S")
        made.rows.append([f"{i:032x}", str(score), "", "", who.mail, at, at, f"{who.number:010x}"])
        made.answers.given.append((who.mail, moment, score))
    return made


NICELY = "response_id,person_id,contact_id,name,email,answer,answerlabel,data,comment,note,status,dontcontact,sent,"
NICELY += "opened,responded,lastemailed,created,segment,question_type,published,publishedname,publishedavatar,"
NICELY += "deliverymethod,survey_template,theme,life_cycle"


def asknicely(rng: Random) -> Made:
    """Invited people without an answer, Unix seconds as text, 0 for never, two scales."""
    made = Made("asknicely", [NICELY.split(",")], optional=("note", "theme", "life_cycle"), needed=("answer",))
    silent = 0
    for i, who, moment, score in draws(rng, 100, 60):
        answered, scale = rng.random() < 0.6, rng.choice(("nps", "nps", "nps", "csat"))
        sent, at = str(int(moment.timestamp()) - 86_400), str(int(moment.timestamp())) if answered else "0"
        given = "" if not answered else str(score if scale == "nps" else rng.randint(1, 5))
        row = [str(9000 + i), str(who.number), str(who.number), who.name, _spelled(rng, who.mail), given, "", "", ""]
        row += ["", "closed" if answered else "sent", "0", sent, at, at, sent, sent, "retail", scale, "0", "", ""]
        made.rows.append([*row, "email", "default", "", ""])
        if scale != "nps":
            made.left("other scale (csat)")
            made.others["csat"] += answered
        elif answered:
            made.answers.given.append((who.mail, moment, score))
        else:
            silent += 1
    made.facts["not answered"] = silent
    return made


FEEDBACK = {
    "labels": "Record ID,Survey name,Survey type,Rating,Feedback Sentiment,Response,Source,Date,Contact email",
    "names": "hs_object_id,hs_survey_name,hs_survey_type,hs_value,hs_response_group,hs_content,hs_survey_channel,"
    "hs_submission_timestamp,hs_contact_email_rollup",
}
SCALES = {"NPS": (0, 10), "CSAT": (0, 2), "CES": (1, 7)}


def hubspot_feedback(rng: Random, spelling: str = "labels") -> Made:
    """One column of ratings, three scales; a contact may answer many times."""
    head = FEEDBACK[spelling].split(",")
    made = Made("hubspot_feedback", [head], optional=(head[6],), needed=(head[2], head[3]))
    for i, who, moment, score in draws(rng, 90, 30):
        scale = rng.choice(("NPS", "NPS", "CSAT", "CES"))
        given = score if scale == "NPS" else rng.randint(*SCALES[scale])
        at = moment.strftime("%Y-%m-%d %H:%M" if spelling == "labels" else "%Y-%m-%dT%H:%M:%SZ")
        sentiment = "PROMOTER" if given >= 9 else "DETRACTOR"
        row = [str(5000 + i), f"{scale} of the year", scale, str(given), sentiment, rng.choice(COMMENTS), "EMAIL"]
        made.rows.append([*row, at, _spelled(rng, who.mail)])
        if scale == "NPS":
            made.answers.given.append((who.mail, moment, score))
        else:
            made.left(f"other scale ({scale.lower()})")
            made.others[scale.lower()] += 1
    return made


def hubspot_feedback_names(rng: Random) -> Made:
    """The internal names of the properties."""
    return hubspot_feedback(rng, "names")


EXPORTS: dict[str, Callable[[Random], Made]] = {
    one.__name__: one
    for one in (
        delighted,
        delighted_by_program,
        qualtrics,
        qualtrics_tsv,
        qualtrics_german,
        surveymonkey,
        surveymonkey_resaved,
        typeform,
        typeform_older,
        asknicely,
        hubspot_feedback,
        hubspot_feedback_names,
    )
}
