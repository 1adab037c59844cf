"""One conversation as a web page, and as the compact charts that Dagster shows."""

from sonitemi_pipelines.report.conversation import Conversation
from sonitemi_pipelines.report.loading import load_conversation
from sonitemi_pipelines.report.page import render_page

__all__ = ["Conversation", "load_conversation", "render_page"]
