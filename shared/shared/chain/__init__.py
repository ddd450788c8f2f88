"""Append-only entries chained by hash: the ledger of LAKSA, the emergency log, the audit log."""
