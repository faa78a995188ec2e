"""Tables that allow no answer, or hardly any: a chapter bows out in a sentence, and wrong use still fails."""

import pandas as pd
import pytest

from scrm_helpers.report.engine.run_options import RunOptions
from scrm_helpers.sample import write_sample

DAY = "2026-09-30"
REASONS = {
    "from scrm_helpers.advocacy.score.nps import check_scores\ncheck_scores(pd.Series([11.0]))": "not a whole number",
    "from scrm_helpers.advocacy.deeds.funnel import phi_bounds\nphi_bounds(1.0, 0.3)": "no correlation",
    "from scrm_helpers.advocacy.silent.response import invited_people\n"
    "invited_people(pd.DataFrame({'score': [9.0]}), chapter.company.as_of, 90)": "no column invited_on",
    "from scrm_helpers.network import build_forest\n"
    "build_forest(pd.DataFrame({'referrer_id': ['1']}))": "The referrals have no column",
    "from scrm_helpers.network import build_forest\ntwice = chapter.company.customers.iloc[[0, 0]]\n"
    "made = pd.DataFrame({'referrer_id': ['1'], 'referred_id': ['2'], 'referred_on': [chapter.company.as_of]})\n"
    "build_forest(made, twice)": "occurs twice",
}
WRONG_USE = {
    "from scrm_helpers.advocacy.silent.weighting import manski_bounds\nmanski_bounds(30.0, 1.5)": "between 0 and 1",
    "from scrm_helpers.answers.measure import Measure\nMeasure(name='a', value=None, unit='count')": "say why",
}


def test_reasons_that_lie_in_the_data_stand_in_their_places(company_folder, walk, tmp_path, run_report):
    notebooks = walk("01-data-readiness", chapter_01=[f"import pandas as pd\n{source}" for source in REASONS])
    done = run_report(company_folder, DAY, tmp_path / "out", RunOptions(notebooks=notebooks))
    assert (done.exit_code, done.faults, done.chapters[0].status) == (0, (), "done")
    report = (tmp_path / "out" / "report.html").read_text()
    assert [said for said in REASONS.values() if said not in report] == []


def test_wrong_use_of_the_package_is_a_failure(company_folder, walk, tmp_path, run_report):
    notebooks = walk("01-data-readiness", chapter_01=list(WRONG_USE))
    done = run_report(company_folder, DAY, tmp_path / "out", RunOptions(notebooks=notebooks))
    assert done.exit_code == 3
    report = (tmp_path / "out" / "report.html").read_text()
    for fault, said in zip(done.faults, WRONG_USE.values(), strict=True):
        assert said in fault.detail
        assert said not in report


def _only_required(folder):
    for name, columns in {
        "customers": ["customer_id", "joined_on"],
        "transactions": ["order_id", "customer_id", "ordered_on", "amount"],
        "surveys": ["customer_id", "responded_on", "score"],
        "referrals": ["referrer_id", "referred_id", "referred_on"],
    }.items():
        table = pd.read_csv(folder / f"{name}.csv", dtype="str")
        table[columns].to_csv(folder / f"{name}.csv", index=False)


def _one_row(folder):
    for name, column in {"surveys": "score", "referrals": "converted_on", "interactions": "in_reply_to"}.items():
        table = pd.read_csv(folder / f"{name}.csv", dtype="str")
        table[table[column].notna()].head(1).to_csv(folder / f"{name}.csv", index=False)


def _everybody_alike(folder):
    surveys = pd.read_csv(folder / "surveys.csv", dtype="str")
    surveys.assign(score=surveys["score"].where(surveys["score"].isna(), "10")).to_csv(
        folder / "surveys.csv", index=False
    )
    referrals = pd.read_csv(folder / "referrals.csv", dtype="str")
    referrals.assign(referrer_id=referrals["referrer_id"].iloc[0]).to_csv(folder / "referrals.csv", index=False)


@pytest.mark.parametrize("spoil", [_only_required, _one_row, _everybody_alike])
def test_the_chapters_on_advocacy_and_network_survive_poor_tables(spoil, tmp_path, monkeypatch, run_report):
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "5c" * 32)
    write_sample(tmp_path / "company", customers=200, seed=3, as_of=DAY)
    spoil(tmp_path / "company")
    done = run_report(tmp_path / "company", DAY, tmp_path / "out", RunOptions(only=["03", "04"]))
    assert [chapter.sentence for chapter in done.chapters] == ["", ""]
    assert done.exit_code == 0
