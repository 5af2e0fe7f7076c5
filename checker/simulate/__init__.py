"""Experiments: what is measured, as pure functions of parameters and a PRNG key; predictions are not known here."""
