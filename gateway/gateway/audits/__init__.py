"""What administrators did: one line each, chained so that none can be taken away unseen."""
