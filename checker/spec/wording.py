"""How an obligation reads: one line of plain text as its author wrote it, and the same in LaTeX."""

from __future__ import annotations

from collections.abc import Mapping

from checker.expr.errors import UnsupportedError
from checker.expr.node import Node
from checker.expr.to_latex import latex
from checker.prove import obligation as asked
from checker.spec.models import obligations as models
from checker.spec.reporter import one_line


def in_words(model: models.Obligation) -> str:
    """The obligation on one line, from the texts of the file."""
    match model:
        case models.Root():
            text = f"the root {model.root} of {model.of} in {_interval(model.in_)}{_place(model)}"
        case models.Roots():
            text = f"all roots {model.roots} of {model.of} have modulus below {model.radius}"
        case models.Optimum():
            what, of = ("minimum", model.minimise) if model.minimise is not None else ("maximum", model.maximise)
            value = f", with value {model.value}" if model.value is not None else ""
            text = f"the {what} of {of} over {model.optimum} in {_interval(model.in_)}{_place(model)}{value}"
        case models.Kkt():
            point = ", ".join(f"{name} = {value}" for name, value in model.at.items())
            conditions = ", ".join(model.kkt.subject_to)
            program = f"minimise {model.kkt.minimise} subject to {conditions}"
            text = f"KKT point of: {program}; at {point}; multipliers {', '.join(model.multipliers)}"
        case models.Ode():
            system = ", ".join(f"d{name}/d{model.time} = {rhs}" for name, rhs in model.ode.items())
            solution = ", ".join(f"{name} = {value}" for name, value in (model.solution or {}).items())
            text = (
                f"{system}: solved by {solution}"
                if model.conserved is None
                else f"{system}: {model.conserved} is conserved"
            )
        case models.Series():
            error = f"O(({model.error.text})**{model.error.power})"
            text = f"{model.of} = {model.equals} + {error} as {model.series} -> {model.about}"
        case models.Induction():
            text = f"{model.show} for every integer {model.induction} >= {model.from_}"
        case models.Exists():
            text = f"there are values with {', '.join(model.exists)}"
        case models.Impossible():
            text = f"no values satisfy {', '.join(model.impossible)}"
        case models.Certificate():
            squares = ", ".join(model.squares) or "none"
            text = f"{model.certificate} by multipliers {', '.join(model.multipliers)} and squares {squares}"
        case models.Enclosure():
            text = f"{model.enclosure} lies in {_interval(model.lies_in)}"
        case models.Show():
            text = model.show
        case _:
            raise TypeError(type(model).__name__)
    given = f", given {', '.join(model.given)}" if model.given and not isinstance(model, models.Certificate) else ""
    return " ".join(one_line(text + given).split())


def _interval(ends: list[str]) -> str:
    return f"[{ends[0]}, {ends[1]}]"


def _place(model: models.Root | models.Optimum) -> str:
    if model.equals is not None:
        return f" equals {model.equals}"
    assert model.lies_in is not None
    return f" lies in {_interval(model.lies_in)}"


def in_latex(question: asked.Question, given: tuple[Node, ...], names: Mapping[str, str]) -> str:
    """The question as one LaTeX formula; an empty text where a node has no LaTeX."""

    def tex(node: Node) -> str:
        return latex(node, names)

    def joined(nodes: tuple[Node, ...]) -> str:
        return r",\ ".join(map(tex, nodes))

    def interval(ends: tuple[Node, Node]) -> str:
        return rf"[{tex(ends[0])}, {tex(ends[1])}]"

    def place(one: asked.Root | asked.Optimum) -> str:
        return (
            f"= {tex(one.equals)}" if one.equals is not None else rf"\in {interval(one.lies_in)}" if one.lies_in else ""
        )

    def symbol(name: str) -> str:
        return names.get(name, name)

    try:
        match question:
            case asked.Relation(goal):
                text = tex(goal)
            case asked.Root():
                where = rf"{symbol(question.symbol)} \in {interval(question.inside)}"
                text = rf"\{{{where} : {tex(question.of)} = 0\}} {place(question)}"
            case asked.Roots():
                text = rf"{tex(question.of)} = 0 \implies |{symbol(question.symbol)}| < {tex(question.radius)}"
            case asked.Optimum():
                operator = r"\arg\max" if question.maximise else r"\arg\min"
                where = rf"{symbol(question.symbol)} \in {interval(question.inside)}"
                text = rf"{operator}_{{{where}}} {tex(question.of)} {place(question)}"
            case asked.KKT():
                conditions = joined(question.subject_to)
                point = r",\ ".join(f"{symbol(name)} = {tex(value)}" for name, value in question.at.items())
                text = rf"\min {tex(question.minimise)} \text{{ subject to }} {conditions} \text{{ at }} {point}"
            case asked.Ode():
                time = symbol(question.variable)
                system = r",\ ".join(
                    rf"\frac{{d{symbol(n)}}}{{d{time}}} = {tex(rhs)}" for n, rhs in question.rhs.items()
                )
                solution = r",\ ".join(f"{symbol(n)} = {tex(v)}" for n, v in (question.solution or {}).items())
                if question.conserved is not None:
                    solution = tex(question.conserved) + r" \text{ is constant}"
                text = rf"{system} \implies {solution}"
            case asked.Series():
                small = rf"({symbol(question.symbol)} - {tex(question.about)})^{{{question.order}}}"
                text = rf"{tex(question.of)} = {tex(question.equals)} + O({small})"
            case asked.Induction():
                text = rf"{tex(question.show)} \quad \forall {symbol(question.symbol)} \ge {question.start}"
            case asked.Exists():
                text = r"\exists : " + joined(question.conditions)
            case asked.Impossible():
                text = r"\nexists : " + joined(question.conditions)
            case asked.Certificate():
                text = tex(question.show)
                given = question.given
            case asked.Enclosure():
                text = rf"{tex(question.of)} \in {interval(question.lies_in)}"
        hypotheses = joined(given) + r" \implies " if given else ""
        return hypotheses + text
    except UnsupportedError:
        return ""
