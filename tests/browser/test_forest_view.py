"""The page to look around in finds people, in a real browser and without a network."""

import pandas as pd

from scrm_helpers.network import build_forest
from scrm_helpers.network.pictures.exchange import forest_view


def test_a_browser_finds_a_person_without_a_network(page, tmp_path):
    rows = pd.DataFrame({"referrer_id": ["A", "A", "B", "X"], "referred_id": ["B", "C", "D", "E"]})
    customers = pd.DataFrame({"customer_id": list("ABCDE")})
    forest = build_forest(rows.assign(referred_on=pd.Timestamp("2026-01-01")), customers)
    names = {name: f"Person {place}" for place, name in enumerate("ABCDEX", start=1)}
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text))
    (tmp_path / "view.html").write_text(forest_view(forest, names).page, encoding="utf-8")
    page.goto((tmp_path / "view.html").as_uri())
    page.fill("#search", "person 1,")
    assert page.inner_text("#found") == "1 found: Person 1, generation 0, brought 2"
    page.mouse.move(400, 300)
    assert trouble == []
