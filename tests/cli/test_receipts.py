"""A receipt is believed only when everything it depended on is unchanged and its own content is intact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.execute.receipts import Receipt, file_hash, find, folder, keep, key


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_CACHE_DIR", str(tmp_path / "cache"))


def test_key_depends_on_claim_and_options() -> None:
    options = {"scale": "smoke", "seed": 0}
    assert key(b"a", options) == key(b"a", options)
    assert key(b"a", options) != key(b"b", options)
    assert key(b"a", options) != key(b"a", {**options, "seed": 1})


def test_kept_and_found_again() -> None:
    receipt = Receipt("{}", ("PASS x",), "PASS", (), {"x.md": "0"})
    keep("address", receipt)
    assert find("address") == receipt
    assert find("other") is None


def test_damaged_receipt_is_not_believed() -> None:
    keep("address", Receipt("{}", ("FAIL x",), "FAIL", ("FAIL",), {}))
    path = folder() / "address.json"
    content = json.loads(path.read_text())
    content["receipt"]["verdict"] = "PASS"
    path.write_text(json.dumps(content))
    assert find("address") is None
    path.write_text(path.read_text()[:-20])
    assert find("address") is None


def test_stands_only_while_the_files_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("report")
    (tmp_path / "README.md").write_text("[x](x.md#claim)")
    receipt = Receipt("{}", (), "PASS", (), {"x.md": file_hash(tmp_path / "x.md")})
    assert receipt.stands(tmp_path, "x")
    (tmp_path / "x.md").write_text("rep0rt")
    assert not receipt.stands(tmp_path, "x")
    (tmp_path / "x.md").unlink()
    assert not receipt.stands(tmp_path, "x")


def test_stands_only_while_the_index_lists_it(tmp_path: Path) -> None:
    receipt = Receipt("{}", (), "PASS", (), {})
    assert not receipt.stands(tmp_path, "x")
    (tmp_path / "README.md").write_text("[y](y.md)")
    assert not receipt.stands(tmp_path, "x")


def test_cache_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHECK_CACHE_DIR", str(tmp_path / "file" / "cache"))
    keep("address", Receipt("{}", (), "PASS", (), {}))
    assert find("address") is None
