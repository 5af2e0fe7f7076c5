"""What the judge's rules do on data whose truth is known: the tables of ``JUDGE.md`` measured anew.

``python -m checker.judge.tables`` writes ``reports/judge.md``; the tests of the judge draw from the same generators.  The
rules themselves never import this package.
"""
