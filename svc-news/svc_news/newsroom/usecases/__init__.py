"""One function for each thing the newsroom does."""

from svc_news.newsroom.usecases.steps import (
    cancel,
    correct,
    discard,
    draft,
    publish,
    revise,
    schedule,
    send_back,
    submit,
    unschedule,
    withdraw,
)

__all__ = [
    "cancel",
    "correct",
    "discard",
    "draft",
    "publish",
    "revise",
    "schedule",
    "send_back",
    "submit",
    "unschedule",
    "withdraw",
]
