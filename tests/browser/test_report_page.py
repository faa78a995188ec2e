"""The report of the sample company in a real browser: offline, inert, accessible, printable, on any screen."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from scrm_helpers.report.engine.run_options import RunOptions
from scrm_helpers.report.page import html
from scrm_helpers.report.page.printed import pdf_bytes

ROOT = Path(__file__).resolve().parents[2]
SCREENS = {"desktop": (1280, 900), "tablet": (800, 1100), "mobile": (360, 780)}


PAPER = (688, 970)  # the text area of an A4 page, in pixels
HOSTILE = "<script>window.owned=1;document.title='owned'</script>" + "Endless" * 12


@dataclass(frozen=True)
class Made:
    """A report on disk and what its page says of itself."""

    html: Path

    @property
    def title(self):
        return BeautifulSoup(self.html.read_text(encoding="utf-8"), "html.parser").title.get_text()

    @property
    def second_heading(self):
        soup = BeautifulSoup(self.html.read_text(encoding="utf-8"), "html.parser")
        return soup.find_all("h2")[1].get_text(" ", strip=True)


@pytest.fixture(scope="module")
def sample_report(sample_run):
    return Made(sample_run / "report.html")


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory, run_report):
    """The sample company with script and a word without end in texts that tables and pictures show."""
    folder = tmp_path_factory.mktemp("hostile") / "company"
    shutil.copytree(ROOT / "data" / "sample", folder)
    for name, old in (("customers.csv", ",Consumer,"), ("initiatives.csv", ",Voluntary expert helpdesk,")):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, f",{HOSTILE},"), encoding="utf-8")
    out = tmp_path_factory.mktemp("hostile-report")
    saying = ["01", "02", "03", "07", "08", "09", "10"]  # chapters that say these words
    done = run_report(folder, "2026-09-30", out, RunOptions(only=saying))
    assert done.exit_code == 0
    return Made(out / "report.html")


def opened(page, report, screen="desktop"):
    width, height = SCREENS[screen]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(report.as_uri())
    return page


def test_the_report_asks_for_nothing_and_complains_of_nothing(page, sample_report):
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    opened(page, sample_report.html)
    assert [url for url in asked if not url.startswith("data:")] == [sample_report.html.as_uri()]
    assert said == []
    assert sample_report.html.stat().st_size < 100_000 * page.locator("figure").count()  # 1 MB for ten figures


@pytest.mark.parametrize(
    ("kind", "screen"), [*(("sample_report", screen) for screen in SCREENS), ("hostile_report", next(iter(SCREENS)))]
)
def test_axe_finds_nothing(page, request, kind, screen):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    found = axe.Axe().run(opened(page, request.getfixturevalue(kind).html, screen))
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("kind", ["sample_report", "hostile_report"])
def test_nothing_is_wider_than_the_screen(page, request, kind, screen):
    opened(page, request.getfixturevalue(kind).html, screen)
    assert page.evaluate("document.documentElement.scrollWidth") <= SCREENS[screen][0]


@pytest.mark.parametrize("kind", ["sample_report", "hostile_report"])
def test_nothing_is_cut_off_on_paper(page, request, kind):
    page.emulate_media(media="print")
    page.set_viewport_size(dict(zip(("width", "height"), PAPER, strict=True)))
    page.goto(request.getfixturevalue(kind).html.as_uri())
    wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
    assert page.evaluate(f"{wide}.map(e => e.outerHTML.slice(0, 200))") == []


GONE = "document.querySelectorAll('.unseen, svg').forEach(one => one.remove())"
READ = f"{GONE}, document.body.innerText.split(/\\s+/).length"


def test_who_opens_nothing_reads_at_most_six_thousand_words(page, sample_report):
    opened(page, sample_report.html)
    assert 3000 < page.evaluate(READ) <= 6000
    open_figures = "one => one.querySelectorAll('figure:not(details *)').length"
    assert max(page.evaluate(f"[...document.querySelectorAll('.chapter')].map({open_figures})")) <= 5
    assert page.evaluate("[...document.querySelectorAll('.answer')].every(one => one.checkVisibility())")


def test_folds_are_opened_by_key_by_link_and_by_the_search_of_the_browser(page, sample_report):
    fold = opened(page, sample_report.html).locator("details.detail").first
    fold.locator("summary").first.press("Enter")
    assert fold.get_attribute("open") is not None
    closed = "[...document.querySelectorAll('details.detail:not([open])')]"
    figure = page.evaluate(f"{closed}.map(one => one.querySelector('figure')).find(one => one).id")
    page.goto(f"{sample_report.html.as_uri()}#{figure}")
    assert page.locator(f"#{figure} .scrm-figure-title").is_visible()
    said = f"{closed}.map(one => one.querySelector('.scrm-sentence')).find(one => one).textContent"
    words = " ".join(page.evaluate(said).split()[:6])
    page.goto("about:blank")
    page.goto(f"{sample_report.html.as_uri()}#:~:text={quote(words, safe='')}")
    page.locator("details.detail[open]").first.wait_for(state="attached")
    assert words in page.locator("details.detail[open]").first.text_content()


def test_the_contents_mark_the_chapter_that_is_read(page, sample_report):
    opened(page, sample_report.html)
    marked = "[...document.querySelectorAll('nav a')].filter(one => getComputedStyle(one).fontWeight === '700')"
    for chapter in ("#chapter-02", "#chapter-06"):
        page.evaluate(f"document.querySelector('{chapter}').scrollIntoView()")
        seen = (page.wait_for_timeout(50) or page.evaluate(f"{marked}.map(one => one.hash).join()") for _ in range(200))
        assert chapter in seen  # asked again and again from outside: the page lets no text be run in it


MEASURED = """() => [...document.querySelectorAll('figure svg')].filter(svg => svg.getBoundingClientRect().width)
.flatMap(svg => {
  const page = svg.getBoundingClientRect(), scale = svg.getScreenCTM().a, found = []
  const words = [...svg.querySelectorAll('text')].map(text => ({said: text.textContent,
    box: text.getBoundingClientRect(), size: parseFloat(getComputedStyle(text).fontSize) * scale}))
  words.forEach(({said, box, size}, place) => {
    if (size < 9.95) found.push(`${size} px: ${said}`)
    if (box.left < page.left - 1 || box.right > page.right + 1 || box.top < page.top - 1 ||
        box.bottom > page.bottom + 1)
      found.push(`cut: ${said}`)
    for (const other of words.slice(place + 1)) {
      const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left)
      const up = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top)
      if (across > 1 && up > 2) found.push(`on one another: ${said} | ${other.said}`)
    }
  })
  return found.map(fault => `${svg.closest('figure').id}: ${fault}`)
})"""


@pytest.mark.parametrize("screen", SCREENS)
def test_every_word_of_every_figure_can_be_read(page, sample_report, screen):
    opened(page, sample_report.html, screen)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    figures = page.locator("figure").count()
    assert figures > 40
    assert page.locator("figure svg:visible").count() == figures  # wide or narrow, never both
    assert page.evaluate(MEASURED) == []


def test_the_numbers_of_a_figure_are_saved_without_a_network(page, sample_report):
    opened(page, sample_report.html)
    links = page.locator("figure a.scrm-numbers")
    assert links.count() == page.locator("figure").count()
    with page.expect_download() as saved:
        links.first.click()
    assert saved.value.suggested_filename.endswith(".csv")
    assert Path(saved.value.path()).read_text(encoding="utf-8-sig").startswith("Cell,Customers,Share")


def test_every_link_arrives_and_every_description_opens(page, sample_report):
    opened(page, sample_report.html)
    dead = page.evaluate(
        "[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))"
        ".filter(place => !place.startsWith('data:text/csv;'))"
        ".filter(place => place[0] !== '#' || !document.getElementById(place.slice(1)))"
    )
    assert dead == []
    page.evaluate("document.querySelectorAll('details.detail').forEach(one => { one.open = true })")
    for fold in page.locator("details.scrm-alt").all():
        fold.locator("summary").click()
        assert fold.locator("p").is_visible()


@pytest.fixture
def paper(sample_report, tmp_path):
    """The text of each page of the printed report."""
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext is not installed: install your system's package poppler-utils")
    printed = tmp_path / "report.pdf"
    printed.write_bytes(pdf_bytes(sample_report.html.read_text(encoding="utf-8")))
    about = subprocess.run(["pdfinfo", printed], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Tagged: +yes", about)
    found = subprocess.run([reader, printed, "-"], check=True, capture_output=True, text=True)
    return found.stdout.removesuffix("\f").split("\f")


def test_the_executive_summary_fits_one_printed_page(paper, sample_report):
    first = re.sub(r"\s+", " ", paper[0])
    assert "Can I trust this?" in first
    assert "each chapter names what it does not show" in first  # the end of the box
    assert sample_report.second_heading in re.sub(r"\s+", " ", paper[1])
    assert all("SAMPLE DATA" in text for text in paper)


def test_paper_says_all_that_the_screen_says_on_a_bearable_number_of_pages(paper, sample_report):
    assert len(paper) <= 56

    def bare(text):
        return re.sub(r"[\s-]", "", text)  # a line may end at a hyphen

    soup = BeautifulSoup(sample_report.html.read_text(encoding="utf-8"), "html.parser")
    for folded in soup.select(".scrm-alt, .code, .method"):  # the named numbers are in results.json
        folded.decompose()
    words = ".prose p, .prose li, .scrm-sentence, .scrm-list li, .scrm-figure-title, .scrm-note, caption"
    opening, *texts = soup.select(words)
    assert opening.get_text().startswith("One page for the board")  # the only words that paper can do without
    assert len(texts) > 200
    said = bare("".join(paper))
    assert [text.get_text() for text in texts if bare(text.get_text()) not in said] == []


def test_paper_holds_thirty_rows_of_a_table_and_says_so(page):
    page.emulate_media(media="print")
    style = (Path(html.__file__).with_name("template") / "style.css").read_text(encoding="utf-8")
    for rows, shown, says in ((30, 30, False), (400, 30, True)):
        body = "<tr><td>1</td></tr>" * rows
        page.set_content(f"<style>{style}</style><div class=scrm-table><table><tbody>{body}</tbody></table></div>")
        assert page.locator("tr:visible").count() == shown
        after = page.evaluate("getComputedStyle(document.querySelector('.scrm-table'), '::after').content")
        assert ("on screen" in after) == says


def test_script_in_a_companys_words_is_inert(page, hostile_report):
    assert "window.owned" in hostile_report.html.read_text(encoding="utf-8")  # it is shown, as text
    opened(page, hostile_report.html)
    assert page.title() == hostile_report.title
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("window.owned === undefined")
