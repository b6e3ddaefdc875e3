"""Files and folders of a run, as core/run of Equipoise has them."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import struct
import time
import weakref
from pathlib import Path

_LONGEST_SLUG = 120  # bytes
_HASH_DIGITS = 8

# Beyond ASCII: what is no letter, digit or mark of one, as core/run/slug.cpp has it.
_NO_LETTERS = (
    (0x80, 0xA9), (0xAB, 0xB4), (0xB6, 0xB9), (0xBB, 0xBF), (0xD7, 0xD7),
    (0xF7, 0xF7), (0x2000, 0x2BFF), (0x2E00, 0x2E7F), (0x3000, 0x3004), (0x3007, 0x3020),
    (0xD800, 0xF8FF), (0xFE00, 0xFE6F), (0xFEFF, 0xFF0F), (0xFF1A, 0xFF20), (0xFFF0, 0xFFFF),
    (0x1F000, 0x1FAFF), (0xE0000, 0x10FFFF),
)  # fmt: skip

# As core/run/journal.cpp has them.
_NETWORK_TYPES = frozenset((
    0x6969,  # NFS
    0x517B,  # SMB
    0xFF534D42,  # CIFS
    0xFE534D42,  # SMB2
    0x0BD00BD0,  # Lustre
    0x47504653,  # GPFS
    0x19830326,  # BeeGFS
    0x00C36400,  # Ceph
    0x20030528,  # OrangeFS
    0xAAD7AAEA,  # PanFS
    0x5346414F,  # AFS
    0x73757245,  # Coda
    0x564C,  # NCP
    0x01021997,  # 9P
    0x65735546,  # FUSE, such as sshfs: it may be any
))  # fmt: skip


def _is_letter(character: str) -> bool:
    code = ord(character)
    if code < 0x80:
        return character.isalnum()
    return not any(first <= code <= last for first, last in _NO_LETTERS)


def slug_of(name: str) -> str:
    """A name as a part of a folder's: letters and digits, hyphens between words."""
    slug = ""
    for character in name:
        if _is_letter(character):
            slug += character.lower() if character.isascii() else character
        elif slug and not slug.endswith("-"):
            slug += "-"
    slug = slug.rstrip("-")
    if not slug:
        return "run"
    if len(slug.encode()) <= _LONGEST_SLUG:
        return slug
    kept = slug.encode()[: _LONGEST_SLUG - _HASH_DIGITS - 1].decode(errors="ignore").rstrip("-")
    return f"{kept}-{hashlib.sha256(name.encode()).hexdigest()[:_HASH_DIGITS]}"


def sync_folder(folder: Path) -> None:
    """So that what was made or renamed in it survives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # the file system cannot
            raise
    finally:
        os.close(descriptor)


def write_atomically(file: Path, text: str) -> None:
    """The file has the whole text, or is as it was."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with open(unfinished, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.rename(unfinished, file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def make_run_folder(workspace: Path, name: str) -> Path:
    """`20261123-093512-two-digits`, with a number behind it when that is taken."""
    workspace.mkdir(parents=True, exist_ok=True)
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{slug_of(name)}"
    number = 1
    while True:
        folder = workspace / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        sync_folder(workspace)
        return folder


def is_network_file_system(type_number: int) -> bool:
    """By the type that statfs(2) tells: where SQLite's WAL, which needs one host, does not serve."""
    return type_number & 0xFFFFFFFF in _NETWORK_TYPES


def is_on_network(folder: Path) -> bool:
    """Where the system does not say, it is taken for local, as by Equipoise itself."""
    found = ctypes.create_string_buffer(256)  # struct statfs, whose first field is the type
    if ctypes.CDLL(None, use_errno=True).statfs(os.fsencode(folder), found) != 0:
        return False
    return is_network_file_system(struct.unpack_from("l", found)[0])


_locks: weakref.WeakSet[RunLock] = weakref.WeakSet()


class RunLock:
    """The right to write a run folder. The system takes it back when the process ends, however it
    ends; processes that are forked from it, such as those that load data, do not have it."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        whole_file = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, whole_file)
        except OSError:
            self.release()
            raise
        _locks.add(self)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def _release_all() -> None:
    for lock in _locks:
        lock.release()


os.register_at_fork(after_in_child=_release_all)
