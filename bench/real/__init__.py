"""Real servers that nobody here wrote, each checked as a user would."""
