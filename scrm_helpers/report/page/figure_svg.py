"""Figures on the page: words that are text, in a drawing for wide and one for narrow places, beside their numbers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pandas as pd

from scrm_helpers.answers.drawing import NARROW, WIDE
from scrm_helpers.answers.measure import slug
from scrm_helpers.report.safe_sheets import csv_bytes

if TYPE_CHECKING:
    from nbformat import NotebookNode

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
# What matplotlib draws with; whatever else a notebook may hold has no place on the page.
DRAWN = {"svg", "g", "defs", "clipPath", "path", "rect", "use", "image", "text", "tspan"}
KEPT = {"d", "x", "y", "width", "height", "transform", "style", "clip-path", "viewBox", "id", "preserveAspectRatio"}
PIXELS = 100  # of the page for an inch of the drawing
_STYLES = re.compile(r"(?:fill|stroke|opacity|clip|font-size|font-weight|text-anchor|image-rendering)[a-z-]*: *[^;()]+")
_NUMBER = re.compile(r"-?\d+\.\d+")
_TO_PLACE = re.compile(r"url\(#([\w-]+)\)")
_PLACE = re.compile(r'<img [^>]*data-drawing="([\w-]+)"[^>]*>(.*?)(?=</figure>)', re.DOTALL)
_TITLE = re.compile(r'<p class="scrm-figure-title"><strong>(.*)</strong></p>$')


def without_drawings(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook as it is kept: its figures as PNG alone, which every reader of notebooks shows."""

    def alone(output: NotebookNode) -> NotebookNode:
        kept = {kind: data for kind, data in output.get("data", {}).items() if kind not in (WIDE, NARROW)}
        return type(output)({**output, "data": type(output)(kept)}) if WIDE in output.get("data", ()) else output

    return type(notebook)({**notebook, "cells": _with_outputs(notebook.cells, alone)})


def _with_outputs(cells: Iterable[NotebookNode], change: Callable[[NotebookNode], NotebookNode]) -> list[NotebookNode]:
    """Return the cells with changed outputs and leave those that were given alone."""
    return [type(one)({**one, "outputs": list(map(change, one.outputs))}) if "outputs" in one else one for one in cells]


class Drawings:
    """The drawings of one chapter: taken out while its page is made, and put in when it is whole."""

    def __init__(self, chapter: str, tables: Iterable[Mapping[str, Any]] = ()) -> None:
        self.chapter = chapter
        self._tables = {table["title"]: table for table in tables}
        self._markup: dict[str, tuple[str, str]] = {}  # what stands before and behind the words of a figure
        self._title = ""  # of the figure that comes next

    def taken_from(self, cells: Sequence[NotebookNode]) -> list[NotebookNode]:
        """Return the cells with a mark in the place of each drawing."""
        return _with_outputs(cells, self._marked)

    def _marked(self, output: NotebookNode) -> NotebookNode:
        from nbformat.v4 import new_output

        drawn = output.get("data", {})
        if titled := _TITLE.match(drawn.get("text/html", "")):
            self._title = unescape(titled.group(1)).replace("\u2060", "")
        if WIDE not in drawn:
            return output
        name = f"drawing-{self.chapter}-{len(self._markup) + 1}"
        words = output.metadata.get("image/png", {}).get("alt", "")
        forms = [(form, drawn[kind]) for form, kind in (("wide", WIDE), ("narrow", NARROW)) if kind in drawn]
        table = self._tables.get(self._title)
        self._markup[name] = (
            "".join(inlined(svg, f"{name}-{form}", words, form) for form, svg in forms),
            numbers_link(table, f"{self.chapter}-{self._title}") if table else "",
        )
        mark = f'<img data-drawing="{name}">'
        return new_output("display_data", data={"text/html": mark}, metadata={"scrm": {"escaped": True}})

    def put_into(self, body: str) -> str:
        """Return the markup of the chapter with its drawings."""
        return _PLACE.sub(lambda match: match.group(2).join(self._markup[match.group(1)]), body)


def numbers_link(table: Mapping[str, Any], name: str) -> str:
    """Write a link that holds a table as CSV in itself: it is saved without any network."""
    csv = csv_bytes(pd.DataFrame(table["rows"], columns=table["columns"]))
    held = base64.b64encode(b"\xef\xbb\xbf" + csv).decode("ascii")  # a sheet then knows that it is UTF-8
    place = f"data:text/csv;charset=utf-8;base64,{held}"
    return f'<a class="scrm-numbers" download="{slug(name)[:60]}.csv" href="{place}">Numbers (CSV)</a>'


def inlined(svg: str, name: str, words: str, form: str) -> str:
    """Make a drawing part of a page: safe, light, and with names that no other drawing has."""
    root = ET.fromstring(svg)  # noqa: S314 - drawn in our own kernel; expat itself limits what entities grow to
    links = [place for one in root.iter() for place in re.findall(r"^#([\w-]+)$", one.get(LINK, ""))]
    used = {*links, *(place for one in root.iter() for place in _TO_PLACE.findall(one.get("clip-path", "")))}
    _clean(root, {place: f"{name}-{number}" for number, place in enumerate(sorted(used), start=1)})
    size = [f"{float(points) * PIXELS / 72:.0f}" for points in root.get("viewBox", "0 0 1 1").split()[2:]]
    root.attrib |= {"class": form, "role": "img", "aria-label": words, "width": size[0], "height": size[1]}
    return ET.tostring(root, encoding="unicode")


def _clean(one: ET.Element, known: Mapping[str, str]) -> None:
    target = one.get(LINK, "")
    one.tag = one.tag.removeprefix(SVG)
    kept = {key: _shorter(key, value, known) for key, value in one.attrib.items() if key in KEPT}
    one.attrib = {key: value for key, value in kept.items() if value}
    if target.removeprefix("#") in known:
        one.set("href", f"#{known[target.removeprefix('#')]}")
    elif re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=\s]+", target):
        one.set("href", re.sub(r"\s", "", target))
    if one.tag not in ("text", "tspan"):
        one.text = None
    one.tail = None
    for child in list(one):
        if isinstance(child.tag, str) and child.tag.removeprefix(SVG) in DRAWN:
            _clean(child, known)
        else:
            one.remove(child)
    _lift(one)


def _lift(one: ET.Element) -> None:
    """Take groups away that hold one thing, or nothing, and say nothing about it."""
    for place, child in reversed(list(enumerate(one))):
        if child.tag in ("g", "defs") and not len(child):
            one.remove(child)
        elif child.tag == "g" and not child.attrib:
            one[place : place + 1] = list(child)


def _shorter(key: str, value: str, known: Mapping[str, str]) -> str:
    if key == "id":
        return known.get(value, "")
    if key == "clip-path":
        return "".join(f"url(#{known[place]})" for place in _TO_PLACE.findall(value))
    if key == "style":
        return ";".join(part.replace(": ", ":") for part in _STYLES.findall(value))
    if key == "transform":
        value = "" if value.startswith("rotate(-0 ") else value
    rounded = _NUMBER.sub(lambda match: f"{float(match.group()):.1f}".removesuffix(".0"), value)
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", rounded) if key == "d" else rounded
