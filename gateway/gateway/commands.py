"""What an administrator can do on the machine itself: front ends and their keys, and proving the audits."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, get_args

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits.usecases import COMMAND
from gateway.clients import documents, queries, usecases
from gateway.clients.models import Client
from gateway.clients.rules import LONGEST_OVERLAP_HOURS, OVERLAP, Kind, Platform, Reason, Type, type_of
from gateway.clients.schemas import ClientIn
from shared.chain.verify import Seal, Verdict
from shared.errors import NotFound, Problem, document, from_validation
from shared.runtime import Runtime

_SHOWN_ONCE = "Keep the key now: only its hash is kept, and it cannot be shown again."
_Step = Callable[[AsyncSession, Runtime, argparse.Namespace], Awaitable[str]]


async def client(run: Runtime, given: argparse.Namespace) -> int:
    """Does what `client_arguments` read, in one transaction; audited as `command`. 1 if it was refused."""
    try:
        async with run.database.transaction() as session:
            said = await _STEPS[given.step](session, run, given)
    except NotFound:
        return _refuse(f"there is no front end {given.code!r}; `client list` shows all")
    except ValidationError as error:
        return _refuse(_words(run, from_validation(error.errors())))
    except Problem as problem:
        return _refuse(_words(run, problem))
    sys.stdout.write(said + "\n")
    return 0


def client_arguments(words: Sequence[str]) -> argparse.Namespace:
    """`create CODE --name …`, `list`, `show CODE`, …; SystemExit with the usage for anything else."""
    parser = argparse.ArgumentParser(prog="python -m gateway client", description="Front ends and their keys")
    steps = parser.add_subparsers(dest="step", required=True)
    _describe_create(steps.add_parser("create", help="add one; its key is shown this once"))
    listed = steps.add_parser("list", help="all, or some")
    listed.add_argument("--kind", choices=get_args(Kind))
    listed.add_argument("--owner", metavar="AGENCY")
    listed.add_argument("--state", choices=get_args(queries.State))
    listed.add_argument("--q", metavar="TEXT", help="part of the code or the name")
    for name, does in _OF_ONE.items():
        steps.add_parser(name, help=does).add_argument("code")
    steps.choices["rotate"].add_argument(
        "--overlap-hours", type=int, default=OVERLAP // timedelta(hours=1), metavar="HOURS",
        help=f"how long the old key stays good: 0 (it leaked) to {LONGEST_OVERLAP_HOURS}",
    )  # fmt: skip
    steps.choices["disable"].add_argument("--reason", choices=get_args(Reason), default="other")
    return parser.parse_args(words)


def heads_given(words: Sequence[str]) -> list[Seal]:
    """`seq:hash` of earlier checks; SystemExit for anything else."""
    try:
        pairs = [word.split(":") for word in words]
        return [Seal(int(seq), bytes.fromhex(digest)) for seq, digest in pairs]
    except ValueError as error:
        raise SystemExit(
            "gateway: a head is written seq:hash, as an earlier verify-audits printed it"
        ) from error


def verdict_table(verdict: Verdict, heads: Sequence[Seal]) -> str:
    """The result in a few lines; the head is what to keep elsewhere."""
    rows = {
        "audits": f"{verdict.links:,} chained, {verdict.waiting:,} waiting",
        "head": f"{verdict.links}:{verdict.head.hex()}",
        "heads": f"{len(heads)} given" if heads else "none given: checked against this database's own seals",
        "verdict": f"BROKEN: {verdict.broken}" if verdict.broken else "whole",
    }
    return "\n".join(f"{name:<8} {value}" for name, value in rows.items())


def _describe_create(create: argparse.ArgumentParser) -> None:
    create.add_argument("code", help="letters, digits, hyphens: it never changes")
    create.add_argument("--name", required=True)
    create.add_argument("--kind", choices=get_args(Kind), default="front_end")
    create.add_argument("--type", choices=get_args(Type), help="default: by platform and origins")
    create.add_argument("--platform", choices=get_args(Platform))
    create.add_argument("--owner", metavar="AGENCY", help="an agency of the city pack")
    create.add_argument("--contact-office", metavar="OFFICE", help="a desk, never a person")
    create.add_argument("--origin", action="append", default=[], metavar="URL", help="may be repeated")
    create.add_argument("--scope", action="append", default=[], help="may be repeated")
    create.add_argument("--rate", type=float, metavar="REQUESTS", help="a second")
    create.add_argument("--burst", type=int, metavar="REQUESTS", help="at once")
    create.add_argument("--notes")


async def _create(session: AsyncSession, run: Runtime, given: argparse.Namespace) -> str:
    said: dict[str, Any] = {
        "origins": given.origin,
        "scopes": given.scope,
        "rate_per_second": given.rate,
        **{name: getattr(given, name) for name in ("code", "name", "kind", "platform", "owner", "burst")},
        **{name: getattr(given, name) for name in ("contact_office", "notes")},
        "type": given.type or type_of(given.platform, given.origin),
    }
    body = ClientIn.model_validate({name: value for name, value in said.items() if value is not None})
    fields = usecases.fitting(run, body.model_dump(exclude={"code", "name", "kind"}))
    who: dict[str, Any] = {"code": body.code, "name": body.name, "kind": body.kind}
    key = await usecases.register(session, **who, **fields, now=run.clock.now())
    return _with_key(run, await usecases.read(session, body.code), key)


async def _list(session: AsyncSession, run: Runtime, given: argparse.Namespace) -> str:
    wanted = queries.Wanted(given.kind, given.owner, given.state, given.q)
    return documents.table(await queries.page(session, wanted, None, None), run.clock.now())


async def _show(session: AsyncSession, run: Runtime, given: argparse.Namespace) -> str:
    return documents.sheet(await usecases.read(session, given.code), run.clock.now())


async def _rotate(session: AsyncSession, run: Runtime, given: argparse.Namespace) -> str:
    if not 0 <= given.overlap_hours <= LONGEST_OVERLAP_HOURS:
        raise SystemExit(f"gateway: --overlap-hours is 0 to {LONGEST_OVERLAP_HOURS}")
    overlap, now = timedelta(hours=given.overlap_hours), run.clock.now()
    key, changed, ended = await usecases.rotate(session, code=given.code, overlap=overlap, now=now)
    if ended:
        sys.stderr.write("A rotation was still under way: the key before the last one ended now.\n")
    return _with_key(run, changed, key)


async def _disable(session: AsyncSession, run: Runtime, given: argparse.Namespace) -> str:
    now = run.clock.now()
    return documents.sheet(
        await usecases.disable(session, code=given.code, reason=given.reason, now=now), now
    )


async def _enable(session: AsyncSession, run: Runtime, given: argparse.Namespace) -> str:
    now = run.clock.now()
    return documents.sheet(await usecases.enable(session, code=given.code, actor=COMMAND, now=now), now)


async def _end_old_key(session: AsyncSession, run: Runtime, given: argparse.Namespace) -> str:
    now = run.clock.now()
    return documents.sheet(await usecases.end_old_key(session, code=given.code, actor=COMMAND, now=now), now)


def _with_key(run: Runtime, changed: Client, key: str) -> str:
    sys.stderr.write(_SHOWN_ONCE + "\n")
    return f"{documents.sheet(changed, run.clock.now())}\nkey {key}"


def _words(run: Runtime, problem: Problem) -> str:
    told = document(problem, run.texts, "en", "")
    fields = [f"\n  {each['field']}: {each['message']}" for each in told.get("errors", ())]
    return f"{told['title']}. {told['detail']}{''.join(fields)}"


def _refuse(why: str) -> int:
    sys.stderr.write(f"gateway: {why}\n")
    return 1


_OF_ONE = {
    "show": "everything of one",
    "rotate": "a new key, shown this once; the old one stays good for a while",
    "end-old-key": "the old key ends now",
    "disable": "none of its keys is known any more",
    "enable": "its keys are good again",
}
_STEPS: dict[str, _Step] = {
    "create": _create,
    "list": _list,
    "show": _show,
    "rotate": _rotate,
    "end-old-key": _end_old_key,
    "disable": _disable,
    "enable": _enable,
}
