"""What answers of sources are cached under."""

TAG = "news:sources"
