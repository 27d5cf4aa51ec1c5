"""The OpenID provider at `/__oidc/`, on Authlib; nothing of it is imported before it is asked."""
