"""The claim language: reading, checking and elaborating a claim file; knows no prover and no simulation."""
