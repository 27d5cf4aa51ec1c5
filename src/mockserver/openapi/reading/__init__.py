"""Read documents from files and URLs: YAML and JSON, bundled, with the lines of what is read."""
