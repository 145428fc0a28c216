"""What a job says at its end, for people and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from augreg.jobs import Summary

SHOWN = 10
"""Refused inputs that the summary names; the manifest has them all."""


def facts(summary: Summary, seed: int) -> dict[str, Any]:
    """Return the account of a job as plain data."""
    names = ("inputs", "written", "rejected", "skipped", "outputs", "resumed", "finished", "stopped", "redone", "codes")
    found = {name: getattr(summary, name) for name in names}
    found["refused"] = found.pop("rejected")
    found |= {
        "input": summary.told,
        "modalities": summary.tally.modalities,
        "seconds": round(summary.seconds, 3),
        "errors": summary.errors,
    }
    return {"seed": seed, **found}


def report(summary: Summary, out: Path, seed: int, *, drawn: bool) -> None:
    """Print what was done, and which files were refused."""
    if summary.told:
        click.echo(f"Input: {printable(summary.told)}.")
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(summary.tally.modalities.items())) or "none"
    click.echo(f"{summary.outputs} files written to {out} from {summary.written} inputs ({kinds})", nl=False)
    click.echo(f" in {summary.seconds:.1f} s.")
    if summary.resumed:
        click.echo(f"{summary.resumed} of these inputs had been done before the job was resumed.")
    if summary.redone:
        click.echo(
            f"{len(summary.redone)} faults were mended by doing their shards again: {printable(summary.redone[0])}."
        )
    if summary.tally.kept:
        click.echo(
            f"{summary.tally.kept} inputs could not be augmented and were copied as they are: manifest.jsonl says why."
        )
    if summary.tally.copied:
        click.echo(
            f"{summary.tally.copied} inputs were copied byte for byte but for metadata: there are no steps for them."
        )
    for step, count in sorted(summary.tally.left.items()):
        click.echo(f'{count} files were left as they are by {step}: manifest.jsonl says why, under "left".')
    if summary.ignored:
        kinds = ", ".join(f"{count} x {suffix}" for suffix, count in summary.ignored.most_common(6))
        click.echo(f"{summary.ignored.total()} other files were left aside ({kinds}).")
    for note in summary.notes:
        click.echo(f"Note: {printable(note)}")
    if drawn:
        click.echo(f"The seed was {seed}: pass --seed {seed} to get the same again.")
    if summary.rejected:
        _report_refused(summary)
    if summary.stopped:
        click.echo(f"Stopped: {summary.stopped}. {summary.skipped} inputs were not reached.", err=True)
    elif not summary.finished:
        click.echo("This machine's share is done; the manifest is written when the others are.", err=True)


def _report_refused(summary: Summary) -> None:
    click.echo(f"{summary.rejected} of {summary.inputs} inputs were refused:", err=True)
    for path, code, reason in summary.errors[:SHOWN]:
        click.echo(f"  {code:14} {printable(path)}: {printable(reason)}", err=True)
    if summary.rejected > SHOWN:
        click.echo(f"  and {summary.rejected - SHOWN} more; manifest.jsonl lists them all.", err=True)


def printable(text: str) -> str:
    """Return a text in one line that any terminal takes: control characters and stray bytes escaped."""
    shown = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)
