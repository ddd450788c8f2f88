"""The psql scripts that give each service its two roles and its database."""

from collections.abc import Iterable

# A failing statement would otherwise go into the server's log with the password in it.
QUIETLY = "SET log_min_error_statement = 'panic';\n"
_ROLE = """\
SELECT format('CREATE ROLE %I', {name}) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) \\gexec
SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', {name}, {password})
\\gexec
"""
_DATABASE = """\
SELECT format('CREATE DATABASE %I OWNER %I', {name}, {owner})
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {name}) \\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', {name}) \\gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', {name}, {runtime}) \\gexec
"""


def role_script(name: str, password: str) -> str:
    """A role that may sign in and nothing else, made if missing; its password is set."""
    return _ROLE.format(name=_text(name), password=_text(password))


def database_script(name: str, owner: str, runtime: str) -> str:
    """A database of `owner`, made if missing, that only `runtime` may enter besides."""
    return _DATABASE.format(name=_text(name), owner=_text(owner), runtime=_text(runtime))


def whole_script(passwords: dict[str, str], databases: Iterable[tuple[str, str, str]]) -> str:
    """All roles, then all databases (name, owner, runtime); the server's own are closed to the roles."""
    parts = [QUIETLY, "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;\n"]
    parts += [role_script(name, password) for name, password in passwords.items()]
    parts += [database_script(*database) for database in databases]
    return "".join(parts)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
