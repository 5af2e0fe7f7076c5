from __future__ import annotations

import pytest
from tests.report.report_sample import sample_paper

from checker.result import PaperResult


@pytest.fixture(scope="session")
def paper() -> PaperResult:
    return sample_paper()
