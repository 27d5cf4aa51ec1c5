"""The OpenID provider at `/__oidc/`, built on Authlib, which is imported at its first request."""
