"""The records of one tar: consecutive members of one key, as webdataset groups them, and what is wrong with some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from augreg.errors import MediaError
from augreg.jobs.sources.base import Entry
from augreg.jobs.sources.membernames import LONGEST, last_suffix, split_name, unsafe
from augreg.jobs.sources.tarheaders import Damage, Member


@dataclass(slots=True)
class Group:
    """Members of one key that follow one another.

    Args:
        key: what they have in common.
        members: extension -> member, in their order.
        code, fault: why the record is refused, "" if it is not.

    """

    key: str
    members: list[tuple[str, Member]] = field(default_factory=list)
    code: str = ""
    fault: str = ""

    def add(self, extension: str, member: Member) -> None:
        """Add a member; two of one extension are no record."""
        if any(known == extension for known, _ in self.members):
            self.refuse("E_RECORD", f"its key {self.key!r} has two members {extension!r}. Rename one")
        if len(extension.encode(errors="surrogateescape")) > LONGEST:
            self.refuse("E_NAME", f"its extension {extension[:20]!r}... is longer than {LONGEST} bytes. Shorten it")
        if reason := member.fault or unsafe(member.name):
            self.refuse("E_OUTSIDE" if not member.fault else "E_FORMAT", f"{member.name!r} is refused: {reason}")
        self.members.append((extension, member))

    def refuse(self, code: str, reason: str) -> None:
        """Refuse the record, for the first reason that there is."""
        if not self.fault:
            self.code, self.fault = code, reason


def grouped(found: Iterator[Member | Damage], ignored: Counter[str]) -> tuple[list[Group], Damage | None]:
    """Return the records of a tar in their order, and where it is damaged.

    A tar that is damaged may lack members of its last record, which is refused therefore, unless the member that is cut
    is the first of another.
    """
    groups: list[Group] = []
    times: Counter[str] = Counter()
    damage = None
    for member in found:
        if isinstance(member, Damage):
            damage = member
            break
        if member.folder:
            continue
        key, extension = split_name(member.name)
        if not key:
            ignored[_left(member.name)] += 1
            continue
        if not groups or groups[-1].key != key:
            groups.append(Group(key))
            times[key] += 1
        groups[-1].add(extension, member)
    for group in groups:
        if times[group.key] > 1:
            group.refuse(
                "E_RECORD",
                f"its key {group.key!r} comes again further on, and members of a record must follow one another. "
                "Pack the tar in the order of names: tar --sort=name",
            )
    if damage is not None and groups and split_name(damage.name)[0] in ("", groups[-1].key):
        groups[-1].refuse(damage.code, f"it is the last record of a damaged tar and may lack members: {damage.reason}")
    return groups, damage


def _left(name: str) -> str:
    return "no key" if not name.rpartition("/")[2].startswith("__") else "of webdataset's own"


def entries_of(
    tar: str, group: Group, known: Collection[str], stamp: int, ignored: Counter[str], record: str
) -> Iterator[Entry]:
    """Yield the media of a record; the first has what is attached to them.

    Args:
        tar: the name of the tar.
        group: the members.
        known: extensions that readers know.
        stamp: when the tar was changed.
        ignored: counts records that have no media.
        record: what the record is called in this job.

    """
    media = [(extension, member) for extension, member in group.members if last_suffix(extension) in known]
    if group.fault:
        # Whatever it has, it was meant to be a record: labels alone would be left aside without a word.
        for _, member in media or group.members[:1]:
            yield Entry(_again(tar, member), member.size, stamp, MediaError(tar, f"{group.fault}.", group.code))
        return
    others = {extension: member for extension, member in group.members if last_suffix(extension) not in known}
    if not media:
        ignored[f"record of {'+'.join(sorted(others))} without media"] += 1
    attached = {extension: held(tar, member) for extension, member in others.items()}
    for extension, member in media:
        suffix = last_suffix(extension)
        infix = extension.removesuffix(suffix.removeprefix(".")).removesuffix(".")
        entry = Entry(f"{tar}/{member.name}", member.size, stamp, where=held(tar, member)["where"], record=record)
        entry = replace(entry, stem=record, infix=f".{infix}" if infix else "", extension=suffix, attached=attached)
        yield entry if len(media) == 1 else replace(entry, field=extension)
        attached = {}


def held(tar: str, member: Member) -> dict[str, object]:
    """Return where the bytes of a member lie."""
    return {"where": [tar, member.at], "bytes": member.size}


def _again(tar: str, member: Member) -> str:
    """Return a name for what is refused that no other member has, though two be called alike."""
    return f"{tar}@{member.at}/{member.name}"
