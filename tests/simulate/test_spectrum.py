"""Spectra against NumPy and closed forms; what is not symmetric, not square or too large is refused."""

import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

from checker.expr.domain import REAL, Domain
from checker.expr.node import Sym
from checker.simulate.catalogue_sampling import SpectrumParams
from checker.simulate.measure import measure
from checker.simulate.resolve import SimulationError
from checker.spec.laws import read_law
from tests.simulate.runs import make

GAUSS, DOMAIN = read_law("normal(0, 1)", "Z", {})
SHAPED = {"Z": dataclasses.replace(DOMAIN, shape=(Sym("N"), Sym("d")))}


def spectrum(sizes, seeds=(0, 1), sweep=None, domains=SHAPED, draw=("Z",), **params):
    run = make("spectrum", {"draw": list(draw), "sizes": sizes, **params}, sweep, domains=domains)
    return measure(dataclasses.replace(run, laws={"Z": GAUSS}), seeds, 0, "cpu")


def test_spectra_are_those_of_numpy():
    found = spectrum({"N": 30, "d": 8}, eigenvalues={"lam": "Z.T @ Z/N"}, singular_values={"s": "Z/sqrt(N)"})
    for seed, Z in enumerate(found.observables["Z"].values):
        values = np.sort(np.linalg.eigvalsh(Z.T @ Z / 30))[::-1]
        assert np.allclose(found.observables["lam"].values[seed], values, rtol=1e-12)
        assert np.allclose(found.observables["s"].values[seed], np.sqrt(values), rtol=1e-12)
        assert not np.allclose(found.observables["lam"].values[seed], np.linalg.eigvalsh(Z.T @ Z / 29)[::-1], rtol=1e-3)
        assert np.isclose(found.observables["lam.largest"].values[seed], values[0])
        assert np.isclose(found.observables["lam.smallest"].values[seed], values[-1])
        assert np.isclose(found.observables["lam.trace"].values[seed], np.trace(Z.T @ Z / 30))
    assert found.observables["lam"].axes == ("seed", "i")
    assert found.coords["i"].tolist() == list(range(1, 9))
    assert found.observables["N"].values == 30


def test_eigenvalues_below_the_rounding_of_the_largest_are_noise():
    # rank 3: the other eigenvalues are 0, and what LAPACK gives for them lies below its stated error
    found = spectrum({"N": 3, "d": 12}, eigenvalues={"lam": "Z.T @ Z"})
    lam, error = found.observables["lam"].values, np.abs(found.observables["lam"].twin - found.observables["lam"].values)
    assert np.all(np.abs(lam[:, 3:]) <= error[:, 3:])
    assert np.all(lam[:, :3] > 1e6 * error[:, :3])


def test_a_matrix_of_the_sweep_and_the_leading_values():
    domains = {"K": Domain(shape=(Sym("N"), Sym("N")), psd=True)}
    found = spectrum({"N": 6}, sweep={"shift": (0.0, 1.0)}, domains=domains, draw=("K",), top=2,
                     eigenvalues={"lam": "K + shift*K"})  # fmt: skip
    lam = found.observables["lam"].values
    assert lam.shape == (2, 2, 2)
    assert np.allclose(lam[:, 1], 2 * lam[:, 0], rtol=1e-12)
    assert np.all(found.observables["lam.smallest"].values > -1e-12)


def test_what_is_no_spectrum_is_no_evidence_or_an_error():
    square = {"N": 4, "d": 4}
    assert "not symmetric" in spectrum(square, eigenvalues={"lam": "Z"}).failures[0]
    assert spectrum(square, eigenvalues={"lam": "Z + Z.T"}).failures == {}
    with pytest.raises(SimulationError, match="use singular_values"):
        spectrum({"N": 4, "d": 3}, eigenvalues={"lam": "Z"})
    with pytest.raises(SimulationError, match="expected a matrix"):
        spectrum(square, eigenvalues={"lam": "norm(Z)"})
    with pytest.raises(SimulationError, match="need `top`"):
        spectrum({"N": 4, "d": 3}, eigenvalues={"lam": "Z.T @ Z"}, singular_values={"s": "Z @ Z.T"})
    with pytest.raises(SimulationError, match="5 of 3"):
        spectrum({"N": 4, "d": 3}, eigenvalues={"lam": "Z.T @ Z"}, top=5)


def test_size_is_refused_before_the_matrix_exists():
    # Z has 60000 entries, Z @ Z.T would have 3.6 billion (27 GiB)
    with pytest.raises(SimulationError, match="MiB; the limit is 4096"):
        spectrum({"N": 60_000, "d": 1}, eigenvalues={"lam": "Z @ Z.T"})
    with pytest.raises(SimulationError, match="MiB"):
        spectrum({"N": 60_000, "d": 60_000}, eigenvalues={"lam": "Z @ Z.T"})


def test_parameters():
    with pytest.raises(ValidationError, match="nothing is measured"):
        SpectrumParams.model_validate({"draw": ["Z"]})
    with pytest.raises(ValidationError, match="top"):
        SpectrumParams.model_validate({"eigenvalues": {"lam": "Z"}, "top": 0})
    with pytest.raises(ValidationError, match="one name"):
        SpectrumParams.model_validate({"eigenvalues": {"lam": "Z"}, "singular_values": {"lam": "Z"}})


def test_rows_may_be_orthonormal_and_matrices_semidefinite():
    frame = Domain(shape=(Sym("N"), Sym("d")), rows="orthonormal")
    found = spectrum({"N": 3, "d": 7}, domains={"U": frame, "Z": REAL}, draw=("U",), singular_values={"s": "U"})
    assert np.allclose(found.observables["s"].values, 1, atol=1e-14)
    U = found.observables["U"].values
    assert np.allclose(U[0] @ U[0].T, np.eye(3), atol=1e-14)
    assert not np.allclose(U[0], U[1])
    with pytest.raises(SimulationError, match="cannot have 7 orthonormal rows"):
        spectrum({"N": 7, "d": 3}, domains={"U": frame}, draw=("U",), singular_values={"s": "U"})
