"""Several replicas on one store: what clients see of it, and what it costs."""
