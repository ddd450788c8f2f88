"""Photos decoded and encoded again, in a process of their own."""
