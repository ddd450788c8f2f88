"""The parent's side of the child process: one photo at a time, a short queue, a new child for a lost one."""

import asyncio
import json
import struct
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from shared import log
from shared.errors import Unavailable, Unprocessable
from shared.metrics import Metrics

_log = log.get(__name__)
QUEUE = 8
SECONDS = 20.0  # 40 MP take up to 3 s here
_ANSWER_LIMIT = 64 * 1_048_576


class NotAnImage(Unprocessable):
    code = "media_not_an_image"


class BrokenImage(Unprocessable):
    code = "media_broken"


class TooManyPixels(Unprocessable):
    code = "media_too_many_pixels"


class TooHeavy(Unprocessable):
    code = "media_too_heavy"


class Busy(Unavailable):
    """More photos wait than can be done soon."""

    code = "media_busy"


class NotProcessed(Unavailable):
    """The child process was lost with this photo in its hands; the next one gets a new child."""

    code = "media_not_processed"


_REFUSED = {
    "not_an_image": NotAnImage,
    "broken": BrokenImage,
    "too_many_pixels": TooManyPixels,
    "heavy": TooHeavy,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One variant: a JPEG of pixels alone."""

    content: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Photo:
    """`captured_at` is ISO 8601, with an offset only if the camera stated one; the point is (lat, lon)."""

    variants: dict[str, Picture]
    captured_at: str | None
    captured_point: tuple[float, float] | None


class Images:
    """One child process a worker, started with the first photo."""

    def __init__(self, metrics: Metrics, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: asyncio.subprocess.Process | None = None
        self._turn, self._guests_turn = asyncio.Lock(), asyncio.Lock()
        self._inside = self._guests_inside = 0
        self._jobs = metrics.counter("city_media_photos", "Photos decoded", "outcome")
        self._queue = metrics.gauge("city_media_queue", "Photos waiting to be decoded, or being decoded")

    @property
    def pid(self) -> int | None:
        """The child's process id, if there is one."""
        return None if self._child is None else self._child.pid

    async def encode(self, content: bytes, *, guest: bool = False) -> Photo:
        """The photo in its variants. 422 `media_…` if it is no good, 503 if busy or the child was lost.

        Guests have half of the queue, and only one of them at a time stands before residents.
        """
        if self._inside > QUEUE or (guest and self._guests_inside >= QUEUE // 2):
            raise Busy(retry_after=3)
        self._inside += 1
        self._guests_inside += guest
        self._queue.set(self._inside)
        outcome = "lost"
        try:
            async with self._guests_turn if guest else nullcontext(), self._turn:
                photo = await self._bounded(content)
            outcome = "done"
            return photo
        except Unprocessable:
            outcome = "refused"
            raise
        finally:
            self._inside -= 1
            self._guests_inside -= guest
            self._queue.set(self._inside)
            self._jobs.labels(outcome).inc()

    async def close(self) -> None:
        """Ends the child."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.kill()
        if child is not None:
            await child.wait()

    async def _bounded(self, content: bytes) -> Photo:
        """Whatever interrupts the exchange ends the child: its pipe would be out of step."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(await self._running(), content)
        except Unprocessable:
            raise
        except TimeoutError as error:
            await self.close()
            raise TooHeavy from error
        except (OSError, EOFError, ValueError) as error:
            _log.warning("image_process_lost", error=type(error).__name__)
            await self.close()
            raise NotProcessed(retry_after=1) from error
        except BaseException:
            await self.close()
            raise

    async def _running(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-W", "ignore", "-m", "gateway.media.images"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={},  # no secret of the parent's
                cwd="/",
                limit=1_048_576,
            )
        return self._child

    async def _exchange(self, child: asyncio.subprocess.Process, content: bytes) -> Photo:
        source, sink = child.stdout, child.stdin
        if source is None or sink is None:
            raise OSError("the child has no pipes")
        sink.write(struct.pack(">I", len(content)))
        sink.write(content)
        await sink.drain()
        answer = json.loads(await source.readline())
        if "fault" in answer:
            _log.warning("photo_fault", place=answer["fault"])
        if "refused" in answer:
            raise _REFUSED[answer["refused"]]
        if sum(v["size"] for v in answer["variants"]) > _ANSWER_LIMIT:
            raise ValueError("more than a photo can be")
        pictures = {
            v["name"]: Picture(await source.readexactly(v["size"]), v["width"], v["height"])
            for v in answer["variants"]
        }
        return Photo(pictures, answer.get("captured_at"), _point(answer))


def _point(answer: dict[str, Any]) -> tuple[float, float] | None:
    return (answer["lat"], answer["lon"]) if "lat" in answer else None
