"""The two pictures of the readme, made from a report of the sample: its first page, and a figure of each chapter.

python3 kit.py report
.venv/bin/python benchmarks/report/readme_pictures.py build/report/report.html
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from scrm_helpers.report.page.printed import launched

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SECOND = ("chapter-03", "chapter-05")  # chapters whose second open figure says more alone
ORDER = ("02", "03", "04", "05", "06", "07", "08", "09", "01")
FIGURES = """([order, second]) => order.map(number => {
  const place = `chapter-${number}`, chapter = document.getElementById(place).closest("section");
  const open = [...chapter.querySelectorAll("figure")].filter(one => !one.closest("details"));
  const figure = open[second.includes(place) ? 1 : 0] || open[0];
  const wide = [...figure.querySelectorAll("svg")].find(one => one.getBoundingClientRect().width > 0);
  const title = figure.querySelector(".scrm-figure-title").innerText;
  return `<div><p><b>${number}</b> ${title}</p>${wide.outerHTML}</div>`; }).join("")"""
STYLE = """body{margin:16px;background:#fff}.all{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}
.all>div{border:1px solid #d5dae1;border-radius:6px;padding:10px;overflow:hidden}
.all p{margin:0 0 6px;font-size:14px;min-height:40px}
.all svg{display:block!important;width:100%!important;height:auto}"""


def save(picture: bytes, name: str) -> None:
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(colors=96).save(NOTEBOOKS / name, optimize=True)


def main() -> None:
    with sync_playwright() as driver:
        page = launched(driver).new_page(viewport={"width": 1280, "height": 1500})
        page.goto(Path(sys.argv[1]).resolve().as_uri())
        save(page.screenshot(), "report.png")
        style = page.evaluate("[...document.querySelectorAll('style')].map(one => one.textContent).join('')")
        figures = page.evaluate(FIGURES, [ORDER, SECOND])
        page.set_content(f"<style>{style}{STYLE}</style><div class='all'>{figures}</div>")
        save(page.locator(".all").screenshot(), "gallery.png")


if __name__ == "__main__":
    main()
