"""Reports: from ``PaperResult`` to Markdown, plots, JSON, JUnit, GitHub annotations, terminal lines and the index."""
