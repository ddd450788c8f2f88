"""Where the thinking is: words, slips, keys of the index, pages."""
