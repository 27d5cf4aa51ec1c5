"""The console: a static page and the document of the admin API behind it."""
