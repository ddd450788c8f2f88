"""The public ledger: every step, chained by hash, for outsiders to replay."""
