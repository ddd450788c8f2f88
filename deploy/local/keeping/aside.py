"""What a stack had before a restore: deleted once the new data stands, put back if it does not."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import lifecycle
from deploy.local.errors import StackError
from deploy.local.layout import Stack
from deploy.local.progress import say

SUFFIX = ".before-restore"


@contextmanager
def kept_aside(stack: Stack) -> Iterator[Callable[[], None]]:
    """Stops the stack and moves its folders away; yields what deletes them, to be called when all is whole.

    An error or Ctrl-C inside puts them back. Killed, they stay aside: the same restore, made again, goes on
    from there. StackError if they would meet older ones. Servers of one's own are not touched here.
    """
    lifecycle.stop(stack)
    pairs = [(place, place.with_name(place.name + SUFFIX)) for place in lifecycle.places(stack)]
    _move_away(stack, pairs)
    try:
        yield lambda: _delete(pairs)
    except BaseException:
        if any(aside.exists() for _, aside in pairs):
            lifecycle.reset(stack)
            _put_back(pairs)
            say(f"\nNot restored. What was here before is back in {stack.folder}: make up starts it.")
        raise


def waiting(stack: Stack) -> list[tuple[Path, Path]]:
    """(where it is, where it was) of what a killed restore left aside."""
    pairs = [(place.with_name(place.name + SUFFIX), place) for place in lifecycle.places(stack)]
    return [(aside, place) for aside, place in pairs if aside.exists()]


def _move_away(stack: Stack, pairs: list[tuple[Path, Path]]) -> None:
    older = [str(aside) for _, aside in pairs if aside.exists()]
    if lifecycle.is_half_done(stack):
        lifecycle.reset(stack)  # of an attempt that was killed: what counts lies aside
    elif older:
        raise StackError(
            f"An earlier restore was broken off and left what was there before in {', '.join(older)}: "
            "move it away, or delete it if you need it no more"
        )
    for place, aside in pairs:
        if place.exists() and not aside.exists():
            place.rename(aside)


def _put_back(pairs: list[tuple[Path, Path]]) -> None:
    for place, aside in pairs:
        if aside.exists():
            aside.rename(place)


def _delete(pairs: list[tuple[Path, Path]]) -> None:
    for _, aside in pairs:
        shutil.rmtree(aside, ignore_errors=True)
