"""Issues and findings: their ids, texts and merging; baselines."""
