"""Stands in for `litellm`, so that the module of a secret manager can be imported."""
