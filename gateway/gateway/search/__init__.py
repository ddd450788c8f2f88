"""One search over everything that services and providers publish."""
