"""Obligations and their provers: proved, refuted with a witness, or undecided with the reason."""
