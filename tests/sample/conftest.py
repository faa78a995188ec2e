"""One large and one small sample company for all tests of this room."""

import pytest

from scrm_helpers.sample.sample_company import Sample, make_sample


@pytest.fixture(scope="session")
def large() -> Sample:
    """100,000 customers: planted shares are seen to a third of a per cent."""
    return make_sample(100_000, seed=1)


@pytest.fixture(scope="session")
def small() -> Sample:
    """The company that is shipped in data/sample."""
    return make_sample()
