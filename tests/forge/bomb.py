#!/usr/bin/env python3
"""Writes fixtures/hostile/drawing-that-unpacks-to-400-mib.pdf: one page whose content, packed twice, is
755 bytes. (Made once: packing takes the tests' own code minutes.)"""

import pathlib
import zlib

OUT = pathlib.Path(__file__).parents[2] / "fixtures/hostile/drawing-that-unpacks-to-400-mib.pdf"
packed = zlib.compress(zlib.compress(bytes(400 << 20), 9), 9)
objects = [
    b"<</Length %d /Filter[/FlateDecode/FlateDecode]>>\nstream\n%s\nendstream" % (len(packed), packed),
    b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 595 842]/Contents 1 0 R>>",
    b"<</Type/Pages/Count 1/Kids[2 0 R]>>",
    b"<</Type/Catalog/Pages 3 0 R>>",
]
file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
for number, body in enumerate(objects, 1):
    table += b"%010d 00000 n \n" % len(file)
    file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
file += table + b"trailer\n<</Size %d /Root 4 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))
OUT.parent.mkdir(exist_ok=True)
OUT.write_bytes(file)
print(OUT, len(file))
