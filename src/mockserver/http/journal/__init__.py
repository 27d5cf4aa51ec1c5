"""The journal of requests, and the masking of secrets in what is shown of them."""
