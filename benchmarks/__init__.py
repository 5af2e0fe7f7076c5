"""The goals of speed, each measured as a ratio of interleaved runs: ``python -m benchmarks``."""
