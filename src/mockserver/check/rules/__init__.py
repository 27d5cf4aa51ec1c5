"""The rules that judge a response: by the document first, then by the reference model."""
