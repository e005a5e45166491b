"""GGUF folders: which are looked into, what the models are called, how they reach a catalog."""

import os
import sys
from pathlib import Path

import pytest

from checkout import SHARED as SHARED_FOLDER
from gguf_writer import gguf, model, projector, write
from modeldex import ModelRegistry
from modeldex.errors import SourceFailed
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.gguf import GgufResolver
from modeldex.sources import ModelSource
from modeldex.sources.gguf import GgufSource
from modeldex.upstream.gguf import folders as gguf_folders
from modeldex.upstream.gguf.folders import default_folders, scan
from modeldex.upstream.gguf.library import contents
from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

SHARED = SHARED_FOLDER / "fixtures" / "gguf"
HUB = "models--ggml-org--gemma-3-4b-it-GGUF"

Listed = tuple[list[str], list[str]]


async def listed(*folders: Path) -> Listed:
    """The names of the models in some folders, and why others were left out."""
    source = GgufSource(folders)
    names = sorted(spec.name for spec in await source.discover())
    return names, [lost.reason for lost in source.dropped]


def spec(name: str, provider: str = "gguf") -> ModelSpec:
    """A model of the source."""
    return ModelSpec(provider=provider, name=name)


def in_hub(cache: Path, revision: str, file: str, keys: dict[str, object], modified: int) -> None:
    """A file in a cache of the Hub: a blob, and a link to it in the folder of a revision."""
    blob = write(cache / HUB / "blobs" / f"{revision}{len(file)}", keys)
    os.utime(blob, (modified, modified))
    link = cache / HUB / "snapshots" / revision / file
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(blob)


def test_source_and_resolver_fit_the_protocols() -> None:
    """A refresh takes them as they are: live, without a socket, under one name."""
    source, resolver = GgufSource([]), GgufResolver([])
    assert isinstance(source, ModelSource)
    assert isinstance(resolver, CapabilityResolver)
    assert (source.kind, source.network, resolver.network) == ("live", False, False)
    assert (source.name, resolver.name) == ("gguf", "gguf")
    assert source.version == resolver.version


@pytest.mark.parametrize(
    ("made", "environ", "expected"),
    [
        ((), {}, []),
        ((), {"HOME": "{}"}, []),
        ((".lmstudio/models",), {"HOME": "{}"}, [".lmstudio/models"]),
        ((".lmstudio/models",), {"HOME": "", "USERPROFILE": "{}"}, [".lmstudio/models"]),
        ((".cache/lm-studio/models",), {"HOME": "{}"}, [".cache/lm-studio/models"]),
        ((".cache/llama.cpp",), {"HOME": "{}"}, [".cache/llama.cpp"]),
        (("Library/Caches/llama.cpp",), {"HOME": "{}"}, ["Library/Caches/llama.cpp"]),
        (("llama",), {"HOME": "/nowhere", "LLAMA_CACHE": "{}/llama"}, ["llama"]),
        (("x/llama.cpp",), {"XDG_CACHE_HOME": "{}/x"}, ["x/llama.cpp"]),
        (("hf/hub",), {"HF_HOME": "{}/hf"}, ["hf/hub"]),
        (("hf/hub",), {"HOME": "{}", "HF_HOME": "~/hf"}, ["hf/hub"]),
        (("cache",), {"HF_HUB_CACHE": "{}/cache"}, ["cache"]),
        ((".cache/huggingface/hub",), {"HOME": "{}"}, [".cache/huggingface/hub"]),
        ((".cache/huggingface/hub",), {}, []),
        ((), {"MODELDEX_GGUF": "{}/gone"}, ["gone"]),
        (
            (".lmstudio/models",),
            {"HOME": "{}", "MODELDEX_GGUF": os.pathsep.join(["~/b", " ", "{}/a", "~/b"])},
            ["b", "a", ".lmstudio/models"],
        ),
    ],
)
def test_the_usual_folders_are_found(
    tmp_path: Path, made: tuple[str, ...], environ: dict[str, str], expected: list[str]
) -> None:
    """Folders named by MODELDEX_GGUF come first and always, usual ones where they exist."""
    for folder in made:
        (tmp_path / folder).mkdir(parents=True)
    asked = {name: value.replace("{}", str(tmp_path)) for name, value in environ.items()}
    assert default_folders(asked) == tuple(str(tmp_path / folder) for folder in expected)


async def test_a_model_is_named_by_its_path_below_its_folder(tmp_path: Path) -> None:
    """Publisher and repository stay in LM Studio's folder, a plain folder gives bare stems."""
    write(tmp_path / "studio" / "qwen" / "Qwen3-8B-GGUF" / "Qwen3-8B-Q4_K_M.gguf")
    write(tmp_path / "plain" / "Mistral 7B.v0.3.GGUF")
    write(tmp_path / "plain" / "notes.txt")
    names, dropped = await listed(tmp_path / "studio", tmp_path / "plain")
    assert names == ["Mistral 7B.v0.3", "qwen/Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M"]
    assert dropped == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
@pytest.mark.parametrize("folder", ["hub", f"hub/{HUB}", f"hub/{HUB}/snapshots/new"])
async def test_a_model_of_the_hub_has_the_name_of_its_repository(
    tmp_path: Path, folder: str
) -> None:
    """The revision is no part of the name, whichever folder was named; blobs are no files."""
    in_hub(tmp_path / "hub", "new", "Q4/gemma-00001-of-00001.gguf", model(), 2_000)
    (tmp_path / "hub" / "datasets--a--b" / "snapshots" / "c").mkdir(parents=True)
    write(tmp_path / "hub" / "datasets--a--b" / "snapshots" / "c" / "x.gguf")
    names, dropped = await listed(tmp_path / folder)
    assert names == ["ggml-org/gemma-3-4b-it-GGUF/Q4/gemma"]
    assert dropped == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
async def test_the_newest_revision_of_the_hub_counts(tmp_path: Path) -> None:
    """Two revisions of one file are one model, as the newer one states it."""
    for revision, window, modified in [("aaa", 1, 1000), ("bbb", 2, 3000), ("ccc", 3, 2000)]:
        in_hub(tmp_path, revision, "a.gguf", model(llama__context_length=window), modified)
    [only] = await GgufSource(tmp_path).discover()
    known = await GgufResolver(tmp_path).get_capabilities(only)
    assert known.max_context == 2


async def test_of_two_folders_the_first_names_a_model(tmp_path: Path) -> None:
    """The same name in a later folder is another file, and it is counted."""
    write(tmp_path / "a" / "same.gguf", model(llama__context_length=1))
    write(tmp_path / "b" / "same.gguf", model(llama__context_length=2))
    folders = (tmp_path / "b", tmp_path / "a")
    assert await listed(*folders) == (["same"], [f"same name as {tmp_path / 'b' / 'same.gguf'}"])
    known = await GgufResolver(folders).get_capabilities(spec("same"))
    assert known.max_context == 2


async def test_a_folder_within_a_folder_is_visited_once(tmp_path: Path) -> None:
    """Overlapping folders give each model one name, that of the first."""
    write(tmp_path / "a" / "b" / "x.gguf")
    assert await listed(tmp_path / "a", tmp_path / "a" / "b") == (["b/x"], [])


async def test_shards_are_one_model(tmp_path: Path) -> None:
    """The first shard states the facts; the others are not opened."""
    write(tmp_path / "big-00001-of-00003.gguf", model(split__count=3), tensors=0)
    (tmp_path / "big-00002-of-00003.gguf").write_bytes(b"not read")
    (tmp_path / "big-00003-of-00003.gguf").write_bytes(b"not read")
    assert await listed(tmp_path) == (["big"], [])


async def test_missing_shards_are_counted(tmp_path: Path) -> None:
    """Facts come from the first shard; without it there is no model."""
    write(tmp_path / "a-00001-of-00002.gguf")
    write(tmp_path / "b-00002-of-00002.gguf", {"split.no": 1, "split.count": 2})
    write(tmp_path / "c.gguf", {"split.no": 1, "split.count": 2, "general.architecture": "llama"})
    assert await listed(tmp_path) == (
        ["a"], ["shard 2 of 2 is missing", "shard 1 of 2 is missing"]
    )  # fmt: skip


Q4, Q8 = model(), model(general__file_type=7)
GEMMA = model("gemma3", general__basename="gemma-3", general__size_label="4B")
GEMMA_12B = GEMMA | {"general.size_label": "12B"}
NAMELESS = model(general__basename=None, general__name=None)
PROJECTORS = [
    ({"m": Q4}, {"m"}, projector()),
    ({"q4": Q4, "q8": Q8}, {"q4", "q8"}, projector()),
    ({"m": Q4}, {"m"}, projector(None, None)),
    ({"m": NAMELESS}, {"m"}, projector()),
    ({"m": Q4}, {"m"}, projector(size="420M")),
    ({"m": Q4}, set(), projector("gemma-3")),
    ({"m": Q4, "g": GEMMA, "g12": GEMMA_12B}, {"g"}, projector("Gemma 3", "4B")),
    ({"m": Q4, "g": GEMMA}, set(), projector(None, None)),
    ({"m": NAMELESS, "n": NAMELESS}, set(), projector()),
]


@pytest.mark.parametrize(("models", "seeing", "eyes"), PROJECTORS)
async def test_a_projector_gives_eyes_to_the_model_beside_it(
    tmp_path: Path, models: dict[str, dict[str, object]], seeing: set[str], eyes: dict[str, object]
) -> None:
    """It belongs to the only model of its folder, else to that of its own name and size."""
    for name, keys in models.items():
        write(tmp_path / f"{name}.gguf", keys)
    write(tmp_path / "mmproj.gguf", eyes)
    names, dropped = await listed(tmp_path)
    answers = await GgufResolver(tmp_path).resolve_many([spec(name) for name in names])
    assert (names, dropped) == (sorted(models), [])
    flags = {n: a.get("supports_vision") for n, a in zip(names, answers, strict=True) if a}  # type: ignore[union-attr]
    assert flags == {name: True if name in seeing else None for name in names}


async def test_a_projector_reaches_no_other_folder(tmp_path: Path) -> None:
    """Eyes are given within one folder; a projector may give ears, too."""
    write(tmp_path / "a" / "m.gguf")
    write(tmp_path / "b" / "m.gguf")
    write(tmp_path / "b" / "mmproj.gguf", projector() | {"clip.has_audio_encoder": True})
    resolver = GgufResolver(tmp_path)
    blind, seeing = [await resolver.get_capabilities(spec(f"{place}/m")) for place in "ab"]
    assert (blind.supports_vision, blind.supports_audio) == (None, None)
    assert (seeing.supports_vision, seeing.supports_audio) == (True, True)


async def test_bad_files_are_counted_beside_good_ones(tmp_path: Path) -> None:
    """Each is named with its reason and costs no other model anything."""
    write(tmp_path / "good.gguf")
    (tmp_path / "page.gguf").write_bytes(b"<html>")
    (tmp_path / "empty.gguf").touch()
    write(tmp_path / "odd.gguf", {"general.name": "x"})
    source = GgufSource(tmp_path)
    assert [found.name for found in await source.discover()] == ["good"]
    assert {(lost.model, lost.reason) for lost in source.dropped} == {
        ("page", "not a GGUF file"), ("empty", "not a GGUF file"),
        ("odd", "the header has no general.architecture"),
    }  # fmt: skip


async def test_hidden_files_are_passed_by(tmp_path: Path) -> None:
    """What macOS leaves beside a file on a foreign disk is no broken model."""
    write(tmp_path / "._a.gguf")
    write(tmp_path / ".Trash" / "b.gguf")
    write(tmp_path / "a.gguf")
    assert await listed(tmp_path) == (["a"], [])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
async def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    """A linked folder is visited once under its own name first; broken links are counted."""
    write(tmp_path / "real" / "a.gguf")
    (tmp_path / "again").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "self.gguf").symlink_to(tmp_path / "self.gguf")
    (tmp_path / "gone.gguf").symlink_to(tmp_path / "nothing")
    names, dropped = await listed(tmp_path)
    assert names == ["real/a"]
    assert [reason.split()[0] for reason in dropped] == ["Too", "No"]


async def test_a_folder_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    """A missing folder costs the others nothing."""
    write(tmp_path / "a" / "x.gguf")
    names, dropped = await listed(tmp_path / "gone", tmp_path / "a")
    assert (names, dropped) == (["x"], ["No such file or directory"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
async def test_a_locked_folder_is_counted(tmp_path: Path) -> None:
    """A folder without permission costs the folder around it nothing."""
    write(tmp_path / "locked" / "y.gguf")
    write(tmp_path / "x.gguf")
    (tmp_path / "locked").chmod(0)
    assert await listed(tmp_path) == (["x"], ["Permission denied"])


async def test_no_folder_to_read_is_a_failure(tmp_path: Path) -> None:
    """When none of the named folders is there, nobody can tell which models are gone."""
    with pytest.raises(SourceFailed, match=r"gone: No such file or directory"):
        await GgufSource(tmp_path / "gone").discover()
    with pytest.raises(SourceFailed, match=r"gone: No such file or directory"):
        await GgufResolver(tmp_path / "gone").resolve_many([spec("a")])
    assert GgufSource(tmp_path / "gone").version == GgufResolver(tmp_path / "gone").version


async def test_no_folder_to_look_into_is_no_failure() -> None:
    """A machine without GGUF files has no models."""
    assert await GgufSource(environ={}).discover() == []


async def test_a_whole_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of too many entries fail as a whole; half a listing would retire the other half."""
    for number in range(6):
        (tmp_path / f"{number}.txt").touch()
    monkeypatch.setattr(gguf_folders, "MAX_ENTRIES", 5)
    with pytest.raises(SourceFailed, match="more than 5 entries"):
        await GgufSource(tmp_path).discover()


async def test_a_file_that_vanishes_is_counted(tmp_path: Path) -> None:
    """Between the listing and the reading a file may go."""
    kept, gone = write(tmp_path / "kept.gguf"), write(tmp_path / "gone.gguf")
    found = scan([tmp_path])
    gone.unlink()
    there = contents(found)
    assert (list(there.models), there.unreadable) == (
        [kept.stem], {"gone": "No such file or directory"}
    )  # fmt: skip


async def test_two_thousand_files_are_two_thousand_models(tmp_path: Path) -> None:
    """Many files in many folders are all listed."""
    small = gguf(model())
    for number in range(2_000):
        path = tmp_path / f"repo{number % 100}" / f"model{number}.gguf"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(small)
    names, dropped = await listed(tmp_path)
    assert (len(names), len(set(names)), dropped) == (2_000, 2_000, [])


async def test_damaged_files_never_stop_a_listing(tmp_path: Path) -> None:
    """Of 500 files with one byte changed each is a model, no model, or counted with its reason."""
    whole = gguf(model())
    for number in range(500):
        content = bytearray(whole)
        content[number * len(whole) // 500] ^= 1 << number % 8
        (tmp_path / f"{number}.gguf").write_bytes(content)
    source, resolver = GgufSource(tmp_path), GgufResolver(tmp_path)
    specs = await source.discover()
    answers = await resolver.resolve_many(specs)
    bad = {lost.model for lost in source.dropped if lost.field == "file"}
    assert len(specs) > 200
    assert len(bad) > 50
    assert bad.isdisjoint(found.name for found in specs)
    assert all(isinstance(answer, dict) for answer in answers)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
async def test_names_that_cannot_stand_are_counted(tmp_path: Path) -> None:
    """Undecodable and overlong names are dropped, not mangled; blanks at the ends go."""
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.gguf")))
    write(tmp_path / ("d" * 150) / f"{'x' * 100}.gguf")
    write(tmp_path / "fine .gguf")
    names, dropped = await listed(tmp_path)
    assert names == ["fine"]
    assert sorted(dropped) == ["contains control characters", "longer than 200 characters"]


async def test_a_decomposed_name_finds_its_file(tmp_path: Path) -> None:
    """A Mac writes é as two characters; the catalog has one, and the resolver knows both."""
    write(tmp_path / "mode\u0301le.gguf")
    [only] = await GgufSource(tmp_path).discover()
    assert only.name == "mod\u00e9le"
    assert (await GgufResolver(tmp_path).get_capabilities(only)).max_context == 131072


async def test_a_spec_has_family_and_display_name(tmp_path: Path) -> None:
    """The architecture is the family; a text that cannot stand is left out and counted."""
    write(tmp_path / "a.gguf")
    write(tmp_path / "b.gguf", model("qwen3", general__name="two\nlines"))
    source = GgufSource(tmp_path)
    found = {s.name: (s.family, s.display_name) for s in await source.discover()}
    assert found == {"a": ("llama", "Meta Llama 3.1 8B Instruct"), "b": ("qwen3", None)}
    assert [(d.model, d.field) for d in source.dropped] == [("gguf/b", "display_name")]


async def test_the_resolver_answers_for_its_own_models_alone(tmp_path: Path) -> None:
    """Another provider's model and one without a file get no opinion."""
    write(tmp_path / "a.gguf")
    resolver = GgufResolver(tmp_path)
    mine, theirs, nobodys = await resolver.resolve_many([spec("a"), spec("a", "ollama"), spec("b")])
    assert isinstance(mine, dict)
    assert (theirs, nobodys) == (None, None)
    assert await resolver.get_capabilities(spec("b")) == ModelCapabilities()
    assert await GgufResolver(tmp_path / "gone").resolve_many([spec("a", "ollama")]) == [None]


async def test_a_file_gone_bad_keeps_what_was_known(tmp_path: Path) -> None:
    """Its answer is a failure, which a refresh does not take for the absence of facts."""
    path = write(tmp_path / "a.gguf")
    path.write_bytes(b"damaged")
    [answer] = await GgufResolver(tmp_path).resolve_many([spec("a")])
    assert isinstance(answer, SourceFailed)
    assert answer.reason == "not a GGUF file"
    with pytest.raises(SourceFailed, match="not a GGUF file"):
        await GgufResolver(tmp_path).get_capabilities(spec("a"))


async def test_the_models_may_be_another_providers(tmp_path: Path) -> None:
    """With a provider of its own a second source does not retire the first one's models."""
    write(tmp_path / "a.gguf")
    source = GgufSource(tmp_path, provider="LM-Studio")
    [only] = await source.discover()
    assert (source.name, only.id) == ("gguf:lmstudio", "lmstudio/a")
    known = await GgufResolver(tmp_path, provider="lmstudio").get_capabilities(only)
    assert known.quantization == "Q4_K_M"


async def test_the_facts_are_values(tmp_path: Path) -> None:
    """What a caller gets is clean and complete."""
    write(tmp_path / "a.gguf")
    assert await GgufResolver(tmp_path).get_capabilities(spec("a")) == ModelCapabilities(
        max_context=131072, mode="chat", param_count=8_000_000_000, quantization="Q4_K_M",
        input_cost_per_1m=0.0, output_cost_per_1m=0.0, price_basis="self_hosted",
        quality_tier=QualityTier.CHEAP, quality_basis="size",
    )  # fmt: skip


def test_the_version_changes_with_the_files(tmp_path: Path) -> None:
    """It is the same for the same files, and another one when a file comes, changes or goes."""
    source = GgufSource(tmp_path)
    seen = [source.version]
    path = write(tmp_path / "sub" / "a.gguf")
    seen += [source.version]
    os.utime(path, ns=(1, 1))
    seen += [source.version]
    path.write_bytes(path.read_bytes() + b"more")
    os.utime(path, ns=(1, 1))
    seen += [source.version]
    seen += [GgufSource(tmp_path / "sub").version]
    path.rename(path.with_name("b.gguf"))
    seen += [source.version]
    assert len(set(seen)) == 6
    assert source.version == seen[-1]
    path.with_name("b.gguf").unlink()
    assert source.version == seen[0]


async def test_the_catalog_follows_the_folder(tmp_path: Path, catalog_path: Path) -> None:
    """Models appear with their facts; the same folder is no work; a new file is found."""
    folder = tmp_path / "models"
    write(folder / "a.gguf")
    async with ModelRegistry(
        [GgufSource(folder)], [GgufResolver(folder)], db=catalog_path, environ={}
    ) as registry:
        first = await registry.refresh()
        [a] = await registry.get_models()
        again = await registry.refresh()
        write(folder / "b.gguf", model(llama__context_length=4096))
        await registry.refresh()
        b = await registry.find_model("gguf", "b")
        best = await registry.find_best(min_context=100_000)
    assert [step.status for step in first.steps + again.steps] == ["ok"] * 2 + ["unchanged"] * 2
    assert (a.spec.id, a.capabilities.max_context) == ("gguf/a", 131072)
    assert b is not None
    assert b.capabilities.max_context == 4096
    assert best is not None
    assert best.spec.name == "a"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared fixtures are not here")
async def test_the_shared_folder_gives_its_nine_models() -> None:
    """Every good file but the projector is a model, which alone sees; every bad one is counted."""
    source, resolver = GgufSource(SHARED / "files"), GgufResolver(SHARED / "files")
    specs = await source.discover()
    known = {s.name: await resolver.get_capabilities(s) for s in specs}
    assert set(known) == {
        "gemma3-4b", "gpt-oss-20b", "llama-8b-tools", "llama-big-endian", "llama-named-templates",
        "llama-split", "no-context-length", "nomic-embed-text", "qwen3-8b-tools-thinking",
    }  # fmt: skip
    assert {name for name, facts in known.items() if facts.supports_vision} == {"gemma3-4b"}
    assert {name for name, facts in known.items() if facts.supports_tools} == {
        "gpt-oss-20b", "llama-8b-tools", "llama-big-endian", "llama-named-templates",
        "llama-split", "qwen3-8b-tools-thinking",
    }  # fmt: skip
    assert known["no-context-length"].max_context is None
    assert known["gpt-oss-20b"].max_context == 131072
    assert (known["nomic-embed-text"].mode, known["nomic-embed-text"].embedding_dims) == (
        "embedding", 768
    )  # fmt: skip
    assert sorted(lost.model for lost in source.dropped) == [
        "invalid/bad-magic", "invalid/truncated", "invalid/version-99", "llama-split",
    ]  # fmt: skip
