"""Files appear whole or not at all.

A file is written under a temporary name beside its target, flushed to the disk, and
renamed; a reader of the target sees the old bytes or the new ones, never a part.  The
folder is flushed too: a rename that only lives in a cache does not survive a power cut.
"""

import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Names longer than this fail on most file systems; the temporary one is cut to fit.
NAME_BYTES = 255


@contextmanager
def atomic_path(target: str | Path) -> Iterator[Path]:
    """A temporary path beside `target` that becomes `target` when the block ends well.

    The temporary name ends in the target's suffix, for libraries that go by it.  If
    the block raises, the temporary file is removed and the target is left as it was.

    Raises:
        OSError: the folder does not exist, is read-only, or the disk is full.
    """
    target = Path(target)
    _sweep(target)
    temporary = target.with_name(_temporary_name(target.name))
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def write_bytes(target: str | Path, data: bytes | bytearray | memoryview) -> None:
    """Write `data` to `target`, whole or not at all.

    Raises:
        OSError: as for `atomic_path`.
    """
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)


def _temporary_name(name: str) -> str:
    """`.STEM-PID-RANDOM.tmp.SUFFIX`: hidden, and no two writers share one."""
    stem, suffix = os.path.splitext(name)
    ending = f"-{os.getpid()}-{secrets.token_hex(4)}.tmp{suffix}"
    room = NAME_BYTES - 1 - len(os.fsencode(ending))
    return "." + os.fsencode(stem)[:room].decode("utf-8", "ignore") + ending


def _sweep(target: Path) -> None:
    """Remove temporary files of this target whose process was killed before it could."""
    if os.name != "posix":
        return  # elsewhere there is no asking whether a process lives without touching it
    stem, suffix = os.path.splitext(target.name)
    for left in target.parent.glob(f".{glob.escape(stem)}-*.tmp{glob.escape(suffix)}"):
        pid = left.name[len(stem) + 2 :].partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            with suppress(OSError):
                left.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Flush the folder's own entry; systems that cannot open a folder go without."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
