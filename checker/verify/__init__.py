"""From a claim to its verdict: asks the provers, runs the experiments, lets the judge decide, and puts it together."""
