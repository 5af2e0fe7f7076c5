r"""Which TeX a claim may put on a page: a list of commands without side effects, balanced, and nothing else.

Commands such as ``\href``, ``\class`` or ``\def`` make links, change the page's style or redefine other commands;
renderers differ in which of them they switch off, so the report lets through only what it knows.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LONGEST: Final = 2000
_DEEPEST: Final = 40

_COMMANDS: Final = frozenset(
    re.findall(
        "[A-Za-z]+",
        """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho
    sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    ell hbar imath jmath Re Im aleph partial nabla infty emptyset varnothing forall exists nexists neg lnot top bot
    sum prod coprod int iint iiint oint bigcup bigcap bigoplus bigotimes bigwedge bigvee lim liminf limsup sup inf
    max min arg det dim ker deg gcd hom Pr exp log ln lg sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos
    arctan operatorname limits nolimits displaystyle textstyle scriptstyle scriptscriptstyle
    le leq ge geq lt gt ne neq equiv sim simeq approx cong propto asymp doteq ll gg prec succ preceq succeq lesssim
    gtrsim leqslant geqslant subset supset subseteq supseteq in ni notin mid nmid parallel perp models vdash
    pm mp times div cdot ast star circ bullet oplus ominus otimes odot wedge vee land lor cap cup setminus
    to gets rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow longrightarrow longleftarrow
    Longrightarrow Longleftarrow iff implies impliedby mapsto longmapsto hookrightarrow uparrow downarrow nearrow
    searrow xrightarrow xleftarrow
    frac dfrac tfrac cfrac binom dbinom tbinom sqrt over choose
    hat widehat tilde widetilde bar overline underline vec dot ddot dddot check breve acute grave mathring overbrace
    underbrace overset underset stackrel substack not
    mathbb mathbf mathcal mathfrak mathit mathrm mathsf mathtt mathscr boldsymbol bm text textbf textit textrm texttt
    textsf rm bf it cal
    left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr lvert rvert lVert rVert vert Vert
    lbrace rbrace lbrack rbrack langle rangle lceil rceil lfloor rfloor backslash
    quad qquad enspace thinspace ldots cdots vdots ddots dots dotsc dotsb colon prime dagger ddagger degree top intercal
    mod bmod pmod begin end hline square blacksquare checkmark complement angle triangle
    """,
    )
)
_ENVIRONMENTS: Final = frozenset(
    (
        *("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix"),
        *("cases", "aligned", "gathered", "split"),
    )
)
_ESCAPES: Final = frozenset(",;:! \\{}|%_&")
_PLAIN: Final = frozenset("+-*/=^_()[].,:;!?'~ ")
_REWRITTEN: Final = {"<": r"\lt ", ">": r"\gt ", "|": r"\vert "}
_TOKEN: Final = re.compile(r"\\([A-Za-z]+)\*?|\\(.)|(.)", re.DOTALL)
_ENVIRONMENT: Final = re.compile(r"\{([A-Za-z]+)\}")


def safe_maths(tex: str) -> str | None:
    r"""The TeX with ``<``, ``>`` and ``|`` spelled as commands, or ``None`` where anything in it is not on the list.

    The result holds no backtick, dollar, angle bracket, pipe or hash, so it can stand in a table cell, a quotation or
    HTML.  Braces, environments and ``\left``/``\right`` are balanced.
    """
    if not tex or len(tex) > _LONGEST:
        return None
    pieces: list[str] = []
    open_groups: list[str] = []
    position = 0
    while position < len(tex):
        token = _TOKEN.match(tex, position)
        if token is None or len(open_groups) > _DEEPEST:
            return None
        command, escape, character = token.groups()
        position = token.end()
        if command in ("begin", "end"):
            name = _ENVIRONMENT.match(tex, position)
            if name is None or name.group(1) not in _ENVIRONMENTS:
                return None
            if not _step(open_groups, command == "begin", name.group(1)):
                return None
            position = name.end()
            pieces.append(token.group() + name.group())
        elif command is not None:
            if command not in _COMMANDS:
                return None
            if command in ("left", "right") and not _step(open_groups, command == "left", "left"):
                return None
            pieces.append(token.group())
        elif escape is not None:
            if escape not in _ESCAPES:
                return None
            pieces.append(r"\Vert " if escape == "|" else token.group())
        else:
            plain = _character(character, open_groups)
            if plain is None:
                return None
            pieces.append(plain)
    return None if open_groups else "".join(pieces).strip()


def _character(character: str, open_groups: list[str]) -> str | None:
    """One character outside commands; opens and closes groups."""
    if character in "{}":
        return character if _step(open_groups, character == "{", "{") else None
    if character == "&":
        return character if any(group in _ENVIRONMENTS for group in open_groups) else None
    if character in _REWRITTEN:
        return _REWRITTEN[character]
    if character in _PLAIN or character.isalnum() or unicodedata.category(character) == "Sm":
        return character
    return None


def _step(open_groups: list[str], opens: bool, group: str) -> bool:
    """Push a group or pop it; False where the one being closed is not the last one opened."""
    if opens:
        open_groups.append(group)
        return True
    return bool(open_groups) and open_groups.pop() == group
