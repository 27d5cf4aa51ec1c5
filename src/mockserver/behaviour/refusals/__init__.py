"""Say what went wrong in the words of the document."""
