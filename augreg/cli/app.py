"""The command `augreg`: a group that imports a subcommand when it is called, and prints our errors in one line."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, Final, NoReturn

import click

from augreg.cli import extra
from augreg.errors import AugregError, PluginLoadError, nearest

COMMANDS: Final = {
    "list": (
        "augreg.cli.listing:list_command",
        "List the installed augmenters, all or those for one kind of sample; or the policies.",
    ),
    "show": (
        "augreg.cli.show:show_command",
        "Describe one augmenter, policy or set: parameters, targets, devices, examples; members.",
    ),
    "plugins": ("augreg.cli.plugins:plugins_command", "List the installed plugins and what became of them."),
    "new": ("augreg.cli.new:new_command", "Write a new plugin that passes its own tests."),
    "check": (
        "augreg.cli.check:check_command",
        "Check that a plugin keeps the rules, or that a pipeline keeps captions true.",
    ),
    "preview": ("augreg.cli.preview:preview_command", "Draw what augmenters do to one file."),
    "clean": ("augreg.cli.clean:clean_command", "Find what is broken, blank, doubled or leaked in a data set."),
    "stats": ("augreg.cli.stats:stats_command", "Measure a data set: sizes, mean and deviation, loudness, lengths."),
    "convert": (
        "augreg.cli.convert:convert_command",
        "Turn another library's pipeline into a pipeline file of augreg.",
    ),
    "run": ("augreg.cli.run:run_command", "Augment the files of a folder."),
    "inspect": ("augreg.cli.inspect:inspect_command", "Show what a job made, beside its inputs, and what changed."),
    "evaluate": (
        "augreg.cli.evaluate:evaluate_command",
        "Train with and without augmentation, and compare.",
    ),
    "search": (
        "augreg.cli.search:search_command",
        "Search a policy that beats TrivialAugment on your data.",
    ),
    "expand": ("augreg.cli.expand:expand_command", "Grow a data set to a size by augmented samples that pass gates."),
    "verify": ("augreg.cli.verify:verify_command", "Check that the outputs of a job are as recorded."),
    "replay": ("augreg.cli.replay:replay_command", "Make one output of a job again."),
    "forget": ("augreg.cli.forget:forget_command", "Remove all that came from some inputs of a job."),
    "demo": ("augreg.cli.demo:demo_command", "Augment a small mixed batch and write everything to a folder."),
    "completion": ("augreg.cli.completion:completion_command", "Print the script that completes commands with Tab."),
}
"""Subcommand -> where it is defined and the first line of its help, so that `augreg --help` imports none of them."""

EXAMPLES: Final = """\b
Examples:
  augreg list --modality audio        what there is for audio
  augreg show image.rotate            its parameters, with an example to copy
  augreg preview photo.jpg -o sheet.png --steps image.rotate,image.hflip
  augreg run pipeline.yaml in/ out/ --seed 7 --copies 3
"""


class Failure(click.ClickException):
    """An AugregError on the command line: one line on stderr, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the message."""
        click.echo(f"augreg: {self.message}", file=file or sys.stderr)


class LazyGroup(click.Group):
    """Knows its subcommands by name. A plugin's command comes after ours and never takes the place of one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands, ours first."""
        return [*COMMANDS, *sorted(extra.commands(COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand, or return None when nobody offers it."""
        if cmd_name in COMMANDS:
            return _load(COMMANDS[cmd_name][0], cmd_name, "augreg")
        spec = extra.commands(COMMANDS).get(cmd_name)
        return None if spec is None else _load(spec.target, cmd_name, spec.plugin)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand, or say which one was probably meant."""
        if args and not args[0].startswith("-") and args[0] not in (names := self.list_commands(ctx)):
            ctx.fail(f"no command {args[0]!r}.{nearest(args[0], names)} Run: augreg --help")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])
        if found := extra.commands(COMMANDS):
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, f"from {found[name].plugin}") for name in sorted(found)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; our own errors end with their message alone unless debugging."""
        try:
            return super().invoke(ctx)
        except AugregError as error:
            if debugging(ctx):
                raise
            raise Failure(str(error)) from error


def debugging(ctx: click.Context) -> bool:
    """Return whether errors shall come with their traceback."""
    return bool(ctx.find_root().params.get("debug")) or os.environ.get("AUGREG_DEBUG", "") not in ("", "0")


def _load(target: str, name: str, plugin: str) -> click.Command:
    """Import "module:command"."""
    module, _, attribute = target.partition(":")
    try:
        command = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        _refuse(name, plugin, error)
    if not isinstance(command, click.Command):
        _refuse(name, plugin, TypeError(f"{target} is not a click command"))
    return command


def _refuse(name: str, plugin: str, error: Exception) -> NoReturn:
    raise PluginLoadError(f"{plugin} cannot load its command {name!r}: {error}.") from error


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        import augreg

        click.echo(f"augreg {augreg.__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.option("--debug", is_flag=True, help="Show tracebacks, as AUGREG_DEBUG=1 does.")
def app(debug: bool) -> None:
    """Find, inspect and run augmenters for images, audio, video and text.

    What is there depends on the installed plugins. AUGREG_PLUGINS and AUGREG_BLOCK (names separated by commas)
    say which of them may be imported.
    """
