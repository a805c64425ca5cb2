"""Writes the same files with each writer of Python and Debian, in each of its ways: write.py OUT."""

import datetime
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

OUT = sys.argv[1]
FILES = {
    "manifest.json": b'{"manifest_version": 1}',
    "icons/a.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>',
    "icons/größe.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>' * 50,
    "empty.svg": b"",
}


class Pipe(io.RawIOBase):
    """Takes bytes and cannot seek."""

    def __init__(self):
        self.parts = []

    def writable(self):
        return True

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)


def save(name, content):
    with open(os.path.join(OUT, name + ".zip"), "wb") as file:
        file.write(content)


def standard_library():
    methods = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}
    for method, number in methods.items():
        for zip64 in (False, True):
            for to in (io.BytesIO(), Pipe()):
                with zipfile.ZipFile(to, "w", number) as archive:
                    for name, content in FILES.items():
                        with archive.open(name, "w", force_zip64=zip64) as member:
                            member.write(content)
                content = to.getvalue() if isinstance(to, io.BytesIO) else b"".join(to.parts)
                save(f"python-{method}-{zip64}-{type(to).__name__}", content)


def packages():
    import stream_zip
    import zipfly
    import zipstream

    now = datetime.datetime(2026, 1, 1)
    modes = {
        "zip32": stream_zip.ZIP_32,
        "zip64": stream_zip.ZIP_64,
        "auto": None,
        "stored": stream_zip.NO_COMPRESSION_32,
    }
    for mode, method in modes.items():
        members = (
            (name, now, 0o644, method or stream_zip.ZIP_AUTO(len(content)), [content]) for name, content in FILES.items()
        )
        save(f"stream-zip-{mode}", b"".join(stream_zip.stream_zip(members)))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for sized in (False, True):
            archive = zipstream.ZipStream(compress_type=method, sized=sized and method == zipfile.ZIP_STORED)
            for name, content in FILES.items():
                archive.add(content, name)
            save(f"zipstream-ng-{method}-{sized}", b"".join(archive))
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, (name, content) in enumerate(FILES.items()):
            path = os.path.join(folder, str(number))
            with open(path, "wb") as file:
                file.write(content)
            paths.append({"fs": path, "n": name})
        save("zipfly", b"".join(zipfly.ZipFly(paths=paths).generator()))


def programs():
    ways = {
        "zip": ["-qr", "{out}", "."],
        "zip-stored": ["zip", "-qr0", "{out}", "."],
        "zip-fast": ["zip", "-qr1", "{out}", "."],
        "zip-best": ["zip", "-qr9X", "{out}", "."],
        "zip-no-folders": ["zip", "-qrD", "{out}", "."],
        "7z": ["7z", "a", "-tzip", "{out}", "."],
        "7z-stored": ["7z", "a", "-tzip", "-mx=0", "{out}", "."],
        "7z-utf8": ["7z", "a", "-tzip", "-mcu=on", "{out}", "."],
        "jar": ["jar", "-cfM", "{out}", "."],
        "jar-stored": ["jar", "-cfM0", "{out}", "."],
        "bsdtar": ["bsdtar", "-a", "-cf", "{out}", "manifest.json", "icons", "empty.svg"],
    }
    ways["zip"] = ["zip", *ways["zip"]]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILES.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        for name, command in ways.items():
            if shutil.which(command[0]) is None:
                continue
            out = os.path.join(os.path.abspath(OUT), name + ".zip")
            command = [part.format(out=out) for part in command]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


os.makedirs(OUT, exist_ok=True)
standard_library()
packages()
programs()
