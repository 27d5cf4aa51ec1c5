"""Hold an implementation to its documents: `mockserver check`."""
