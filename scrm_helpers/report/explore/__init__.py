"""Views to look around in, in JupyterLab and as an app: controls, a picture and a sentence that follow them."""

from scrm_helpers.report.explore.answering_hours import hours_view
from scrm_helpers.report.explore.answers_and_deeds import answer_view
from scrm_helpers.report.explore.looks import Looks
from scrm_helpers.report.explore.matrix_cuts import cuts_view
from scrm_helpers.report.explore.people_in_network import person_view
from scrm_helpers.report.explore.returns import return_view

__all__ = ["Looks", "answer_view", "cuts_view", "hours_view", "person_view", "return_view"]
