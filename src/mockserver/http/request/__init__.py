"""Read requests as their operations document them: parameters and bodies."""
