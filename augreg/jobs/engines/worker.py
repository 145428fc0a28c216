"""What a worker process does: builds the job from its plain description, then shard after shard as it is told."""

from __future__ import annotations

import os
import socket
import traceback
from typing import Any

from augreg.jobs.engines.base import Work
from augreg.jobs.engines.channel import Channel
from augreg.jobs.engines.inline import perform
from augreg.jobs.shards import Shards
from augreg.jobs.spec import JobSpec


def serve(end: socket.socket) -> None:
    """Work until the main process closes its end."""
    channel = Channel(end)
    channel.send({"at": "born", "pid": os.getpid()})
    messages = channel.messages()
    spec = next(messages, None)
    if spec is None:
        return
    try:
        shards = Shards.of(JobSpec.from_json(spec))
        for message in messages:
            _one(shards, message, channel)
    except Exception as error:
        channel.send({"at": "failed", "error": describe(error)})


def _one(shards: Shards, message: dict[str, Any], channel: Channel) -> None:
    work = Work.from_json(message["work"])
    poison = {int(position): why for position, why in message["poison"].items()}
    event = perform(shards, work, channel.send, care=message["care"], poison=poison)
    if event.checked is not None:
        channel.send({"at": "checked", "checked": event.checked.to_json()})
    elif event.tally is not None:
        channel.send({"at": "done", "tally": event.tally.to_json()})


def describe(error: Exception) -> dict[str, Any]:
    """Return an error as plain data, from which the main process makes one of the same kind."""
    plain: dict[str, Any] = {"type": type(error).__name__, "text": str(error), "traceback": traceback.format_exc()}
    if isinstance(error, OSError):
        plain |= {"errno": error.errno, "strerror": error.strerror, "filename": str(error.filename or "")}
    return plain
