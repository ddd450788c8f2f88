"""The newsroom: from a draft to what the public reads, each step by whom it belongs to."""
