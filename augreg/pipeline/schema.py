"""Schemas: what the fields of records are, as people write it and as the rest of augreg reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from augreg.errors import ConfigError, SampleError, listing, nearest
from augreg.modalities.known import Modalities
from augreg.modalities.roles import EXTRA, LABEL, Role, RoleWord, columns_of, find_word, words_of

OF: Final = " of "
TIE: Final = "tie"


@dataclass(frozen=True, slots=True)
class Schema:
    """What the fields of records are.

    Args:
        samples: field -> modality.
        words: the fields among these that hold the words of one text.
        options: field of a sample -> what is said of it beyond its modality.
        tie: field -> the field with whose random numbers it is augmented.
        roles: field -> what it is of which sample or target.
        owners: field of a role -> the sample that it belongs to in the end, and its word.
        tags: field of words -> the fields with a tag for each.
        extra: fields that belong to no sample.

    """

    samples: dict[str, str] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    options: dict[str, tuple[tuple[str, Any], ...]] = field(default_factory=dict)
    tie: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    owners: dict[str, tuple[str, RoleWord]] = field(default_factory=dict)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    written: dict[str, Role] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.written or self.extra)

    def plain(self) -> dict[str, Any]:
        """Return the schema as people write it, short where that says the same: ``parse_schema`` is the inverse."""
        found: dict[str, Any] = {name: _short(role) for name, role in self.written.items()}
        return {**found, EXTRA: list(self.extra)} if self.extra else found


NO_SCHEMA: Final = Schema()


def _short(role: Role) -> str | dict[str, Any]:
    """Return a role in its short form, ``"xywh boxes of photo"``; canonical where there is more to say."""
    options = dict(role.options)
    form = options.pop("format", None)
    if options or (form is not None and not isinstance(form, str)):
        return role.plain()
    head = role.word if form is None else f"{form} {role.word}"
    return head if role.of is None else f"{head}{OF}{role.of}"


_PARSED: Final[dict[tuple[int, str], tuple[Modalities, Schema]]] = {}
"""Schemas that were read: one that is given with every call is read once."""


def parse_schema(schema: Any, known: Modalities) -> Schema:
    """Return a schema as augreg reads it.

    Args:
        schema: field -> what it is: a modality (``"image"``), a short form (``"mask of photo"``, ``"xywh boxes of
            photo"``, ``"label of objects.bbox"``, ``"per box of objects.bbox"``, ``"tags of tokens"``) or the
            canonical one (``{"role": "boxes", "of": "photo", "format": "xywh"}``); ``"extra"`` may list fields that
            belong to no sample.
        known: the modalities, which say their words.

    Raises:
        ConfigError: a word, a field or an option is unknown; it names the nearest.

    >>> import augreg
    >>> from augreg.pipeline.schema import parse_schema
    >>> known = augreg.modalities.modalities(augreg.registry.default())
    >>> schema = parse_schema({"photo": "image", "seg": "mask of photo"}, known)
    >>> schema.roles["seg"]
    Role(word='mask', of='photo', options={})
    >>> schema.plain()
    {'photo': 'image', 'seg': 'mask of photo'}

    """
    if not schema and (schema is None or isinstance(schema, Mapping)):
        return NO_SCHEMA
    if isinstance(schema, Schema):
        return schema
    name = id(known), repr(schema)
    found = _PARSED.get(name)
    if found is None or found[0] is not known:
        if len(_PARSED) > 256:
            _PARSED.clear()
        found = _PARSED[name] = known, _parsed(schema, known)
    return found[1]


def _parsed(schema: Any, known: Modalities) -> Schema:
    if not isinstance(schema, Mapping):
        raise ConfigError(f"schema={schema!r} is not valid: expected field: modality, e.g. {{caption: text}}.")
    extra = schema.get(EXTRA)
    listed = isinstance(extra, (list, tuple))
    rest = {name: entry for name, entry in schema.items() if not (listed and name == EXTRA)}
    for name in (*rest, *(extra or () if listed else ())):
        if not isinstance(name, str):
            raise ConfigError(f"schema: {name!r} is no name of a field; write it as a string.")
    roles = {name: _role(name, entry, known) for name, entry in rest.items()}
    return _Resolver(roles, known).schema(tuple(extra or ()) if listed else ())


def _role(name: str, entry: Any, known: Modalities) -> Role:
    """Read one entry, without a look at the others."""
    if isinstance(entry, Role):
        return entry
    if isinstance(entry, str):
        head, _, of = entry.partition(OF)
        form, _, word = head.partition(" ")
        forms = {f for modality in known for each in words_of(modality) for f in each.formats}
        if form in forms:
            return Role(word, of or None, {"format": form})
        return Role(head, of or None)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("role"), str):
        raise ConfigError(
            f"schema: {name!r} is {entry!r}, no role. Write a modality, e.g. image; a short form, e.g. 'mask of "
            "photo'; or {role: boxes, of: photo, format: xywh}."
        )
    options = {str(key): value for key, value in entry.items() if key not in ("role", "of")}
    owner = entry.get("of")
    if owner is not None and not isinstance(owner, str):
        raise ConfigError(f"schema: {name!r} is of {owner!r}; write the name of one field.")
    return Role(entry["role"], owner, options)


class _Resolver:
    """Finds what every role belongs to."""

    def __init__(self, roles: Mapping[str, Role], known: Modalities) -> None:
        self.roles, self.known = roles, known
        self.samples: dict[str, str] = {}
        self.words: set[str] = set()
        for name, role in roles.items():
            modality = self._sample(name, role)
            if modality is not None:
                self.samples[name] = modality

    def _sample(self, name: str, role: Role) -> str | None:
        """Return the modality of a field that holds samples."""
        if role.word in self.known.names:
            modality = role.word
            self.known[modality]  # one that is broken is refused here
        else:
            found = next((m for m in self.known if m.word_roles and m.word_roles[0] == role.word), None)
            if found is None:
                return None
            modality = found.name
            self.words.add(name)
        if role.of is not None:
            raise ConfigError(f"schema: {name!r} is {role.word} of {role.of!r}, but such is a sample of its own.")
        return modality

    def schema(self, extra: tuple[str, ...]) -> Schema:
        options, tie, follow, owners = {}, {}, {}, {}
        tags: dict[str, list[str]] = {}
        for name, role in self.roles.items():
            if name in self.samples:
                found, tied = self._options(name, role)
                if found:
                    options[name] = found
                if tied is not None:
                    tie[name] = tied
            elif role.word == EXTRA:
                if role.of is not None or role.options:
                    raise ConfigError(f"schema: {name!r} is extra, which belongs to nothing; leave the rest out.")
                extra = (*extra, name)
            elif self._is_tags(name, role):
                tags.setdefault(str(role.of), []).append(name)
            else:
                follow[name], owners[name] = self._follower(name, role)
        written = {name: follow.get(name, role) for name, role in self.roles.items() if role.word != EXTRA}
        named = {name: tuple(found) for name, found in tags.items()}
        return Schema(self.samples, frozenset(self.words), options, tie, follow, owners, named, extra, written)

    def _options(self, name: str, role: Role) -> tuple[tuple[tuple[str, Any], ...], str | None]:
        modality = self.known[self.samples[name]]
        found = []
        for option, value in role.options.items():
            if option == TIE:
                if value not in self.samples or value == name:
                    hint = nearest(str(value), self.samples)
                    raise ConfigError(f"schema: {name!r} is tied to {value!r}, no other sample of the schema.{hint}")
                continue
            if option not in modality.options:
                valid = (*modality.options, TIE)
                raise ConfigError(
                    f"schema: {name!r} says {option!r}, which {modality.name} does not know."
                    f"{nearest(option, valid)} Valid: {listing(valid)}."
                )
            try:
                found.append((option, modality.options[option](value)))
            except SampleError as error:
                raise ConfigError(f"schema: {name!r}: {error}") from None
        return tuple(found), role.options.get(TIE)

    def _is_tags(self, name: str, role: Role) -> bool:
        """Whether a role is that of tags of words."""
        named = {m.word_roles[1] for m in self.known if m.word_roles}
        if role.word not in named:
            return False
        if role.of not in self.words:
            here = listing(sorted(self.words)) if self.words else "none; say {tokens: tokens}"
            raise ConfigError(f"schema: {name!r} is {role.word} of {role.of!r}, which holds no words. Words: {here}.")
        return True

    def _follower(self, name: str, role: Role) -> tuple[Role, tuple[str, RoleWord]]:
        """Return a role with what it belongs to, and the sample in the end."""
        of = self._only(name, role) if role.of is None else role.of
        owner, words = self._words_at(name, of, ())
        found = next((each for each in words if each.word == role.word), None)
        if found is None:
            raise self._unknown(name, role.word, of, words)
        checked = _checked(name, role, found)
        return Role(role.word, of, checked), (owner, found)

    def _words_at(self, name: str, of: str, seen: Sequence[str]) -> tuple[str, tuple[RoleWord, ...]]:
        """Return the sample to which a field belongs in the end, and the words that may be said of it."""
        if of in self.samples:
            modality = self.known[self.samples[of]]
            return of, (*(w for w in words_of(modality) if not w.per), RoleWord(LABEL))
        if of not in self.roles:
            hint = nearest(of, self.roles)
            raise ConfigError(f"schema: {name!r} is of {of!r}, which the schema does not name.{hint} Add it.")
        if of in seen or of == name:
            raise ConfigError(f"schema: {name!r} belongs to itself in the end. Say of which sample.")
        role = self.roles[of]
        outer = self._only(of, role) if role.of is None else role.of
        owner, words = self._words_at(of, outer, (*seen, name))
        own = next((each for each in words if each.word == role.word), None)
        if own is None:
            raise self._unknown(of, role.word, outer, words)
        modality = self.known[self.samples[owner]]
        per = own.rows
        return owner, (*(w for w in words_of(modality) if per and w.per == per), *columns_of(per))

    def _only(self, name: str, role: Role) -> str:
        """Return the only field that something without ``of`` can belong to."""
        able = [f for f, m in self.samples.items() if find_word(words_of(self.known[m]), role.word, "") is not None]
        if len(able) == 1:
            return able[0]
        per = sorted({w.word for m in self.known for w in words_of(m)} | set(self.known.names))
        if not able:
            raise ConfigError(
                f"schema: {name!r} is {role.word!r}, which is no modality and nothing that a field of the schema has."
                f"{nearest(role.word, per)} Valid: {listing(per)}; {LABEL} of ..., per box of ..., {EXTRA}."
            )
        raise ConfigError(
            f"schema: {name!r} is {role.word}, which may belong to {listing(able)}. Say of which: "
            f"'{role.word} of {able[0]}'."
        )

    def _unknown(self, name: str, word: str, of: str, words: Sequence[RoleWord]) -> ConfigError:
        valid = [each.word for each in words]
        return ConfigError(
            f"schema: {name!r} is {word!r} of {of!r}, which has no such.{nearest(word, valid)} Valid: "
            f"{listing(valid) or 'nothing'}."
        )


def _checked(name: str, role: Role, word: RoleWord) -> dict[str, Any]:
    """Return the options of a role, checked."""
    found = {}
    for option, value in role.options.items():
        if option == "format" and word.formats:
            if value not in word.formats:
                hint = nearest(str(value), word.formats)
                raise ConfigError(
                    f"schema: {name!r} has format {value!r}, no format of {word.word}.{hint} "
                    f"Valid: {listing(word.formats, 30)}."
                )
            found[option] = value
        elif option in word.options:
            try:
                found[option] = word.options[option](value)
            except SampleError as error:
                raise ConfigError(f"schema: {name!r}: {error}") from None
        else:
            valid = [*(("format",) if word.formats else ()), *word.options]
            raise ConfigError(
                f"schema: {name!r} says {option!r}, which {word.word} does not know.{nearest(option, valid)} "
                f"Valid: {listing(valid) or 'none'}."
            )
    return found
