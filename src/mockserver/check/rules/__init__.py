"""The rules by which an answer is judged: the document first, then the reference model."""
