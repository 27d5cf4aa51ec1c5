"""How often requests are answered, and that one is carried out once."""
