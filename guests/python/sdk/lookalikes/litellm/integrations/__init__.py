"""Parts of LiteLLM that others extend."""
