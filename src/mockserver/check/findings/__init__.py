"""Issues, the findings they become, their words and ids; baselines."""
