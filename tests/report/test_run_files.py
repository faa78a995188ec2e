"""What a run of the real chapters leaves beside the report: the referral network and the data behind the figures."""

import io
import shutil

import networkx as nx
import openpyxl
import pandas as pd
import pytest

from scrm_helpers.report.engine.run_options import RunOptions
from scrm_helpers.sample import write_sample

DAY = "2026-09-30"


@pytest.fixture(scope="module")
def made(tmp_path_factory, run_report):
    folder = tmp_path_factory.mktemp("files")
    write_sample(folder / "company", customers=400, seed=3, as_of=DAY)
    done = run_report(folder / "company", DAY, folder / "out", RunOptions(only=["03", "04"]))
    assert done.exit_code == 0, [chapter.sentence for chapter in done.chapters]
    return folder


def ids(company):
    referrals = pd.read_csv(company / "referrals.csv", dtype="str")
    return {*pd.read_csv(company / "customers.csv", dtype="str")["customer_id"], *referrals["referred_id"]}


def test_the_network_holds_large_cascades_under_pseudonyms(made):
    path = made / "out" / "network.gexf"
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert "cascades are left out: those of fewer than 5 people" in text
    graph = nx.read_gexf(path)
    assert min(map(len, nx.weakly_connected_components(graph))) >= 5
    assert not ids(made / "company") & set(graph.nodes)
    assert {known["referred_on"][8:] for _, _, known in graph.edges(data=True)} == {"01"}  # months, not days


def test_the_workbook_holds_the_tables_and_no_id(made):
    book = openpyxl.load_workbook(io.BytesIO((made / "out" / "tables.xlsx").read_bytes()))
    listed = [[cell.value for cell in row] for row in book["Contents"].iter_rows(min_row=2)]
    assert [row[0] for row in listed] == book.sheetnames[1:]
    assert "Answers by group" in [row[1] for row in listed]
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert not ids(made / "company") & cells


def test_a_second_run_writes_the_same_bytes_and_takes_away_what_no_longer_belongs(made, tmp_path, run_report):
    names, out = ["network.gexf", "tables.xlsx"], shutil.copytree(made / "out", tmp_path / "out")
    first = [(out / name).read_bytes() for name in names]
    run_report(made / "company", DAY, out, RunOptions(only=["03", "04"]))
    assert [(out / name).read_bytes() for name in names] == first
    run_report(made / "company", DAY, out, RunOptions(only=["10"]))
    assert not (out / "network.gexf").exists()
