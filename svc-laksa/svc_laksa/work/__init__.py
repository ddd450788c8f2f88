"""What an agency does with a report until it says that it is done."""
