"""Spoiled at random, a company is read or refused in words; nothing ever ends in a raw error, and sums always tie."""

import random

import pytest

from .conftest import GOOD

PIECES = [
    *(b'"', b",", b";", b"\t", b"\n", b"\r", b"\x00", b"\xff", b"\xe2\x80\x8b", b"\xef\xbb\xbf", b"\xc3\x9f"),
    *(b"", b" ", b"-", b"'", b"0", b"true", b"NA", b"inf", b"nan", b"1e400", b"9" * 20, b"=1+1", b"{n}", b"USD", b"C1"),
    *(b"2026-10-01", b"9999-12-31", b"99999-01-01", b"0001-01-01", b"2024-01-01T25:00", b"2024-01-01T10:00+99:99"),
]


def _spoiled(content, rng):
    """Replace a cell, overwrite some bytes, repeat a line or drop one."""
    lines = content.split(b"\n")
    place, way = rng.randrange(len(lines)), rng.random()
    if way < 0.5:
        cells = lines[place].split(b",")
        cells[rng.randrange(len(cells))] = rng.choice(PIECES)
        lines[place] = b",".join(cells)
    elif way < 0.8:
        position = rng.randrange(len(content) + 1)
        return content[:position] + rng.choice(PIECES) + content[position + rng.randint(0, 2) :]
    elif way < 0.9:
        lines.insert(place, rng.choice(lines))
    else:
        del lines[place]
    return b"\n".join(lines)


@pytest.mark.parametrize("seed", range(60))
def test_a_company_spoiled_at_random_is_read_or_refused_in_words(company_folder, seed):
    rng = random.Random(seed)
    for table in rng.sample(sorted(GOOD), 2):
        content = company_folder.text(table).encode()
        for _ in range(rng.randint(1, 3)):
            content = _spoiled(content, rng)
        company_folder.write(f"{table}.csv", content)
    report = company_folder.check(by_customer=True)
    assert report.exit_code in (0, 1)
    assert all(message.what and message.why and message.todo for message in report.messages)
    assert all(receipt.rows_read == receipt.rows_kept + receipt.rows_left_out for receipt in report.receipts.values())
    assert str(company_folder.path) not in report.to_json()
