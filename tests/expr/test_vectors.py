"""Components: against NumPy on the same numbers, and the refusals."""

from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from checker.expr.domain import INTEGER, POSITIVE, REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.node import And, Rel, Sym, Vec, num, walk
from checker.expr.parse import parse
from checker.expr.vectors import array_relations, expand, expand_domains
from tests.expr.mpmath_reader import value

DOMAINS = {
    "u": Domain(lo=Fraction(0), lo_open=True, shape=(num(3),)),
    "v": Domain(shape=(num(3),)),
    "A": Domain(shape=(num(3), num(3))),
    "B": Domain(shape=(num(2), num(3))),
    "C": Domain(shape=(num(2), num(2))),
    "K": Domain(shape=(num(2), num(2)), psd=True),
    "t": REAL,
    "N": INTEGER,
    "w": Domain(shape=(Sym("N"),)),
}
SPACE = Namespace(DOMAINS)
RNG = np.random.default_rng(1)
ENV = {
    "u": RNG.uniform(0.5, 2, 3),
    "v": RNG.normal(size=3),
    "A": RNG.normal(size=(3, 3)),
    "B": RNG.normal(size=(2, 3)),
    "C": np.array([[0.3, -1.2], [0.7, 2.0]]),
    "K": np.array([[0.3, -0.2], [-0.2, 2.0]]),
    "t": 0.7,
}


def components(env):
    flat = {}
    for name, array in env.items():
        for index in np.ndindex(np.shape(array)):
            flat[f"{name}[{','.join(map(str, index))}]" if index else name] = mp.mpf(float(np.asarray(array)[index]))
    return flat


def numbers(node):
    if isinstance(node, Vec):
        return [numbers(part) for part in node.args]
    return float(value(node, components(ENV)))


U, V, A, B, C, K, T = (ENV[name] for name in "uvABCKt")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("max(u)", U.max()),
        ("min(u*v)", (U * V).min()),
        ("sum(u + t)", (U + T).sum()),
        ("mean(A)", A.mean()),
        ("dot(u, v)", U @ V),
        ("u @ v", U @ V),
        ("B @ A @ v", B @ A @ V),
        ("(B @ A).T", (B @ A).T),
        ("v @ A", V @ A),
        ("norm(v)", np.linalg.norm(V)),
        ("norm(A, fro)", np.linalg.norm(A)),
        ("norm(v, 1)", np.abs(V).sum()),
        ("norm(v, oo)", np.abs(V).max()),
        ("trace(A)", np.trace(A)),
        ("offdiagonal(A)", A - np.diag(np.diag(A))),
        ("unit_rows(B)", B / np.linalg.norm(B, axis=1)[:, None]),
        ("det(A)", np.linalg.det(A)),
        ("inv(A) @ v", np.linalg.inv(A) @ V),
        ("solve(A, v)", np.linalg.solve(A, V)),
        ("entropy(u)", -(U * np.log(U)).sum()),
        ("logsumexp(v)", np.log(np.exp(V).sum())),
        ("exp(-v)*2", 2 * np.exp(-V)),
        ("sum(v > 0)", (V > 0).sum()),
        ("A[1, 2] + v[0]", A[1, 2] + V[0]),
        ("A[1] @ v", A[1] @ V),
        ("Sum(u[i]*v[i], (i, 0, 2))", U @ V),
        ("B*v", B * V),
        ("grad(dot(v, A @ v), v)", (A + A.T) @ V),
        ("hessian(dot(v, A @ v), v)", A + A.T),
        ("1 if t > 0 else v", np.ones(3)),
        ("norm(C, 2)", np.linalg.norm(C, 2)),
        ("norm(C, nuc)", np.linalg.norm(C, "nuc")),
        ("eigenvalues(K)", np.linalg.eigvalsh(K)),
        ("max(eigenvalues(C.T @ C))", np.linalg.norm(C, 2) ** 2),
        ("eigenvalues([[t, 1], [1, -t]])", np.array([-1, 1]) * np.hypot(T, 1)),
        ("eigenvalues([[t]])", np.array([T])),
        ("[[t, 2], [3, t**2]] @ [1, t]", np.array([3 * T, 3 + T**3])),
        ("det([[t, 2], [3, t**2]]) + trace([[1, 2], [3, t]])", T**3 - 6 + 1 + T),
        ("inv([[t, 2], [3, 4]])", np.linalg.inv([[T, 2], [3, 4]])),
        ("solve([[t, 2, 0], [0, 1, 0], [1, 1, 1]], v)", np.linalg.solve([[T, 2, 0], [0, 1, 0], [1, 1, 1]], V)),
        ("[[t, 2], [3, 4]].T", np.array([[T, 3], [2, 4]])),
        ("Product(1 + u[k], (k, 0, 2))", np.prod(1 + U)),
        ("norm([[t, 2], [3, 4]], fro)", np.linalg.norm([[T, 2], [3, 4]])),
        ("floor(v) + clip(v, -1, t)", np.floor(V) + np.clip(V, -1, T)),
    ],
)
def test_against_numpy(formula, expected):
    found = numbers(expand(parse(formula, SPACE), DOMAINS))
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert not np.allclose(np.asarray(found) + 1e-3, expected, rtol=1e-12, atol=1e-12)


def test_nothing_is_left_of_vectors():
    tree = expand(parse("max(u) <= N*t and norm(v) > 0", SPACE), DOMAINS)
    assert not any(isinstance(part, Vec) for part in walk(tree))


def test_relations_hold_in_every_component():
    assert expand(parse("u >= t", SPACE), DOMAINS) == And(tuple(Rel(">=", Sym(f"u[{i}]"), Sym("t")) for i in range(3)))


@pytest.mark.parametrize(
    "formula",
    [
        "sum(w)",
        "u @ B",
        "B @ B",
        "B + A",
        "eigenvalues(A)",
        "eigenvalues(C)",
        "eigenvectors(C)",
        "eigenvalues(B)",
        "norm([[1, 2, 3], [4, 5, 6]], 2)",
        "trace(B)",
        "det(B)",
        "[[1, 2], [3, 4]] @ v",
        "solve(C, v)",
        "dot(A, A)",
        "norm(C, 1)",
        "u[N]",
        "u[3]",
        "norm(A, nuc)",
        "norm(A, 2)",
        "inv(B)",
        "trace(u)",
        "t @ u",
    ],
)
def test_what_has_no_components_is_unsupported(formula):
    with pytest.raises(UnsupportedError):
        expand(parse(formula, SPACE), DOMAINS)


def test_domains_of_components():
    domains = expand_domains({"u": DOMAINS["u"], "t": REAL})
    assert domains == {"u[0]": POSITIVE, "u[1]": POSITIVE, "u[2]": POSITIVE, "t": REAL}
    with pytest.raises(UnsupportedError):
        expand_domains({"w": DOMAINS["w"]})
    with pytest.raises(UnsupportedError):
        expand_domains({"w": Domain(shape=(num(1000),))})


def test_rows_become_relations():
    holds = lambda domain, env: all(value(r, components(env)) for r in array_relations({"X": domain}))  # noqa: E731
    shape = (num(2), num(2))
    assert holds(Domain(shape=shape, rows="orthonormal"), {"X": np.eye(2)})
    assert not holds(Domain(shape=shape, rows="orthonormal"), {"X": np.ones((2, 2))})
    assert holds(Domain(shape=shape, rows="unit"), {"X": np.array([[1.0, 0], [1, 0]])})
    assert not holds(Domain(shape=shape, rows="unit"), {"X": np.array([[1.0, 1], [1, 0]])})
    assert holds(Domain(shape=(num(2),), rows="simplex"), {"X": np.array([0.25, 0.75])})
    assert not holds(Domain(shape=(num(2),), rows="simplex"), {"X": np.array([-0.25, 1.25])})
    assert holds(Domain(shape=shape, psd=True), {"X": np.array([[2.0, 1], [1, 2]])})
    assert not holds(Domain(shape=shape, psd=True), {"X": np.array([[1.0, 2], [2, 1]])})
    assert not holds(Domain(shape=shape, psd=True), {"X": -np.eye(2)})
