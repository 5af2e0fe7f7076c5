"""Intervals, regions, looks and decision rules: arrays and a prediction in, a verdict or "not yet" out."""
