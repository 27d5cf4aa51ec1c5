"""The proxy: forward to an implementation, validate both directions, record its responses."""

from mockserver.proxy.proxy_maker import ProxyMaker, client_maker

__all__ = ["ProxyMaker", "client_maker"]
