"""LiteLLM's logger. What goes to it goes to the runtime's log."""

import logging

verbose_logger = logging.getLogger("LiteLLM")
