"""How does an Office file become a PDF? By LibreOffice from Debian, without a screen, inside the cage.

Each run has a profile of its own in the cage's folder, in which macros, updates of links and content from elsewhere are
switched off (the cage has no network in any case). The filter is the one for what the file is, not for what
LibreOffice might guess. `soffice.bin` is run directly: its launcher would need new processes, which a cage has not.

A fresh profile makes LibreOffice prepare itself and ask to be started again (status 81); a profile that names its
build already doesn't. A cold start costs 1.4 s where a warm LibreOffice would need 0.1 s (see `bench documents`); but a
warm one sees one stranger's file after another's in one process, and what the first leaves there meets the second.
"""

import configparser
import functools
from pathlib import Path

from backend.adapters.cage import Cage, Limits
from backend.domain.documents import DocumentType
from backend.errors import ConversionFailed, WorkDied

_PROGRAM = Path("/usr/lib/libreoffice/program")
_LIMITS = Limits(memory_bytes=4 << 30, cpu_s=60, wall_s=90, silence_s=90, file_bytes=256 << 20)
_FILTERS: dict[str, tuple[str, str]] = {
    "doc": ("MS Word 97", "writer_pdf_Export"),
    "docx": ("MS Word 2007 XML", "writer_pdf_Export"),
    "odt": ("writer8", "writer_pdf_Export"),
    "ppt": ("MS PowerPoint 97", "impress_pdf_Export"),
    "pptx": ("Impress MS PowerPoint 2007 XML", "impress_pdf_Export"),
    "odp": ("impress8", "impress_pdf_Export"),
}
_EXPORT = (
    '{"Quality":{"type":"long","value":"88"},"ReduceImageResolution":{"type":"boolean","value":"true"},'
    '"MaxImageResolution":{"type":"long","value":"200"},"ExportNotes":{"type":"boolean","value":"false"},'
    '"ExportFormFields":{"type":"boolean","value":"false"}}'
)
_OPTIONS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisablePythonRuntime", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "CheckDocumentEvents", "false"),
    ("Office.Common/Misc", "FirstRun", "false"),
    ("Office.Common/Save/Document", "CreateBackup", "false"),
    ("Office.Writer/Content/Update", "Link", "2"),
    ("Office.Writer/Content/Update", "Field", "false"),
    ("Office.Recovery/AutoSave", "Enabled", "false"),
    ("Office.Java/VirtualMachine", "Enable", "false"),
    ("Inet/Settings", "ooInetProxyType", "0"),
)


def convert(cage: Cage, name: str, found: DocumentType, most_bytes: int) -> bytes:
    """Convert the Office file `name` in the cage's folder into a PDF's bytes.

    Raises WorkDied saying which limit it met, or `crash` where LibreOffice could make nothing of it, and
    ConversionFailed where there is no LibreOffice.
    """
    read_as, write_as = _FILTERS[found]
    if not (_PROGRAM / "soffice.bin").exists():
        raise ConversionFailed("LibreOffice is not installed (Debian: libreoffice-writer-nogui, -impress-nogui).")
    for folder, files in _profile().items():
        cage.put_folder(f"profile/{folder}", files)
    target = f"pdf:{write_as}:{_EXPORT}"
    started = command(f"file://{cage.inside('profile')}", cage.inside(""), target, f"--infilter={read_as}")
    for _ in cage.lines([*started, cage.inside(name)], _LIMITS):
        pass
    try:
        return cage.take(f"{Path(name).stem}.pdf", most_bytes)
    except WorkDied as problem:
        raise WorkDied("crash", "LibreOffice made no PDF of it.") from problem


def command(profile: str, into: str, target: str, *options: str) -> list[str]:
    """The command line, to which the files to convert are added."""
    quiet = ("--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck")
    started = [str(_PROGRAM / "soffice.bin"), f"-env:UserInstallation={profile}"]
    return [*started, *quiet, *options, "--convert-to", target, "--outdir", into]


def write_profile(folder: Path) -> None:
    """Write the profile for a run outside of any cage: on our own files only (`bench documents`)."""
    for place, files in _profile().items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / place / name).write_bytes(content)


def _profile() -> dict[str, dict[str, bytes]]:
    return {
        "user/extensions": {"buildid": _build().encode()},
        "user": {"registrymodifications.xcu": _options().encode()},
    }


@functools.cache
def _build() -> str:
    """LibreOffice's name for its own build."""
    about = configparser.ConfigParser(interpolation=None)
    about.read(_PROGRAM / "versionrc")
    return about.get("Version", "buildid", fallback="")


def _options() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>"
        for path, name, value in _OPTIONS
    )
    spaces = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<oor:items {spaces}>{items}</oor:items>'
