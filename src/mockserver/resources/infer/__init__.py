"""Infer from a document what its operations do: resources, envelopes, identifiers, references, plans."""
