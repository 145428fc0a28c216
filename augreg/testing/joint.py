"""Rules for joint augmenters: a record's result hangs on its key alone, and its fields keep together."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Final

from augreg import param
from augreg.contract.augmenter import Augmenter
from augreg.data.samples import Sample
from augreg.engine.augment import augment
from augreg.engine.replay import replay
from augreg.modalities.known import modalities
from augreg.pipeline import Pipeline, Step
from augreg.pipeline.in_time import SYNCHRONY
from augreg.testing import forms
from augreg.testing.check import require
from augreg.testing.compare import explain, fingerprint
from augreg.testing.rule import Rule
from augreg.testing.subject import SEED, Subject, examples

N: Final = 5
Record = dict[str, Any]


def is_joint(subject: Subject) -> bool:
    """Whether the augmenter takes records."""
    return bool(getattr(subject.declares, "joint", ()) or getattr(subject.declares, "joint_optional", ()))


def joint_rules(subject: Subject) -> tuple[Rule, ...]:
    """Return the rules, once for each augmenter: for its first modality."""
    return RULES if subject.modality.name == subject.spec.modalities[0] else ()


def records(subject: Subject, augmenter: Any, n: int = N, *, optional: bool = True) -> list[Record]:
    """Return n records with the fields that the augmenter needs, and may have, and targets that it handles."""
    known, members = modalities(subject.registry), augmenter.members()
    roles = [*subject.declares.joint, *(subject.declares.joint_optional if optional else ())]
    found: list[Record] = [{"id": f"record {i}"} for i in range(n)]
    for role in roles:
        for record, sample in zip(found, examples(known[role], n), strict=True):
            record[role] = _fitted(sample, members.get(role), known[role].channel_axis)
    return found


def _fitted(sample: Any, member: Augmenter | None, axis: int | None) -> Any:
    if member is None or not isinstance(sample, Sample):
        return sample
    fitted = forms.fitted(sample, member.declares, axis)
    unknown = {name: None for name in fitted.targets if not member.declares.supports(name)}
    return dataclasses.replace(fitted, **unknown) if unknown else fitted


def run(subject: Subject, augmenter: Augmenter, given: Sequence[Record], *, p: float = 1.0, **options: Any) -> Any:
    """Augment records with one joint step."""
    return augment(list(given), pipeline(subject, augmenter, p), seed=SEED, device=subject.device, **options)


def pipeline(subject: Subject, augmenter: Augmenter, p: float = 1.0) -> Pipeline:
    """Return the pipeline of one configured joint step."""
    return Pipeline({"record": [Step(augmenter, p=p, id="step")]}, registry=subject.registry)


def compare(name: str, first: Sequence[Record], second: Sequence[Record], what: str) -> None:
    """Require that two lists of records agree, field by field."""
    require(len(first) == len(second), f"{name}: {len(second)} results instead of {len(first)} {what}.")
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        require(list(a) == list(b), f"{name}: record {i} has the fields {list(b)} instead of {list(a)} {what}.")
        for field in a:
            found = explain(a[field], b[field], rounding=True) if field != "id" else ""
            require(not found, f"{name}: {field!r} of record {i} comes out otherwise {what}: {found}.")


def members_are_augmenters(subject: Subject) -> None:
    """``members`` names roles that are declared, each with an augmenter."""
    roles = {*subject.declares.joint, *subject.declares.joint_optional}
    for name, augmenter in subject.each():
        members: Any = augmenter.members()  # type: ignore[attr-defined]  # a joint augmenter has them
        require(bool(members), f"{name}: members() is empty; nothing would carry the step out.")
        unknown = sorted(set(members) - roles)
        require(not unknown, f"{name}: members() has {', '.join(unknown)}, which declares.joint does not name.")
        wrong = [role for role, member in members.items() if not isinstance(member, Augmenter)]
        require(not wrong, f"{name}: the members for {', '.join(wrong)} are no augmenters.")


def declares_what_members_alter(subject: Subject) -> None:
    """Whatever its members may alter, the joint step may: captions that follow are named in ``mends``, too."""
    for name, augmenter in subject.each():
        for role, member in augmenter.members().items():  # type: ignore[attr-defined]  # a joint augmenter has them
            # Members that move one field in time each are what keeps the record together.
            silent = sorted(member.declares.alters - subject.declares.alters - {SYNCHRONY})
            require(not silent, f"{name}: its {role} member may alter {', '.join(silent)}; say so in alters.")


def same_key_same_record(subject: Subject) -> None:
    """The same records with the same keys and seed give the same results."""
    for name, augmenter in subject.each():
        given = records(subject, augmenter)
        compare(name, run(subject, augmenter, given), run(subject, augmenter, given), "in a second call")


def record_independent_of_neighbours(subject: Subject) -> None:
    """A record comes out the same alone and among others, in any order."""
    if subject.declares.labels == "mixes":
        return
    for name, augmenter in subject.each():
        given = records(subject, augmenter)
        many = run(subject, augmenter, given)
        compare(name, many, [run(subject, augmenter, [r])[0] for r in given], "alone")
        compare(name, many, run(subject, augmenter, given[::-1])[::-1], "in another order")


def record_replays(subject: Subject) -> None:
    """A trace that went through JSON repeats the record."""
    for name, augmenter in subject.each():
        given = records(subject, augmenter)
        out, trace = run(subject, augmenter, given, return_trace=True)
        kept = json.loads(json.dumps(trace.to_dicts()))
        again = replay(list(given), pipeline(subject, augmenter), kept, device=subject.device)
        compare(name, out, again, "when it is replayed")


def fused_record_agrees(subject: Subject) -> None:
    """A record comes out the same with and without fusion."""
    for name, augmenter in subject.each():
        given = records(subject, augmenter)
        compare(name, run(subject, augmenter, given), run(subject, augmenter, given, fuse=False), "without fusion")


def p_zero_returns_the_fields(subject: Subject) -> None:
    """With p=0 every field comes back as the object that went in."""
    for name, augmenter in subject.each():
        given = records(subject, augmenter)
        for before, after in zip(given, run(subject, augmenter, given, p=0.0), strict=True):
            copied = [field for field in before if after[field] is not before[field]]
            require(not copied, f"{name}: p=0 gives another {', '.join(copied)} than the one that went in.")


def fields_are_not_modified(subject: Subject) -> None:
    """The records that go in stay as they are."""
    for name, augmenter in subject.each():
        given = records(subject, augmenter)
        before = [[fingerprint(value) for value in record.values()] for record in given]
        run(subject, augmenter, given)
        after = [[fingerprint(value) for value in record.values()] for record in given]
        require(before == after, f"{name} writes into the records that it is given.")


def optional_fields_may_lack(subject: Subject) -> None:
    """Records that have only the required fields are taken, and so is no record at all."""
    for name, augmenter in subject.each():
        require(run(subject, augmenter, []) == [], f"{name}: no records give something else than no records.")
        if subject.declares.joint:
            run(subject, augmenter, records(subject, augmenter, optional=False))


def joint_step_survives_yaml(subject: Subject) -> None:
    """The configuration survives a pipeline file."""
    for name, augmenter in subject.each():
        text = Pipeline({"record": [{subject.spec.name: param.config(augmenter)}]}, registry=subject.registry)
        again = Pipeline.from_yaml(text.to_yaml(), registry=subject.registry)
        require(again == text, f"{name} comes back from YAML as {again}.")


RULES: Final[tuple[Rule, ...]] = tuple(
    Rule(function)
    for function in (
        members_are_augmenters,
        declares_what_members_alter,
        same_key_same_record,
        record_independent_of_neighbours,
        record_replays,
        fused_record_agrees,
        p_zero_returns_the_fields,
        fields_are_not_modified,
        optional_fields_may_lack,
        joint_step_survives_yaml,
    )
)
