"""Where a command may write: never into the input, and never where something is in the way."""

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.output_folder import output_place


def test_the_output_folder_and_the_company_folder_do_not_lie_in_each_other(tmp_path):
    data = tmp_path / "mine" / "data"
    data.mkdir(parents=True)
    (tmp_path / "link").symlink_to(data)
    inside = (data, data / "report", data / "a" / ".." / "report", tmp_path / "other" / ".." / "mine" / "data")
    for out in (*inside, tmp_path / "link" / "report", tmp_path / "mine", tmp_path):
        with pytest.raises(PlainError, match="company folder"):
            output_place(out, data)
    assert output_place(tmp_path / "new" / "report", data) == tmp_path / "new" / "report"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "mine"]  # nothing was made


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("file/deep", "file is a file"),
        ("file", "file is a file"),
        ("nowhere", "leads nowhere|Symlink loop|circle"),
        ("loop/deep", "Symlink loop|levels of symbolic links|leads nowhere"),
        ("x" * 300, "File name too long"),
        ("new/" + "x" * 300, "File name too long"),
        ("nul\0byte", "null byte|null character"),
        ("~nobody-of-this-name/out", "home directory"),
    ],
)
def test_an_odd_path_is_said_in_one_sentence(tmp_path, monkeypatch, out, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nowhere").symlink_to("nowhere")
    with pytest.raises(PlainError, match=said) as refused:
        output_place(type(tmp_path)(out), tmp_path / "data")
    assert len(str(refused.value)) < 300
