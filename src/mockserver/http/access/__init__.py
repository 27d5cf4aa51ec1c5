"""Who calls, and who may call: security schemes, tokens, roles."""
