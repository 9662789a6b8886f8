"""What a file's first bytes say it is, whatever its name says."""

from __future__ import annotations

import re

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
UTF8_BOM = b"\xef\xbb\xbf"
PARQUET = b"PAR1"
ENCRYPTED_PARQUET = b"PARE"
HEAD_BYTES = 4096

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (PARQUET, "a Parquet file"),
    (ENCRYPTED_PARQUET, "an encrypted Parquet file"),
    (GZIP, "a gzip archive inside another"),
    (ZSTD, "a zstd archive inside another"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1", "an Arrow or Feather file"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x04\x22\x4d\x18", "an lz4 archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x7fELF", "a program"),
    (b"\0\0\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe\0\0", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_MARKUP = re.compile(rb"\s*<(?:\?xml|!doctype|html|[a-z]+[ >/])", re.IGNORECASE)
_JSON_START = re.compile(rb"\s*(?:\{\s*(?:\"|\}|\Z)|\[\s*(?:[\[{\"\]]|\Z))")


def looks_binary(head: bytes) -> str:
    """What kind of file that is no UTF-8 text ``head`` begins; "" if it may be text."""
    if head[:4] == b"PK\x03\x04":
        if b"[Content_Types].xml" in head or b"xl/" in head:
            return "an Excel workbook or other Office document"
        return "a zip archive"
    # ORC is three letters that a header may begin with: it needs a non-text byte after.
    for magic, words in _MAGIC:
        if head.startswith(magic) and (magic != b"ORC" or b"\0" in head[:64]):
            return words
    sample = head[:512]
    if len(sample) >= 4 and sample.count(0) * 3 > len(sample):
        return "UTF-16 or UTF-32 text without a byte order mark, or binary data"
    return ""


def looks_json(head: bytes) -> bool:
    """Whether text begins like a JSON document."""
    return _JSON_START.match(head.removeprefix(UTF8_BOM)) is not None


def looks_markup(head: bytes) -> bool:
    """Whether text begins like XML or HTML."""
    return _MARKUP.match(head.removeprefix(UTF8_BOM)) is not None


def encoding_guess(sample: bytes) -> str:
    """Which encoding text that is not UTF-8 may have, for a hint."""
    if sample.count(0) * 4 > len(sample):
        return "UTF-16"
    for encoding in ("shift_jis", "gb18030"):
        # Letters of these pair up; in 8-bit encodings accented letters mostly stand alone.
        high = sum(byte >= 0x80 for byte in sample[:4096])
        alone = len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?![\x40-\xff])", sample[:4096]))
        if high >= 8 and alone == 0:
            try:
                sample[:4096].decode(encoding)
            except UnicodeDecodeError as error:
                if error.start < min(len(sample), 4096) - 4:
                    continue
            return "a multi-byte encoding such as Shift_JIS or GB 18030"
    return "an 8-bit encoding such as Windows-1252 or ISO-8859-1"
