"""The expression tree: one formula, parsed once, read by several independent translators."""
