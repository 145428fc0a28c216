"""Conversations as they come: no content, tool calls, empty lists, markup. Nothing crashes, and markup stays whole."""

import re
import warnings

import pytest

import augreg
from augreg.testing.subject import configurations

SYSTEM = "<|im_start|>system\nYou are {name}, see <b>the rules</b> &amp; [INST] answer politely [/INST]<|im_end|>"
CALL = [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}]
SCHEMA = {"messages.content": "text"}


def user(text):
    return {"role": "user", "content": text}


CONVERSATIONS = [
    [],
    [{"role": "system", "content": SYSTEM}],
    [user("What is the weather like in Paris today?"), {"role": "assistant", "content": None, "tool_calls": CALL}],
    [{"role": "tool", "content": '{"temperature": 21.5, "unit": "C"}', "tool_call_id": "call_1"}],
    [user(""), {"role": "assistant", "content": ""}],
    [user(" "), user("\n\n"), user("\t")],
    [user("<image>\nDescribe the quick brown fox in this picture.")],
    [
        user("<image><image> Which of the two is larger?"),
        {"role": "assistant", "content": "The first one <s>really</s>."},
    ],
    [user("```python\nprint('hello world')\n```")],
    [user("Mail me at someone@example.org or see https://example.org/a?b=c#d !")],
    [user("%(count)d files were found in %s and {0} more")],
    [user("今天天气很好，我们去公园散步。"), user("Собака слева от кошки"), user("مرحبا بالعالم")],
    [user("👩‍👩‍👧‍👦🇩🇪 naïve café é")],
    [user("a" * 3000)],
    [user("I don't think [MASK] is right, <|endoftext|>")],
    [user("1"), user("?"), user("a")],
    [user("A line\r\nanother line\r\n\r\nthe last good line")],
    [{"role": "assistant", "content": None}],
    [user("<div class='x'>hello <br/> good world</div>")],
    [user("\u200b\ufeff zero width \u202e and backwards")],
    [user("He said: “good” — and she left… $3.50, 12%, 1st, U.S.A.")],
    [user("[INST] <<SYS>>\nBe good.\n<</SYS>>\n\nhello there [/INST]")],
]
WHOLE = re.compile(
    r"<\|[a-z_]+\|>|<image>|\[MASK\]|&amp;|https?://\S+|\S+@example\.org|%\(count\)d|\{name\}|\{0\}|</?[a-z]+[^>]*>"
)
RETOLD = re.compile(r"back_translation|paraphrase|summary")
"""Steps that write a text anew by a model; the tiny ones of the tests answer with a few words of their own."""
FEWER = re.compile(r"sentence_delete|word_crop|word_delete|random_word|crop")


def cases():
    registry, found = augreg.registry.default(), []
    for spec in augreg.list_augmenters():
        if spec.modalities == ("text",) and spec.name.startswith("text."):
            cls = registry.load(spec.id)
            try:
                made = configurations(cls, spec.name)
            except Exception:  # needs files
                continue
            found += [(f"{spec.name}-{i}", one) for i, one in enumerate(made)]
    return found


def records():
    return [{"messages": [dict(message) for message in one], "id": i} for i, one in enumerate(CONVERSATIONS)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "augmenter"), cases(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_text_step_takes_conversations_as_they_come(name, augmenter):
    pipe = augreg.Pipeline({"text": [augreg.Step(augmenter, p=1.0)]}, schema=SCHEMA)
    given = records()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        together = augreg.augment(given, pipe, seed=7)
    assert given == records()
    for before, after in zip(given, together, strict=True):
        assert [m["role"] for m in before["messages"]] == [m["role"] for m in after["messages"]]
        for old, new in zip(before["messages"], after["messages"], strict=True):
            assert {k: v for k, v in old.items() if k != "content"} == {k: v for k, v in new.items() if k != "content"}
            assert (old["content"] is None) == (new["content"] is None)
            if old["content"] is not None and not RETOLD.search(name):
                assert sorted(WHOLE.findall(old["content"])) == sorted(WHOLE.findall(new["content"])), (old, new)
