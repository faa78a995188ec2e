"""What reaches the page is escaped, described and the same every time."""

import html
import itertools

import pandas as pd
import pytest
from given import Said, said

from scrm_helpers.answers import drawing, show, style
from scrm_helpers.answers.fitted_labels import fit_labels
from scrm_helpers.answers.measure import Measure

PAYLOADS = [
    "<script>document.title='x'</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</table><iframe src=//x>",
]


class Line(Said):
    def plot(self, ax=None):
        ax = style.axes_for(ax)
        ax.plot([0, 1], [0, 1])
        return ax


def line(**changes):
    words = {"sentence": "Up.", "table": pd.DataFrame(), "title": "It rises", "alt": "A line that rises from 0 to 1."}
    return said(Line, **(words | changes))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_data_never_becomes_markup(payload):
    markup = show.table_html(pd.DataFrame({payload: [payload]}), {}, payload)
    inside = markup.replace(show.escape(payload), "")
    assert payload not in inside
    assert all(tag not in markup for tag in ("<script", "<img", "<iframe"))


def test_invisible_characters_are_shown():
    assert show.escape("a\u202eb\x1b[31m\u200b") == "a\\u202eb\\u001b[31m\\u200b"


def test_a_minus_stays_on_the_line_of_its_currency():
    assert html.unescape(show.escape("\u2212€5, \u2212EUR 5, \u22125")) == "\u2212\u2060€5, \u2212\u2060EUR 5, \u22125"


def test_table_has_caption_scopes_and_row_heads():
    markup = show.table_html(pd.DataFrame({"Name": ["a"], "Share": [0.5]}), {"Share": "percent"}, "People")
    assert "<caption>People</caption>" in markup
    assert '<th scope="col" class="number">Share</th>' in markup
    assert '<th scope="row" class="text">a</th><td class="number">50%</td>' in markup


@pytest.mark.parametrize("table", [pd.DataFrame(), pd.DataFrame({"Outcome": []})])
def test_a_table_of_nothing_is_not_shown(table, monkeypatch):
    monkeypatch.setattr(show, "display_block", lambda *_: pytest.fail("an empty table was shown"))
    show.table(line(table=table))


def test_formats_for_unknown_columns_are_refused():
    with pytest.raises(ValueError, match="does not have: Shares"):
        show.table_html(pd.DataFrame({"Share": [0.5]}), {"Shares": "percent"})


def test_a_figure_is_the_same_bytes_twice():
    assert drawing.drawings(line()) == drawing.drawings(line())


def test_a_figure_for_the_page_is_words_and_the_same_bytes_twice():
    made = drawing.drawings(line(), for_page=True)
    assert made == drawing.drawings(line(), for_page=True)
    assert all(">0.2</text>" in made[form] for form in (drawing.WIDE, drawing.NARROW))


def test_labels_on_one_another_part_and_control_characters_are_shown():
    with style.look():
        ax = line().plot()
        for words in ("first", "second", "a\x1b[31m\u202eb"):
            ax.text(0.5, 0.2, words)
        fit_labels(ax.figure)
        boxes = [text.get_window_extent() for text in ax.texts]
    assert ax.texts[2].get_text() == "a\\u001b[31m\\u202eb"
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_a_cloud_of_points_is_one_picture_and_its_axes_stay_words():
    class Cloud(Line):
        def plot(self, ax=None):
            ax = style.axes_for(ax)
            ax.scatter(range(1000), range(1000))
            return ax

    made = drawing.drawings(said(Cloud, table=pd.DataFrame(), sentence="Up.", title="Up", alt="Dots."), for_page=True)
    assert made[drawing.WIDE].count("<image") == 1
    assert ">200</text>" in made[drawing.WIDE]
    assert len(made[drawing.WIDE]) < 60_000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"alt": ""}, "description"), ({"alt": "It rises"}, "repeats its title"), ({"alt": "x" * 301}, "301 characters")],
)
def test_a_figure_without_a_description_is_refused(changes, reason):
    with pytest.raises(ValueError, match=reason):
        show.figure(line(**changes))


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_name_without_end_is_cut_after_two_lines_and_others_stay(axis):
    names = ["Partner portal", "came by themselves (n = 1,022)", "Endless" * 20, "many words " * 20]
    with style.look():
        ax = style.axes_for(None)
        getattr(ax, f"set_{axis}ticks")(range(4), names)
        fit_labels(ax.figure)
        shown = [label.get_text().replace("\xa0", " ") for label in getattr(ax, f"get_{axis}ticklabels")()]
    assert shown[:2] == names[:2]
    assert all(len(line) <= 36 for name in shown for line in name.splitlines())
    assert [len(name.splitlines()) for name in shown] == [1, 1, 2, 2]
    assert all(name.endswith("…") for name in shown[2:])


def test_axes_of_numbers_keep_their_ticks():
    with style.look():
        ax = line().plot()
        before = ax.get_xticks().tolist(), type(ax.xaxis.get_major_formatter())
        fit_labels(ax.figure)
    assert before == (ax.get_xticks().tolist(), type(ax.xaxis.get_major_formatter()))


@pytest.mark.parametrize("name", ["$5 to $10", r"$\alpha_{$"])
def test_a_dollar_sign_in_data_is_no_formula(name):
    with style.look():
        label = style.axes_for(None).set_xlabel(name)
    assert not label.get_parse_math()
    assert label.get_text() == name


def test_the_readers_own_matplotlib_settings_survive():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    drawing.drawings(line())
    assert dict(mpl.rcParams) == before


def test_a_missing_number_needs_a_reason():
    with pytest.raises(ValueError, match="say why"):
        Measure(name="nps", value=None, unit="points")


@pytest.mark.parametrize(("table", "figures"), [({"Score": [1]}, 1), ({}, 1), ({"Score": []}, 0)])
def test_there_is_no_figure_without_rows(monkeypatch, table, figures):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    show.figure(line(table=pd.DataFrame(table)))
    assert sum("image/png" in data for data in shown) == figures
