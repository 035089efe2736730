"""How a process reaches PostgreSQL: one engine, UTC, JSON, and sane time-outs."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url


def sqlalchemy_url(database_url: str) -> URL:
    """Turn any PostgreSQL address (postgres://, postgresql://) into one for SQLAlchemy over psycopg2."""
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    return url.set(drivername="postgresql+psycopg2")


def plain_url(database_url: str) -> str:
    """The same address for asyncpg, psycopg and libpq."""
    return sqlalchemy_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def create_store(database_url: str, *, pool_size: int = 10) -> Engine:
    """Make the process's engine; it connects when first used."""
    return create_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged, and the parameters are people's addresses
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=30s"},
    )
