"""`augreg run`: augment a data set."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import click

from augreg.cli.grouped import Grouped
from augreg.cli.progress import progress
from augreg.cli.report import facts, report
from augreg.cli.working import reported, say_stopped, stoppable

FOLDER = click.Path(path_type=Path)

FORMS = ("folder", "webdataset", "list", "parquet", "arrow", "conll", "texts")
TARGETS = ("folder", "webdataset", "parquet", "arrow", "lines", "csv", "tsv", "jsonl")
"""What the help names; the jobs' own tables say what is valid, and importing them takes long."""


EPILOG = """\b
Example:
  augreg run pipeline.yaml photos/ augmented/ --seed 7 --copies 3
  augreg run pipeline.yaml 'shards/train-{000..012}.tar' augmented/ --to webdataset
  find . -name '*.jpg' -print0 | augreg run pipeline.yaml - ../augmented --root .

\b
Exit codes:
  0 everything was written      1 some inputs were refused
  2 wrong usage                 3 too many inputs were refused, the disk is full, or another fault of the machine
130 interrupted               143 terminated (SIGTERM)
"""


class Share(click.ParamType[tuple[int, int]]):
    """The i-th of n machines, written "i/n"."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return both numbers."""
        first, _, count = str(value).partition("/")
        if not (first.isdecimal() and count.isdecimal()):
            self.fail(f"{value!r} is not of the form I/N, as in 1/4 for the first of four machines.", param, ctx)
        return int(first), int(count)


GROUPS = {
    "What is done": ("seed", "epoch", "copies", "device", "batch_size"),
    "What is read": ("form", "columns", "root", "split", "key_column", "labels", "only", "limits", "decode"),
    "What is written": ("to", "labels_to", "class_column", "column_prefix", "overwrite"),
    "Where inputs are bad": ("on_error", "max_errors", "max_in_a_row"),
    "Going on with a job that was stopped": ("resume", "check", "other_libraries"),
    "Privacy": ("keep_metadata", "anonymize_names", "keep_folders", "names_to", "encrypt_to", "record_host"),
    "Processes and machines": ("workers", "engine", "shard_size", "share", "ray_address"),
    "What is shown": ("quiet", "as_json"),
}
"""Heading of the help -> its options."""


@click.command("run", cls=Grouped, groups=GROUPS, short_help="Augment a data set.", epilog=EPILOG)
@click.argument("pipeline", type=click.Path(path_type=Path))
@click.argument("source", metavar="IN")
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--seed", type=int, help="The same seed makes the same outputs; without it one is drawn and recorded.")
@click.option(
    "--epoch", type=int, default=0, show_default=True, help="Another epoch makes other outputs of each input."
)
@click.option("--copies", type=click.IntRange(1), default=1, show_default=True, help="Augmented versions per input.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:0, ... or auto.")
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    default=32,
    show_default=True,
    help="Samples at once; only steps that mix samples (mixup, mosaic, ...) see who else is there.",
)
@click.option(
    "--form", default="auto", show_default=True, help=f"What IN is: {', '.join(FORMS)}, or auto, told by what is there."
)
@click.option("--column", "columns", multiple=True, metavar="NAME", help="Of a list: a column that holds paths.")
@click.option("--root", type=str, metavar="DIR", help="Of a list: the folder from which its paths count.")
@click.option("--split", metavar="NAME", help="Of tables: which split, where there are several.")
@click.option(
    "--key-column", metavar="NAME", help="Of tables: the column of keys; '' for places, without it id, key or __key__."
)
@click.option(
    "--labels",
    default="auto",
    show_default=True,
    metavar="FORM[:WHERE]",
    help="Annotations: coco:instances.json, yolo, voc, ...; auto finds them; none: files of labels are inputs.",
)
@click.option("--labels-to", default="", metavar="FORM", help="Write labels in another form than they are read in.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=N",
    help="Refuse what is larger: pixels, frames, video_bytes, audio_values, text_bytes; memory, that of steps.",
)
@click.option(
    "--decode",
    type=click.Choice(["exact", "fast"]),
    default="exact",
    show_default=True,
    help="fast: JPEG files no larger than the first steps need them; their pixels differ a little.",
)
@click.option(
    "--to",
    default="auto",
    show_default=True,
    help=f"What OUT becomes: {', '.join(TARGETS)}; auto: a file like the input for texts in rows, else folder.",
)
@click.option("--class-column", metavar="NAME", help="Of tables into a folder: the column whose values become folders.")
@click.option("--column-prefix", default="", help="Goes before the columns key, source and copy of tables.")
@click.option("--overwrite", is_flag=True, help="Write into a folder that is not empty.")
@click.option(
    "--on-error",
    type=click.Choice(["skip", "raise", "copy"]),
    default="skip",
    show_default=True,
    help="Report a bad input and go on, stop at it, or copy it as it is.",
)
@click.option("--max-errors", type=click.IntRange(0), help="Stop when more inputs than this are refused.")
@click.option(
    "--max-in-a-row",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="Stop when so many inputs in a row are refused; 0: never.",
)
@click.option(
    "--only", type=FOLDER, metavar="FILE", help="Take the inputs that FILE names, as augreg clean --list does."
)
@click.option("--resume", is_flag=True, help="Go on with a job that was stopped in OUT; give its other options again.")
@click.option(
    "--check",
    type=click.Choice(["hash", "size"]),
    default="hash",
    show_default=True,
    help="How --resume compares what is there with what was recorded.",
)
@click.option("--other-libraries", is_flag=True, help="Resume although libraries have other versions now.")
@click.option("--keep-metadata", is_flag=True, help="Keep Exif and tags, which are removed otherwise.")
@click.option("--anonymize-names", is_flag=True, help="Name outputs by keyed hashes, whose key is thrown away.")
@click.option("--keep-folders", is_flag=True, help="With --anonymize-names: keep the folders of IN, as of classes.")
@click.option("--names-to", type=click.Path(path_type=Path), help="With --anonymize-names: keep key and names here.")
@click.option("--encrypt-to", multiple=True, metavar="age1...|FILE", help="Encrypt outputs for these age recipients.")
@click.option("--record-host", is_flag=True, help="Name this machine in run.json; nothing does otherwise.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes; 0: as many as there are cores.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "inline", "process", "ray"]),
    default="auto",
    show_default=True,
    help="Work in this process, in others, on a Ray cluster, or, by auto, in others if there are several shards.",
)
@click.option("--shard-size", type=click.IntRange(1), default=256, show_default=True, help="Most inputs of a shard.")
@click.option("--shard", "share", type=Share(), help="Do only the share of the I-th of N machines, all with one OUT.")
@click.option(
    "--ray-address", metavar="ADDRESS", help="The cluster of --engine ray, auto for this machine's; else a local one."
)
@click.option("--quiet", is_flag=True, help="Show no progress, and no summary unless something was refused.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_context
def run_command(
    context: click.Context,
    /,
    pipeline: Path,
    source: str,
    out: Path,
    seed: int | None,
    limits: tuple[str, ...],
    *,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Augment every image, sound, video and text of IN by PIPELINE, into the folder OUT.

    IN is a folder; or tars, as webdataset has them: a path, a glob, a range {000..012}, several with commas; or tables:
    Parquet, or what save_to_disk wrote; or a list of paths: .jsonl, .csv, .tsv, .txt, or "-" for standard input; or an
    address of these, as s3://bucket/photos; or annotated texts, .conll, .conllu, .bio, .iob, .iob2, or .jsonl with text
    and spans, which are written as such a file again.

    cat/001.jpg becomes cat/001__a0.jpg, cat/001__a1.jpg, ... in the same formats. Files whose modality has no steps
    are copied without their metadata. manifest.jsonl says for every output which steps ran with which parameters, and
    for every refused file why; run.json says how to do it again.

    Where the pipeline has joint steps or a schema, files of one name (7.jpg and 7.txt, or 7.image.png and 7.depth.png)
    are the fields of one record, and a film with sound is a record of video and audio, written back as one file.

    A file's random numbers depend on the seed, the epoch, the copy and its path within IN, on nothing else. Work is
    cut into shards, each done as a whole or not at all, by as many processes as there are cores. A job that was
    stopped, however hard, and resumed ends with the files of one that was not: what is there is compared with what was
    recorded, and inputs that were refused are tried again once they have changed.
    """
    from augreg.jobs import Settings, run
    from augreg.jobs.resume import job_record
    from augreg.media.limits import parse_limits
    from augreg.pipeline import Pipeline

    if options["share"] and seed is None:
        raise click.UsageError("--shard needs --seed: each machine would draw another one.")
    begun = job_record(out) if options["resume"] else None
    drawn = secrets.randbelow(2**31) if begun is None else begun.get("seed", 0)
    chosen = drawn if seed is None else seed
    loaded = Pipeline.load(pipeline)
    settings = Settings(source=source, out=out, seed=chosen, limits=parse_limits(limits), **options)
    with reported(context, out), stoppable() as stop, progress(quiet=quiet or as_json) as show:
        summary = run(loaded, settings, show, stop)
    if as_json:
        click.echo(json.dumps(facts(summary, chosen)))
    elif not quiet or summary.rejected or summary.stopped:
        report(summary, out, chosen, drawn=seed is None)
    if stop():
        say_stopped(out, terminated=False)
        context.exit(130)
    context.exit(3 if summary.stopped and settings.on_error != "raise" else int(summary.rejected > 0))
