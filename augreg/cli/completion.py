"""`augreg completion`: the script that teaches a shell our commands, options and augmenter names."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the script that completes commands with Tab.

    \b
    Put the line for your shell into its start file:
      bash   eval "$(augreg completion bash)"
      zsh    eval "$(augreg completion zsh)"
      fish   augreg completion fish | source
    """
    from click.shell_completion import get_completion_class

    from augreg.cli.app import app

    kind = get_completion_class(shell)
    if kind is None:  # click knows all three; a Choice that grows must not print "None"
        raise click.UsageError(f"click has no completion for {shell}.")
    click.echo(kind(app, {}, "augreg", "_AUGREG_COMPLETE").source())
