"""Which faults of the reference backend are found, and by whom."""
