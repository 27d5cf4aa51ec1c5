"""State: the store, its sessions and collections, fixtures, generated values, identities, the clock."""
