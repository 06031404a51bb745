"""The file itself: a ZIP that is the same bytes for the same members, and is opened with care.

Whoever opens one does not know who made it: nothing is written to a disk, no name is trusted, and
no more is unpacked than evidence ever has.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping

MOST_BYTES = 64_000_000
MOST_MEMBERS = 4_000
MANIFEST = "manifest.json"

# A ZIP keeps no earlier instant; what was written when is told inside.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16
_UNIX = 3
_ENCRYPTED = 0x1
_KINDS = 0o170000 << 16
_SYMBOLIC_LINK = 0o120000 << 16


class EvidenceUnreadable(Exception):
    """The file is no evidence this program opens; the sentence says why."""


def pack(members: Mapping[str, bytes]) -> bytes:
    """The members as one ZIP, stored in the order of their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, _NO_TIME)
            member.external_attr = _READABLE_FILE
            member.create_system = _UNIX
            archive.writestr(member, members[name])
    return buffer.getvalue()


def unpack(raw: bytes) -> dict[str, bytes]:
    """The members of a ZIP by name; raises EvidenceUnreadable."""
    if len(raw) > MOST_BYTES:
        raise EvidenceUnreadable(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            listed = archive.infolist()
            _refuse_list(listed)
            return {member.filename: _read(archive, member) for member in listed}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError) as error:
        raise EvidenceUnreadable("The file is not a whole ZIP.") from error
    except (ValueError, OSError, RuntimeError) as error:  # what zipfile says of odd headers
        raise EvidenceUnreadable("The ZIP is of a kind that is not opened here.") from error


def _refuse_list(listed: list[zipfile.ZipInfo]) -> None:
    if len(listed) > MOST_MEMBERS:
        raise EvidenceUnreadable(f"The ZIP has more than {MOST_MEMBERS} members.")
    if sum(member.file_size for member in listed) > MOST_BYTES:
        raise EvidenceUnreadable(
            f"Unpacked, the members would be larger than {MOST_BYTES // 1_000_000} MB."
        )
    for member in listed:
        _refuse_member(member)
    names = [member.filename for member in listed]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EvidenceUnreadable(f"The member {twice[0]!r} is there twice.")


def _refuse_member(member: zipfile.ZipInfo) -> None:
    # ZipInfo cuts a name at a NUL and turns the system's separator, so the name as written counts.
    name = member.orig_filename
    parts = name.split("/")
    if name != member.filename or "\\" in name or ":" in name or not name.isprintable():
        raise EvidenceUnreadable(f"The member name {name!r} is not a plain one.")
    if not all(parts) or {".", ".."} & set(parts):
        raise EvidenceUnreadable(f"The member name {name!r} leads out of the file.")
    if member.flag_bits & _ENCRYPTED:
        raise EvidenceUnreadable(f"The member {name!r} is encrypted.")
    if member.external_attr & _KINDS == _SYMBOLIC_LINK:
        raise EvidenceUnreadable(f"The member {name!r} is a link.")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """One member; never more of it than its own entry says, whatever its bytes unpack to."""
    with archive.open(member) as stream:
        content = stream.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise EvidenceUnreadable(f"The member {member.filename!r} is not as long as it says.")
    return content
