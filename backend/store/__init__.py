"""PostgreSQL: tables and queries named as sentences. Nothing here commits."""
