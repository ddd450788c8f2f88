"""Done means proven: somebody else checks the work, and the reporter may object."""
