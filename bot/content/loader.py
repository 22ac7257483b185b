"""Reads a knowledge pack from its folder; every fault names the file, the line and what to do."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from frontmatter.default_handlers import YAMLHandler
from pydantic import BaseModel, ValidationError

from bot.content.markdown import to_html, to_text
from bot.content.schema import (
    Answer,
    Country,
    FrontMatter,
    KnowledgeBase,
    PackFile,
    SafetyFile,
    SmallTalkTopic,
    Source,
    Wording,
)
from bot.content.wording import missing, wrong_braces
from bot.errors import ContentError
from bot.model import AnswerId
from bot.triage.rules import has_words, wrong_pieces

MAX_FILE_BYTES = 2_000_000
_Yaml = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Model = TypeVar("_Model", bound=BaseModel)
_UNREADABLE = object()  # a file that is not YAML; its fault is noted already


def load(folder: Path) -> KnowledgeBase:
    """Read the pack in a folder.

    Raises:
        ContentError: with every fault found, one a line, as ``file:line: what is wrong. What to do.``
    """
    if not folder.is_dir():
        raise ContentError(f"{folder}: there is no such folder. Name the pack's folder with --knowledge.")
    return _Reader(folder).read()


class _Reader:
    """Reads file after file and collects the faults, so that an editor sees all of them at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[str] = []

    def read(self) -> KnowledgeBase:
        pack = self.one("pack.yaml", PackFile)
        sources = self.table("sources.yaml", Source)
        answers = self.answers()
        concepts = self.concepts()
        smalltalk = self.table("smalltalk.yaml", SmallTalkTopic, required=False)
        out_of_scope = self.strings("out_of_scope.yaml")
        safety = {name: self.one(name, SafetyFile) for name in self.names("safety", "*.yaml")}
        self.needed_to_guard(safety)
        help_ = {Path(name).stem: self.one(name, Country) for name in self.names("help", "*.yaml")}
        wording = {Path(name).stem: self.one(name, Wording) for name in self.names("wording", "*.yaml")}
        if not answers and not self.faults:
            self.faults.append("answers/: there is no answer. Add one as answers/<topic>/<id>.md.")
        if pack is not None and not self.faults:
            self.needed_to_speak(pack, smalltalk, wording, help_)
        if self.faults or pack is None:
            raise ContentError("\n".join(self.faults))
        return KnowledgeBase(
            pack=pack,
            sources=sources,
            answers=answers,
            concepts=concepts,
            smalltalk=smalltalk,
            out_of_scope=out_of_scope,
            safety=tuple(each for each in safety.values() if each),
            help={name: each for name, each in help_.items() if each},
            wording={name: each for name, each in wording.items() if each},
        )

    def needed_to_guard(self, files: Mapping[str, SafetyFile | None]) -> None:
        """Find what would make rules look for nothing, for everything, or fail."""
        for name, file in files.items():
            text = self.text(name) or "" if file else ""
            for slot, phrases in file.slots.items() if file else ():
                for at, phrase in enumerate(phrases or ("",)):
                    if not has_words(phrase):
                        line = line_of(text, ("slots", slot, str(at)))
                        self.fault(name, line, f"slots.{slot}: {phrase!r} holds no word. Write one, or remove it.")
            for number, rule in enumerate(file.rules if file else ()):
                for key, patterns in (("match", rule.match), ("unless", rule.unless)):
                    for at, pattern in enumerate(patterns):
                        for problem in wrong_pieces(pattern, file.slots if file else {}):
                            line = line_of(text, ("rules", str(number), key, str(at)))
                            self.fault(name, line, f"rule {rule.id}: {problem}")
        if not any(rule.kind == "crisis" for file in files.values() if file for rule in file.rules) and not self.faults:
            self.fault(next(iter(files), "safety/en.yaml"), 1, "no rule is for a crisis. Danger would go unseen. Add one.")

    def needed_to_speak(
        self,
        pack: PackFile,
        topics: Iterable[str],
        wording: Mapping[str, Wording | None],
        help_: Mapping[str, Country | None],
    ) -> None:
        """Find what the bot could not do without in front of a visitor: its sentences, and numbers for its country."""
        name = f"wording/{pack.locale}.yaml"
        own = wording.get(pack.locale)
        if own is None:
            self.fault(name, 1, "this file is missing. It holds the assistant's own sentences.")
        else:
            for sentence in missing(own.say, topics):
                self.fault(name, 1, f"say.{sentence} is missing. Add the sentence.")
        for locale, each in wording.items():
            name = f"wording/{locale}.yaml"
            text = self.text(name) or ""
            for sentence, problem in wrong_braces(each.say) if each else ():
                self.fault(name, line_of(text, ("say", sentence)), f"say.{sentence}: {problem}")
        country = pack.default_country.lower()
        default = help_.get(country)
        if default is None:
            line = line_of(self.text("pack.yaml") or "", ("default_country",))
            self.fault("pack.yaml", line, f"default_country: there is no help/{country}.yaml. Add it.")
        elif not any("crisis" in line.for_ for line in default.lines):
            self.fault(f"help/{country}.yaml", 1, "no line is for a crisis. Add one with `for: [crisis]`.")

    def names(self, below: str, pattern: str) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in (self.folder / below).glob(pattern))

    def text(self, name: str) -> str | None:
        path = self.folder / name
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                self.fault(name, 1, f"the file is over {MAX_FILE_BYTES:,} bytes. Split it.")
                return None
            return path.read_text(encoding="utf-8-sig")  # a byte order mark is no part of it
        except UnicodeDecodeError as error:
            self.fault(name, 1, f"byte {error.start} is not UTF-8. Save the file as UTF-8.")
        except OSError as error:
            self.fault(name, 1, f"cannot be read ({error.strerror}). A pack needs this file.")
        return None

    def parse(self, name: str, text: str, *, offset: int = 0) -> Any:
        try:
            return yaml.load(text, Loader=_Yaml)  # noqa: S506 - a safe loader, in C where there is one
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "this is not YAML"
            self.fault(name, (mark.line if mark else 0) + 1 + offset, f"{problem}. Check quotes and indentation.")
            return _UNREADABLE

    def one(self, name: str, model: type[_Model]) -> _Model | None:
        text = self.text(name)
        if text is None:
            return None
        raw = self.parse(name, text)
        return None if raw is _UNREADABLE else self.checked(name, text, model, raw)

    def checked(
        self, name: str, text: str, model: type[_Model], raw: object, *, at: tuple[str, ...] = (), offset: int = 0
    ) -> _Model | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                where = (*at, *(str(part) for part in problem["loc"]))
                line = line_of(text, where) + offset
                self.fault(name, line, f"{'.'.join(where) or 'the file'}: {_remedy(problem)}")
            return None

    def table(self, name: str, model: type[_Model], *, required: bool = True) -> dict[str, _Model]:
        if not required and not (self.folder / name).exists():
            return {}
        text = self.text(name)
        if text is None:
            return {}
        raw = self.parse(name, text)
        if raw is _UNREADABLE or (raw is None and not required):
            return {}
        if not isinstance(raw, dict):
            self.fault(name, 1, "a table of ids is expected. Write `id:` and its fields under it.")
            return {}
        found = {str(key): self.checked(name, text, model, value, at=(str(key),)) for key, value in raw.items()}
        return {key: value for key, value in found.items() if value is not None}

    def concepts(self) -> dict[str, tuple[str, ...]]:
        if not (self.folder / "concepts.yaml").exists():
            return {}
        text = self.text("concepts.yaml") or ""
        raw = self.parse("concepts.yaml", text) or {}
        if raw is _UNREADABLE:
            return {}
        if not isinstance(raw, dict):
            self.fault("concepts.yaml", 1, "a table of concepts is expected. Write `name: [word, phrase, …]`.")
            return {}
        for name, phrases in raw.items():
            if not isinstance(phrases, list) or not all(isinstance(each, str | int) for each in phrases):
                self.fault("concepts.yaml", line_of(text, (str(name),)), f"{name}: a list of words is expected.")
                return {}
        return {str(name): tuple(str(phrase) for phrase in phrases) for name, phrases in raw.items()}

    def strings(self, name: str) -> tuple[str, ...]:
        if not (self.folder / name).exists():
            return ()
        raw = self.parse(name, self.text(name) or "") or []
        if raw is _UNREADABLE:
            return ()
        if not isinstance(raw, list):
            self.fault(name, 1, "a list of questions is expected. Begin each line with `- `.")
            return ()
        return tuple(str(each) for each in raw)

    def answers(self) -> dict[AnswerId, Answer]:
        answers: dict[AnswerId, Answer] = {}
        for name in self.names("answers", "**/*.md"):
            answer = self.answer(name)
            if answer is None:
                continue
            if answer.id in answers:
                self.fault(name, 1, f"the id {answer.id} is taken by {answers[answer.id].file}. Rename one file.")
            answers[answer.id] = answer
        return answers

    def answer(self, name: str) -> Answer | None:
        text = self.text(name)
        if text is None:
            return None
        handler = YAMLHandler()
        try:
            head, body = handler.split(text if handler.detect(text) else "")
        except ValueError:
            self.fault(name, 1, "the head is missing. Begin the file with a line `---`, the fields, and `---` again.")
            return None
        offset = text[: text.index(head)].count("\n")
        raw = self.parse(name, head, offset=offset)
        if raw is _UNREADABLE:
            return None
        checked = self.checked(name, head, FrontMatter, {} if raw is None else raw, offset=offset)
        body = body.strip()
        if not body:
            self.fault(name, text.count("\n") + 1, "there is no answer under the head. Write one.")
        if checked is None or not body:
            return None
        lines = {key: line_of(head, (key,)) + offset for key in raw}
        lines["body"] = text[: text.rindex(body)].count("\n") + 1
        return Answer(
            **checked.model_dump(),
            id=AnswerId(Path(name).stem),
            markdown=body,
            text=to_text(body),
            html=to_html(body),
            file=name,
            heads=lines,
        )

    def fault(self, name: str, line: int, message: str) -> None:
        self.faults.append(f"{name}:{line}: {message}")


def line_of(text: str, path: tuple[str, ...]) -> int:
    """Return the line on which a value stands in a YAML text, 1 for the first; the nearest parent's when it is missing."""
    try:
        node = yaml.compose(text, Loader=_Yaml)
    except yaml.YAMLError:
        return 1
    line = node.start_mark.line if node else 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            match = [(key, value) for key, value in node.value if key.value == part]
            if not match:
                break
            line, node = match[0][0].start_mark.line, match[0][1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def _remedy(problem: Any) -> str:
    shown = repr(problem.get("input"))
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    match problem["type"]:
        case "literal_error" if problem["loc"][-1:] == ("format",):
            return f"is {shown}: a pack from another version. This version reads format 1; use the program that made it."
        case "missing":
            return "this field is missing. Add it."
        case "extra_forbidden":
            return "no such field is known here. Check its spelling, or remove it."
        case kind if kind.startswith("date"):
            return f"is {shown}, not a date. Write it like 2026-11-23."
        case _:
            return f"is {shown}: {problem['msg']}."
