"""`lifecycle init`: looks at what lies in a landing directory and writes down how it is read.

Belongs here: the entries of sources.yml and the lifecycle.toml that fit the files, and the rules to
begin with.
Does not belong here: asking on a terminal and printing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import duckdb

from orchestration.command.landing.guess_format import encoding_of
from orchestration.command.landing.guess_layout import format_of_known, guess_layout, quoted
from orchestration.errors import InputError, SettingsError, nearest, shown
from orchestration.ingest.landing_directory import LandingFile, discover
from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.sources.adapter import load_adapters
from orchestration.ingest.sources.first_rows import first_rows
from orchestration.ingest.sources.recognition import (
    Header,
    Match,
    has_contract_shape,
    read_header,
    recognise,
)
from orchestration.ingest.sources.sources_file import SOURCES_FILE, unplaced_files
from orchestration.ingest.summary import ignored_sentences
from orchestration.settings.paths import PRESETS_DIR
from orchestration.settings.project_file import PROJECT_FILE, project_text
from orchestration.small_files import write_private

OWN_RULES = "rules"


@dataclass(frozen=True)
class Proposal:
    """What init would write, and what it could not make out.

    Attributes:
        sources: text of sources.yml, drafts as comments; empty if there is nothing to say in it.
        needs_currency: some source has no currency of its own.
        found: a sentence per file or source.
        unknown: files that nothing fits.
    """

    sources: str
    needs_currency: bool
    found: tuple[str, ...]
    unknown: tuple[str, ...]


def propose(raw_dir: Path, currency: str, timezone: str) -> Proposal:
    """Look at every file of a landing directory and say how it would be read.

    Args:
        raw_dir: the landing directory.
        currency: of sources that have none; blank if unknown.
        timezone: IANA zone of timestamps without an offset; blank for UTC.

    Raises:
        InputError: it is no directory.
    """
    contract, adapters = load_contract(), load_adapters()
    landing = discover(raw_dir, contract)
    files = [*landing.files, *unplaced_files(raw_dir, landing)]
    matches: dict[str, list[tuple[LandingFile, Match, Header]]] = {}
    forms: dict[LandingFile, str] = {}
    entries: list[str] = []
    drafts: list[str] = []
    found: list[str] = []
    unknown: list[str] = []
    needs_currency = False
    with duckdb.connect() as connection:
        for file in files:
            encoding = encoding_of(file)
            header = read_header(connection, file, encoding=encoding)
            if header is None:
                unknown.append(file.name)
            elif has_contract_shape(file, header, contract):
                found.append(f"{file.name}: {file.table} in contract shape.")
            elif (match := recognise(header, adapters)) is not None:
                matches.setdefault(match.adapter.name, []).append((file, match, header))
                rows = first_rows(connection, file, encoding) if match.adapter.amounts else []
                forms[file] = format_of_known(file, match, rows)
            else:
                rows = first_rows(connection, file, encoding)
                guess = guess_layout(file, header, rows, contract, currency, timezone)
                needs_currency |= guess.needs_currency
                entries += guess.entry
                drafts += guess.draft
                found.append(guess.sentence)
    every = [file.name for file in files]
    for name, placed in sorted(matches.items()):
        lacks = any(_lacks_currency(match, header) for _, match, header in placed)
        needs_currency |= lacks
        names = [file.name for file, _, _ in placed]
        found.append(
            f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}: {placed[0][1].adapter.title}."
        )
        written = {file.name: form for file, form in forms.items() if file.name in names}
        globs = _globs(names, every) if len(set(written.values())) == 1 else names
        for glob, form in zip(globs, written.values(), strict=False):
            lines = [f"  - files: {quoted(glob)}", f"    adapter: {name}"]
            if lacks and currency:
                lines.append(f"    constants: {{currency: {currency}}}")
            if form:
                lines.append(f"    format: {form}")
            entries.append("\n".join(lines))
    looked_at = {SOURCES_FILE, *every, *(str(up) for name in every for up in Path(name).parents)}
    found += ignored_sentences([one for one in landing.ignored if one.name not in looked_at])
    written = [*entries, *drafts]
    text = "\n".join(["sources:", *written, ""]) if written else ""
    return Proposal(text, needs_currency, tuple(found), tuple(unknown))


def presets() -> list[str]:
    """Return the sectors whose health policies are shipped."""
    return sorted(path.name for path in PRESETS_DIR.iterdir() if path.is_dir())


def preset_files(sector: str) -> dict[str, str]:
    """Return the rule files of a sector, text by name; none for a blank one.

    Raises:
        SettingsError: there is no such sector.
    """
    if not sector:
        return {}
    known = presets()
    if sector not in known:
        hint = nearest(sector, known) or f"; known are {', '.join(known)}"
        raise SettingsError(f"There is no preset {shown(sector)}{hint}.")
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted((PRESETS_DIR / sector).iterdir())
    }


def write(
    raw_dir: Path,
    proposal: Proposal,
    settings: Mapping[str, str],
    directory: Path,
    *,
    rules: Mapping[str, str] = MappingProxyType({}),
    force: bool,
) -> tuple[Path, ...]:
    """Write sources.yml into the landing directory and lifecycle.toml into the present one.

    Args:
        raw_dir: the landing directory.
        proposal: what was proposed for it.
        settings: keys of lifecycle.toml; `raw_dir` and `identity_salt` are added.
        directory: where lifecycle.toml goes.
        rules: files that `rules/` beside it begins with, text by name; it is the rules directory
            then.
        force: write over files that are there.

    Raises:
        InputError: a file is there already.
    """
    told = {**settings, "rules_dir": OWN_RULES} if rules else settings
    texts = {directory / PROJECT_FILE: _project(raw_dir, told, directory)}
    texts |= {directory / OWN_RULES / name: text for name, text in rules.items()}
    if proposal.sources:
        texts[raw_dir / SOURCES_FILE] = proposal.sources
    for path in texts:
        if path.exists() and not force:
            raise InputError(f"{path} is there already; --force writes over it.")
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        if path.name == PROJECT_FILE:  # It holds the salt.
            write_private(path, text)
        else:
            path.write_text(text, encoding="utf-8")
    return tuple(texts)


def _project(raw_dir: Path, settings: Mapping[str, str], directory: Path) -> str:
    told = {"raw_dir": os.path.relpath(raw_dir, directory), "state_dir": "var", **settings}
    return project_text({**told, "identity_salt": secrets.token_hex(16)})


def _lacks_currency(match: Match, header: Header) -> bool:
    fills_orders = match.role.name in match.adapter.tables.get("orders", ())
    spellings = match.role.columns.get("currency")
    return (
        fills_orders
        and spellings is not None
        and not header.folded.intersection(("currency", *spellings))
    )


def _globs(names: Sequence[str], every: Sequence[str]) -> list[str]:
    """One glob for several files if it fits no other; else each file's own name."""
    folders = {str(PurePosixPath(name).parent) for name in names}
    suffixes = {PurePosixPath(name).suffix for name in names}
    if len(names) > 1 and len(folders) == len(suffixes) == 1:
        columns = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
        glob = f"{''.join(letters[0] for letters in columns)}*{suffixes.pop()}"
        if {name for name in every if fnmatch(name, glob)} == set(names):
            return [glob]
    return list(names)
