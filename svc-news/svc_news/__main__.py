"""Commands: `python -m svc_news serve`."""

from shared.command import run
from svc_news.app import SERVICE, create_app
from svc_news.settings import NewsSettings

if __name__ == "__main__":
    run(SERVICE, NewsSettings, create_app)
