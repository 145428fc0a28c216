"""`augreg` itself, `list`, `show`, `plugins` and `completion`."""

from __future__ import annotations

import json
import re

import click
import pytest
from click.testing import CliRunner, Result

import augreg
from augreg import registry
from augreg.cli import app as app_module
from augreg.cli.app import COMMANDS, app

CLICK = """
import click

@click.command()
@click.argument("words", nargs=-1)
def hello(words):
    click.echo("hello " + " ".join(words))

not_a_command = 3
"""

COMMAND = """
import augreg

@augreg.hookimpl
def augreg_commands():
    return {commands!r}
"""


LIFT = """
import augreg

@augreg.hookimpl
def augreg_lifts():
    return [augreg.LiftSpec("text", "video", "acme_lift:Lifted")]
"""


LOUD = """
import augreg

print("plugin imported")

@augreg.hookimpl
def augreg_policies():
    print("hook called")
    return []
"""


@pytest.fixture
def cli(site, monkeypatch):
    """Run the command line in this process, with the plugins that the test has installed and no others."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("AUGREG_DEBUG", raising=False)

    def run(*arguments: str, allow: tuple[str, ...] | None = None, **environment: str) -> Result:
        names = [p.name.partition("-")[0].replace("_", "-") for p in site.folder.glob("*.dist-info")]
        monkeypatch.setattr(registry.process, "_default", augreg.Registry(allow=allow if allow is not None else names))
        return CliRunner().invoke(app, list(arguments), prog_name="augreg", env=environment)

    return run


def plugin_with_commands(site, distribution: str, commands: dict[str, str]) -> None:
    package = distribution.replace("-", "_")
    files = {f"{package}.py": COMMAND.format(commands=commands), f"{package}_cli.py": CLICK}
    site.install(distribution, files)


def test_list_is_an_aligned_table(cli, site) -> None:
    site.toy("acme-one", "acme.same")
    site.toy("acme-two", "acme.other_one")
    result = cli("list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "NAME            MODALITY  TAGS  SUMMARY        PLUGIN",
        "acme.other_one  text      toy   Does nothing.  acme-two",
        "acme.same       text      toy   Does nothing.  acme-one",
    ]


def test_list_filters(cli, site) -> None:
    site.toy("acme-one", "acme.same")
    site.toy("acme-two", "acme.other")
    assert "acme.other" not in cli("list", "--plugin", "Acme_One").stdout
    assert "acme.same" in cli("list", "--tag", "toy", "--modality", "text").stdout
    assert cli("list", "text").stdout == cli("list", "--modality", "text").stdout
    empty = cli("list", "--modality", "image")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert empty.stderr == "No augmenter fits. Leave out an option, or run: augreg list\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--tag", "toi"], "no augmenter has the tag 'toi'. Did you mean 'toy'? Tags: toy."),
        (["list", "--modality", "txet"], "no modality named 'txet'. Did you mean 'text'?"),
        (["list", "txet"], "nothing has 'txet' in its name, summary, tags or aliases. Did you mean 'text'?"),
        (["list", "text", "--modality", "image"], "list text --modality image names two modalities."),
        (["list", "--plugin", "acme-oen"], "no plugin 'acme-oen' is installed. Did you mean 'acme-one'?"),
        (["list", "--plugin", "two"], "no plugin 'two' is installed. Did you mean 'augreg-two'?"),
        (["check", "two"], "no plugin 'two' is installed. Did you mean 'augreg-two'?"),
        (["show", "acme.smae"], "no augmenter named 'acme.smae'. Did you mean 'acme.same'?"),
    ],
)
def test_wrong_names_are_one_line_on_stderr(cli, site, arguments: list[str], message: str) -> None:
    site.toy("acme-one", "acme.same")
    site.toy("augreg-two", "toy.same")
    result = cli(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"augreg: {message}")
    assert result.stderr.count("\n") == 1


def test_what_an_adapter_leaves_out_is_found_with_the_reason(cli, site) -> None:
    site.install(
        "acme-fog",
        {
            "acme_fog.py": "import augreg\n@augreg.hookimpl\n"
            "def augreg_left_out(): return {'fog.Smoke': 'it takes minutes; fog.mist does the like'}\n"
        },
        {"fog": "acme_fog"},
    )
    told = "acme-fog leaves fog.Smoke out: it takes minutes; fog.mist does the like."
    for word in ("smoke", "fog.Smoke"):
        assert f"in its name, summary, tags or aliases. {told}\n" in cli("list", word).stderr
    assert told in cli("show", "fog.Smoke").stderr


def test_tracebacks_are_for_debugging(cli) -> None:
    for result in (cli("--debug", "show", "no.such"), cli("show", "no.such", AUGREG_DEBUG="1")):
        assert isinstance(result.exception, augreg.UnknownAugmenterError)


def test_lifted_augmenters_are_pointed_at(cli, site) -> None:
    site.toy("acme-one", "acme.same", extra={"lift": ("acme_lift", LIFT)})
    result = cli("list", "--modality", "video")
    assert "Those for text work too. Run: augreg list --modality text\n" in result.stderr
    assert re.search(r"modalities +text, video\n", cli("show", "acme.same").stdout)


def test_list_as_json(cli, site) -> None:
    site.toy("acme-one", "acme.same", version="2.0")
    (entry,) = json.loads(cli("list", "--json").stdout)
    assert entry == {
        "name": "acme.same",
        "id": "acme-one/acme.same",
        "target": "acme_one.same:Same",
        "modalities": ["text"],
        "tags": ["toy"],
        "summary": "Does nothing.",
        "deprecated": "",
        "aliases": [],
        "plugin": "acme-one",
        "version": "2.0",
    }


def test_name_of_two_plugins_is_listed_as_ids(cli, site) -> None:
    site.toy("acme-one", "acme.same")
    site.toy("acme-two", "acme.same")
    lines = cli("list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["acme-one/acme.same", "acme-two/acme.same"]
    result = cli("show", "acme.same")
    assert result.stderr == (
        "augreg: 'acme.same' is offered by 2 plugins: acme-one/acme.same, acme-two/acme.same. Write one id in full.\n"
    )


def test_broken_plugins_are_a_footer_on_stderr(cli, site) -> None:
    site.toy("acme-one", "acme.same")
    site.install("acme-bad", {"acme_bad.py": "import no_such_module_here"})
    result = cli("list")
    assert "acme.same" in result.stdout
    assert "acme-bad" not in result.stdout
    assert result.stderr == (
        "! acme-bad 1.0 is broken: ModuleNotFoundError: No module named 'no_such_module_here'\n"
        "To see where: augreg --debug plugins. To keep out: AUGREG_BLOCK=acme-bad\n"
    )
    assert result.exit_code == 0
    assert json.loads(cli("list", "--json").stdout)


@pytest.mark.parametrize(
    "command", [["list"], ["plugins"], pytest.param(["show", "acme.same"], marks=pytest.mark.slow)]
)
def test_what_plugins_print_is_kept_out_of_the_answer(site, command: list[str]) -> None:
    site.toy("acme-one", "acme.same", extra={"loud": ("acme_loud", LOUD)})
    with (site.folder / "acme_one" / "same.py").open("a") as file:
        file.write('\nprint("class imported")\n')
    result = site.run("-m", "augreg", *command, "--json", AUGREG_PLUGINS="acme-one")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)
    expected = ["plugin imported", "hook called"] + ["class imported"] * (command[0] == "show")
    assert result.stderr.splitlines() == expected


def test_what_plugins_print_is_kept_out_of_completions(site) -> None:
    site.toy("acme-one", "acme.same", extra={"loud": ("acme_loud", LOUD)})
    asked = {"_AUGREG_COMPLETE": "bash_complete", "COMP_WORDS": "augreg show ac", "COMP_CWORD": "2"}
    result = site.run("-m", "augreg", AUGREG_PLUGINS="acme-one", **asked)
    assert result.stdout == "plain,acme.same\n"
    assert result.stderr == "plugin imported\nhook called\n"


def test_blocked_plugins_are_no_footer(cli, site) -> None:
    site.toy("acme-one", "acme.same")
    result = cli("list", allow=())
    assert result.stderr == "No augmenter: every plugin is blocked. Run: augreg plugins\n"


def test_empty_registry_says_what_to_install(cli, monkeypatch) -> None:
    monkeypatch.setattr("augreg.registry.table.find", list)
    result = cli("list")
    assert result.stderr == (
        "No augmenter is installed. Run: pip install augreg-image augreg-audio augreg-video augreg-text\n"
    )
    assert cli("plugins").stderr.startswith("No plugin is installed. Run: pip install")


def test_show(cli, site) -> None:
    site.toy("acme-one", "acme.same", version="2.0")
    result = cli("show", "acme.same")
    assert result.exit_code == 0, result.stderr
    for expected in (
        r"^acme\.same\nDoes nothing\.",
        r"  times  integer; default 1; 0 to 9\n         How often\.",
        r"  modalities +text\n",
        r"  targets +leaves all others\n",
        r"  plugin +acme-one 2\.0\n",
        r"  id +acme-one/acme\.same\n",
        r"  source +.*same\.py:\d+\n",
    ):
        assert re.search(expected, result.stdout), expected
    assert all(len(line) <= 80 for line in result.stdout.splitlines() if "source" not in line)


def test_show_as_json(cli, site) -> None:
    site.toy("acme-one", "acme.same")
    facts = json.loads(cli("show", "acme-one/acme.same", "--json").stdout)
    assert facts["id"] == "acme-one/acme.same"
    (times,) = facts["parameters"]
    assert (times["name"], times["kind"], times["default"], times["low"], times["high"]) == (
        "times",
        "integer",
        1,
        0,
        9,
    )
    assert facts["declares"]["dtypes"] == ["str"]
    assert facts["example"] == {"acme.same": {"times": 1, "p": 0.5}}


def test_plugins(cli, site) -> None:
    site.toy("acme-one", "acme.same", version="2.0")
    site.install("acme-bad", {"acme_bad.py": "1 / 0"})
    site.install("acme-new", {"acme_new.py": "AUGREG_API = 9"})
    lines = cli("plugins").stdout.splitlines()
    rows = {line.split()[0]: line.split() for line in lines}
    assert lines[0].split() == ["PLUGIN", "VERSION", "STATUS", "AUGMENTERS", "IMPORT", "MS", "LICENSE", "REASON"]
    assert rows["acme-one"][1:4] == ["2.0", "ok", "1"]
    assert rows["acme-bad"][2:4] == ["broken", "0"]
    assert "ZeroDivisionError: division by zero" in " ".join(rows["acme-bad"])
    assert rows["acme-new"][2] == "incompatible"
    assert rows["augreg-text"][2] == "blocked"


POLICY = """
import augreg

@augreg.hookimpl
def augreg_policies():
    return [augreg.PolicySpec("acme.gentle", "acme_gentle:Gentle", "Gently.")]
"""


def test_a_plugin_without_augmenters_says_what_it_offers(cli, site) -> None:
    site.install("acme-gentle", {"acme_gentle.py": POLICY})
    (row,) = [line for line in cli("plugins").stdout.splitlines() if line.startswith("acme-gentle")]
    assert row.split()[2:4] == ["ok", "0"]
    assert row.endswith("Offers policies.")


def test_plugins_as_json(cli, site) -> None:
    site.toy("acme-one", "acme.same", version="2.0")
    (record,) = [r for r in json.loads(cli("plugins", "--json").stdout) if r["plugin"] == "acme-one"]
    assert record.pop("import_ms") > 0
    assert record == {
        "plugin": "acme-one",
        "version": "2.0",
        "status": "ok",
        "reason": "",
        "notes": [],
        "entry_points": ["acme"],
        "augmenters": ["acme.same"],
        "generators": [],
        "license": "not said",
    }


def test_plugins_shows_the_traceback_when_debugging(cli, site) -> None:
    site.install("acme-bad", {"acme_bad.py": "x = 1 / 0"})
    assert "acme_bad.py" not in cli("plugins").stderr
    assert "x = 1 / 0" in cli("--debug", "plugins").stderr


def test_command_of_a_plugin(cli, site) -> None:
    plugin_with_commands(site, "acme-cmd", {"hello": "acme_cmd_cli:hello"})
    assert cli("hello", "you").stdout == "hello you\n"
    assert re.search(r"Commands of plugins:\n  hello  from acme-cmd", cli("--help").stdout)


def test_command_of_a_plugin_that_cannot_be_loaded(cli, site) -> None:
    plugin_with_commands(site, "acme-cmd", {"gone": "acme_cmd_cli:gone", "three": "acme_cmd_cli:not_a_command"})
    assert cli("--help").exit_code == 0
    result = cli("gone")
    assert result.exit_code == 2
    assert result.stderr.startswith("augreg: acme-cmd cannot load its command 'gone': module 'acme_cmd_cli' has no")
    assert "acme_cmd_cli:not_a_command is not a click command" in cli("three").stderr


def test_command_of_a_plugin_never_shadows_another(cli, site) -> None:
    plugin_with_commands(site, "acme-cmd", {"list": "acme_cmd_cli:hello", "hello": "acme_cmd_cli:hello"})
    plugin_with_commands(site, "acme-two", {"hello": "acme_two_cli:hello"})
    site.toy("acme-one", "acme.same")
    assert cli("list").stdout.startswith("NAME")
    assert cli("hello").exit_code == 2
    shown = cli("plugins").stdout
    assert "its command 'list' is left out: augreg has one of that name. Rename it." in shown
    assert "its command 'hello' is left out: acme-two has one of that name too. Block one plugin." in shown


def test_unknown_command_suggests_the_right_one(cli) -> None:
    result = cli("lits")
    assert result.exit_code == 2
    assert "no command 'lits'. Did you mean 'list'? Run: augreg --help" in result.stderr


def test_help_lists_the_commands_without_loading_them(cli, monkeypatch) -> None:
    monkeypatch.setattr(app_module, "_load", lambda *_: pytest.fail("a command was loaded"))
    result = cli("--help")
    assert result.exit_code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", result.stdout, re.MULTILINE)
    assert "augreg show image.rotate" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_has_help(name: str) -> None:
    command = app.get_command(click.Context(app), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_version(cli) -> None:
    assert cli("--version").stdout == f"augreg {augreg.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(cli, shell: str) -> None:
    result = cli("completion", shell)
    assert result.exit_code == 0
    assert "_AUGREG_COMPLETE" in result.stdout


def test_module_runs_as_a_program(site) -> None:
    site.toy("acme-one", "acme.same")
    result = site.run("-m", "augreg", "list", "--plugin", "acme-one", AUGREG_PLUGINS="acme-one")
    assert (result.returncode, result.stderr) == (0, "")
    assert "acme.same" in result.stdout
