"""Text files are UTF-8 and nothing else; another encoding is named with the line where it shows."""

from __future__ import annotations

from scrm_helpers.tables.reading.files import refused

BOM = b"\xef\xbb\xbf"
_CHUNK = 16 * 1024**2


def refuse_other_encodings(content: bytes, table: str, file: str) -> None:
    """Pass strict UTF-8, with at most one byte order mark and without zero bytes."""
    start = content[:4]
    save = "Save the file as CSV UTF-8."
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise refused(table, file, "The file is UTF-16 text, not UTF-8.", save, lines=(1,))
    if content.startswith(BOM * 2):
        raise refused(table, file, "The file starts with two byte order marks.", save, lines=(1,))
    position = content.find(b"\x00")
    if position >= 0:
        line = content.count(b"\n", 0, position) + 1
        likely = content.count(b"\x00", 0, 4096) > len(content[:4096]) // 4
        what = "The file looks like UTF-16 text, not UTF-8." if likely else "The file holds a zero byte."
        raise refused(table, file, what, save, lines=(line,))
    begin = 0
    while begin < len(content):
        end = content.find(b"\n", min(begin + _CHUNK, len(content))) + 1 or len(content)
        try:
            str(memoryview(content)[begin:end], "utf-8")
        except UnicodeDecodeError as error:
            position = begin + error.start
            line = content.count(b"\n", 0, position) + 1
            what = f"The file is not UTF-8 (byte 0x{content[position]:02x}); it is probably Latin-1 or Windows-1252."
            raise refused(table, file, what, save, lines=(line,)) from None
        begin = end
