"""How a query scores a memory."""
