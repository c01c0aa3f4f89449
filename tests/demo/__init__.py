"""The demo: three real tenants."""
