from __future__ import annotations

import pytest

from checker.result import PaperResult
from tests.report.report_sample import sample_paper


@pytest.fixture(scope="session")
def paper() -> PaperResult:
    return sample_paper()
