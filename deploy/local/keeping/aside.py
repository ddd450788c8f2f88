"""What a stack had before a restore: deleted once the new data stands, put back if it does not."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deploy.local import lifecycle
from deploy.local.errors import StackError
from deploy.local.layout import Stack
from deploy.local.progress import say


@contextmanager
def kept_aside(stack: Stack, *, all_of_it: bool) -> Iterator[Callable[[], None]]:
    """Stops the stack and moves its folders away; yields what deletes them, to be called when all is whole.

    An error or Ctrl-C inside puts them back if they are `all_of_it`: beside servers of one's own, which are
    changed by then, they would be half of the truth. Killed, they stay aside: the same restore, made again,
    goes on from there. StackError if they would meet older ones.
    """
    lifecycle.stop(stack)
    pairs = lifecycle.places(stack)
    older = [str(aside) for _, aside in pairs if aside.exists()]
    if older and not lifecycle.is_broken_off(stack):
        raise StackError(
            f"What an earlier restore set aside is still in {', '.join(older)}: move it away, or delete it "
            "if you need it no more"
        )
    if older:
        lifecycle.wipe(stack)  # of an attempt that was killed: what counts lies aside
    for place, aside in pairs:
        if place.exists() and not aside.exists():
            place.rename(aside)

    def delete() -> None:
        for _, aside in pairs:
            shutil.rmtree(aside, ignore_errors=True)

    try:
        yield delete
    except BaseException:
        if any(aside.exists() for _, aside in pairs):
            _give_back(stack, all_of_it)
        raise


def _give_back(stack: Stack, all_of_it: bool) -> None:
    if not all_of_it:
        tell_the_way_back(stack)
        return
    lifecycle.wipe(stack)
    for place, aside in lifecycle.places(stack):
        if aside.exists():
            aside.rename(place)
    say(f"\nNot restored. What was here before is back in {stack.folder}: make up starts it.")


def tell_the_way_back(stack: Stack) -> None:
    """Where the old data lies, and the commands that bring it back; nothing if none is there."""
    commands = lifecycle.way_back(stack)
    if commands:
        say("\nWhat was here before is kept. Delete it when you need it no more, or go back to it:")
        say("\n".join(["  make down", *commands]))
        say("Databases and a broker of your own are not in it.")
