"""Statements that try to write, to hang or to eat memory through `modeldex sql`.

What hangs and what eats has no end by itself: on every machine it is the limit that stops it.
"""

import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from command_line import run_command
from fork_process import fork, say
from modeldex.cli.program import program

RECURSION = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT {} FROM c"
_DOUBLED = [
    f"a{n} AS (SELECT DISTINCT p.x FROM a{n - 1} p, a{n - 1} q)" for n in range(1, 24)
]  # fmt: skip

WRITES = {
    "insert": "INSERT INTO models (provider, name) VALUES ('evil', 'x')",
    "insert or replace": "INSERT OR REPLACE INTO about VALUES ('format', 'x')",
    "replace": "REPLACE INTO about VALUES ('format', 'x')",
    "update": "UPDATE models SET name = 'x'",
    "update from": "UPDATE models SET name = r.name FROM resolvers r",
    "delete": "DELETE FROM models",
    "delete returning": "DELETE FROM aliases RETURNING *",
    "insert returning": "INSERT INTO models (provider, name) VALUES ('evil', 'x') RETURNING id",
    "with insert": "WITH x AS (SELECT 1) INSERT INTO models (provider, name) SELECT 'evil', 'x'",
    "with delete": "WITH x AS (SELECT 1) DELETE FROM measurements",
    "upsert": "INSERT INTO sources (name, kind) VALUES ('s', 'live') "
    "ON CONFLICT DO UPDATE SET kind = 'live'",
    "explain delete": "EXPLAIN DELETE FROM models",
    "explain plan update": "EXPLAIN QUERY PLAN UPDATE models SET name = 'x'",
    "drop table": "DROP TABLE measurements",
    "drop trigger": "DROP TRIGGER catalog_insert_refused",
    "drop view": "DROP VIEW provenance",
    "create table": "CREATE TABLE evil (x)",
    "create temp table": "CREATE TEMP TABLE evil AS SELECT 1",
    "create view": "CREATE VIEW evil AS SELECT 1",
    "create temp trigger": "CREATE TEMP TRIGGER evil AFTER INSERT ON models BEGIN SELECT 1; END",
    "create index": "CREATE INDEX evil ON models (name)",
    "create virtual table": "CREATE VIRTUAL TABLE temp.evil USING fts5(x)",
    "alter table": "ALTER TABLE models ADD COLUMN evil TEXT",
    "rename": "ALTER TABLE models RENAME TO evil",
    "reindex": "REINDEX",
    "analyze": "ANALYZE",
    "vacuum": "VACUUM",
    "vacuum into": "VACUUM INTO 'evil.db'",
    "attach a new file": "ATTACH 'evil.db' AS evil",
    "attach in memory": "ATTACH ':memory:' AS evil",
    "detach": "DETACH main",
    "begin": "BEGIN IMMEDIATE",
    "commit": "COMMIT",
    "savepoint": "SAVEPOINT evil",
    "writable schema": "PRAGMA writable_schema = ON",
    "write to the schema": "UPDATE sqlite_master SET sql = 'evil'",
    "query_only off": "PRAGMA query_only = OFF",
    "journal mode": "PRAGMA journal_mode = WAL",
    "user version": "PRAGMA user_version = 7",
    "pragma with brackets": "PRAGMA application_id(7)",
    "checkpoint": "PRAGMA wal_checkpoint(TRUNCATE)",
    "incremental vacuum": "PRAGMA incremental_vacuum(9)",
    "optimize": "PRAGMA optimize(0x10002)",
    "temp folder": "PRAGMA temp_store_directory = '/tmp/evil'",
    "heap": "PRAGMA hard_heap_limit = 1",
}
REACHES = {
    "load_extension": "SELECT load_extension('/tmp/evil.so')",
    "readfile": "SELECT readfile('/etc/passwd')",
    "writefile": "SELECT writefile('evil.txt', 'x')",
    "edit": "SELECT edit('x', 'touch evil.txt')",
    "fts3_tokenizer": "SELECT fts3_tokenizer('simple', x'4141414141414141')",
    "two statements": "SELECT 1; DELETE FROM models",
    "behind a comment": "SELECT 1 /* ; */ ; -- x\nDELETE FROM models",
    "comment only": "/* x */ -- DELETE FROM models",
    "NUL": "SELECT 1\0; DELETE FROM models",
    "lone surrogate": "SELECT '\udc80'",
    "nothing": "  ;  ",
    "unfinished": "SELECT 'it",
    "parameters": "SELECT :evil",
    "deep": f"SELECT {'(' * 5000}1{')' * 5000}",
    "long": f"SELECT '{'x' * 100_001}'",
    "wide": f"SELECT {', '.join(['randomblob(900000)'] * 501)}",
    "compound": " UNION ALL ".join(["SELECT 1"] * 400),
    "blob of a gigabyte": "SELECT randomblob(1000000000)",
    "zeroes": "SELECT zeroblob(2000000000)",
    "pattern": f"SELECT name LIKE '{'%a' * 20_000}' FROM catalog",
}
HANGS = {
    "endless recursion": RECURSION.format("max(x)"),
    "recursion without memory": RECURSION.format("count(*)"),
    "cross join": "SELECT count(*) FROM catalog a, catalog b, catalog c, catalog d, catalog e",
    "sorted cross join": "SELECT a.name FROM catalog a, catalog b, catalog c, catalog d ORDER BY "
    "a.name || b.name || c.name || d.name DESC",
    "views by views":
        "SELECT count(*) FROM provenance a, provenance b, provenance c, drift d, drift e",
    "a search in one call": "SELECT instr(hex(zeroblob(490000)), hex(zeroblob(240000)) || '1')",
    "a replacement in one call":
        "SELECT length(replace(hex(zeroblob(490000)), hex(zeroblob(240000)) || '1', 'x'))",
    "recursive strings": "WITH RECURSIVE c(x) AS (SELECT hex(randomblob(200000)) UNION "
    "SELECT hex(randomblob(200000)) FROM c) SELECT count(*) FROM c",
    "distinct strings": RECURSION.format("count(DISTINCT hex(randomblob(1000)))"),
    "window": RECURSION.format("sum(x) OVER (ORDER BY -x)"),
    "padding in one call": "SELECT printf('%.*c', 2000000000, 'x')",
    "joined strings": RECURSION.format("length(group_concat(hex(randomblob(10000))))"),
}  # fmt: skip
EATS = {
    "array": RECURSION.format("length(json_group_array(hex(randomblob(10000))))"),
    "large rows": RECURSION.format("hex(randomblob(490000))"),
    "many columns of large rows": RECURSION.format(", ".join(["hex(randomblob(490000))"] * 100)),
    "doubled doubles": f"WITH a0 AS (SELECT 1 AS x), {', '.join(_DOUBLED)} SELECT * FROM a23",
    "large values kept at once":
        RECURSION.format(f"count(max({', '.join(['hex(randomblob(490000))'] * 90)}))"),
}  # fmt: skip
ANSWERED = {
    "many rows": RECURSION.format("x"),
    "large pattern": "SELECT hex(zeroblob(490000)) GLOB '*0*0*0*0*0*0*0*0*0*0*0*1'",
    "schema": "SELECT * FROM sqlite_master",
    "control characters": "SELECT char(27) || '[2J' || char(0x9b) || char(0x202e) || 'x'",
}
KINDS = {"writes": WRITES, "reaches": REACHES, "hangs": HANGS, "eats": EATS, "answered": ANSWERED}


PATIENT = "60"
"""Seconds that a statement gets which is to end otherwise than by the clock."""


def strike(path: str, folder: str, seconds: str) -> None:
    """Run each statement, those that hang with a time limit; says what came of it.

    That is: kind, name, exit code, megabytes by which a process grew, seconds of processor time,
    stdout, stderr. Those that only stop when they are stopped get a process each.
    """
    os.chdir(folder)
    alone(path, "SELECT 1", seconds)
    for kind, allowed in (("hangs", seconds), ("eats", PATIENT)):
        least = alone(path, "SELECT 1", seconds)[1]
        for name, statement in KINDS[kind].items():
            code, most, *rest = alone(path, statement, allowed)
            say([kind, name, code, most - least, *rest])
    run_command(Path(path), "sql", "SELECT 1")
    least = size()
    for kind in ("writes", "reaches", "answered"):
        for name, statement in KINDS[kind].items():
            begun = time.process_time()
            done = run_command(Path(path), "sql", "--timeout", PATIENT, statement)
            say([kind, name, done.code, size() - least, time.process_time() - begun, *done[1:]])


def size() -> float:
    """Megabytes that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alone(path: str, statement: str, seconds: str) -> list[Any]:
    """One statement in a fork: exit code, megabytes at most, seconds, stdout, stderr."""
    pid = fork(lambda: answer(path, statement, seconds))
    _, status, used = os.wait4(pid, 0)
    texts = [Path(f"{path}.{name}").read_text("utf-8") for name in ("out", "err")]
    spent = used.ru_utime + used.ru_stime
    return [os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024, spent, *texts]


def answer(path: str, statement: str, seconds: str) -> None:
    """The command, its output in files."""
    for name, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(f"{path}.{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
    try:
        program.main(["--db", path, "sql", "--timeout", seconds, statement])
    except SystemExit as ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(ended.code or 0))
