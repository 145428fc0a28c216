"""Steps as plain data, as they are written in files."""

from __future__ import annotations

from typing import Any

from augreg import param
from augreg.contract.policy import Policy
from augreg.errors import ConfigError
from augreg.pipeline.parse import Parser, config_of
from augreg.pipeline.steps import OPTIONS, Node, OneOf, PolicyStep, Sequential, SomeOf, Step
from augreg.pipeline.within import AIMS, plain_aim


def plain(node: Node, parser: Parser) -> Any:
    """Return a step or a group as it is written."""
    if isinstance(node, Step):
        return _plain_step(node, parser)
    if isinstance(node, PolicyStep):
        return _plain_policy(node, parser)
    name = {OneOf: "one_of", SomeOf: "some_of", Sequential: "sequential"}[type(node)]
    body: dict[str, Any] = {}
    for option, declared in type(node).__dataclass_fields__.items():
        current = getattr(node, option)
        if option == "steps":
            body["steps"] = [plain(child, parser) for child in current]
        elif current != declared.default:
            body[option] = param.plain(current)
    return {name: body}


def _plain_policy(step: PolicyStep, parser: Parser) -> Any:
    """Return a policy with what it draws from in full, so that another default changes no file."""
    built = parser.build_policy(step)
    if not parser.registry.is_policy(built.name):
        raise ConfigError(f"{built.name} is not registered, so a file cannot name it. Offer it: augreg_policies.")
    body = {**_config(built.policy, parser), **({} if step.p == 1 else {"p": param.plain(step.p)})}
    if step.id is not None:
        body["id"] = step.id
    return {built.name: body}


def _config(policy: Policy, parser: Parser) -> dict[str, Any]:
    """Return the parameters of a policy that differ from the defaults, and of the one within."""
    found = param.config(policy)
    within = found.get(policy.wraps)
    if isinstance(within, Policy):
        found[policy.wraps] = _plain_policy(PolicyStep(within), parser)
    return found


def _plain_step(step: Step, parser: Parser) -> Any:
    built = parser.build(step)
    if not isinstance(step.augmenter, str) and parser.registry.spec_of(type(step.augmenter)) is None:
        raise ConfigError(
            f"{type(step.augmenter).__name__} is not registered, so a file cannot name it. "
            "Register it: augreg.registry.register(cls, name='my.name')."
        )
    body = config_of(built)
    said = {k: getattr(step, k) for k in OPTIONS if getattr(step, k) is not None}
    body.update({k: plain_aim(v) if k in AIMS else param.plain(v) for k, v in said.items()})
    return {built.name: body} if body else built.name
