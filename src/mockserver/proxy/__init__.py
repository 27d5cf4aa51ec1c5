"""The proxy: forward to an implementation, hold both directions to the documents, learn from the answers."""

from mockserver.proxy.proxy_maker import ProxyMaker, client_maker

__all__ = ["ProxyMaker", "client_maker"]
