"""Slides of the stored chapters, read back: titles that say what is found, pictures described, native tables."""

import io
from pathlib import Path

import nbformat
import pytest

from scrm_helpers.report.page.html import About
from scrm_helpers.report.page.slides import slides_bytes

STORED = Path(__file__).resolve().parents[2] / "notebooks"
FACE = About(title="What customers are worth", chips=[("As of", "2026-09-30")], is_sample=True)
pptx = pytest.importorskip("pptx", reason="python-pptx is not installed")


@pytest.fixture(scope="module")
def chapters():
    return {path.name[:2]: nbformat.read(path, as_version=4) for path in sorted(STORED.glob("[01]*.ipynb"))}


def test_five_slides_say_what_the_summary_says(chapters):
    content = slides_bytes(chapters, FACE, "10")
    assert content == slides_bytes(chapters, FACE, "10")
    slides = pptx.Presentation(io.BytesIO(content)).slides
    assert len(slides) == 5
    said = "".join(str(cell.get("outputs", "")) for book in chapters.values() for cell in book.cells)
    for slide in slides:
        shapes = list(slide.shapes)
        title = slide.shapes.title.text_frame.text
        assert title in {"What to do next", "What else stands out"} or title.rstrip(".") in said
        assert any("SAMPLE DATA" in shape.text_frame.text for shape in shapes if shape.has_text_frame)
        for shape in shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= slides[0].part.package.presentation_part.presentation.slide_width
    pictures = [shape for slide in slides for shape in slide.shapes if shape.shape_type == 13]
    described = [picture._element.nvPicPr.cNvPr.get("descr") for picture in pictures]
    assert len(described) == 2
    assert all(len(text) > 40 for text in described)
    assert sum(shape.has_table for slide in slides for shape in slide.shapes) == 2


def test_a_summary_without_take_aways_or_actions_makes_slides_all_the_same(chapters):
    book = chapters["10"].copy()
    book.cells = [cell for cell in book.cells if "take_aways" not in cell.source and "actions" not in cell.source]
    slides = pptx.Presentation(io.BytesIO(slides_bytes({"10": book}, FACE, "10"))).slides
    assert [slide.shapes.title.text_frame.text for slide in slides][-1].startswith("No list of what to do")
