"""Chooses the journal mode of a new catalog. An existing file is never switched.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when several processes checkpoint it
(the "WAL-reset" bug; fixed in 3.51.3, backported to 3.50.7 and 3.44.6), and WAL needs
shared memory between processes, which network file systems do not support.
"""

import re
from pathlib import Path

Version = tuple[int, int, int]

NETWORK_FILE_SYSTEMS = frozenset({
    "9p", "afs", "ceph", "cifs", "drvfs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "glusterfs",
    "gfs2", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs", "virtiofs", "vboxsf",
})  # fmt: skip

_MOUNTS = Path("/proc/self/mountinfo")


def wal_is_safe(version: Version) -> bool:
    """Whether this SQLite library is free of the WAL-reset bug."""
    if version[:2] == (3, 50):
        return version >= (3, 50, 7)
    if version[:2] == (3, 44):
        return version >= (3, 44, 6)
    return version >= (3, 51, 3) and version != (3, 52, 0)


def file_system(path: Path, mounts: str | None = None) -> str:
    """The file-system type of an absolute path; "" if unknown (not Linux).

    `mounts` replaces the text of /proc/self/mountinfo.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
        except OSError:
            return ""
    best, kind = "", ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        # mountinfo writes blanks and the like as octal escapes: \040.
        point = re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), left.split(" ")[4])
        inside = path == Path(point) or Path(point) in path.parents
        if inside and len(point) >= len(best):
            best, kind = point, right.split(" ")[0]
    return kind


def journal_mode(version: Version, kind: str) -> str:
    """`wal` if the SQLite version and the file-system type are safe for it, else `delete`."""
    local = kind not in NETWORK_FILE_SYSTEMS
    return "wal" if local and wal_is_safe(version) else "delete"
