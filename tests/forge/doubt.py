"""What is not seen whole, or may be two things: a person has to look."""
import io

import pikepdf
from reportlab.pdfbase import pdfmetrics

import build
import fill
from build import acroform, annotated, drawn
from edition import Edition
from editions import SPLIT43

BOXED = Edition("boxed-zones-columns", fonts=("LibSans", "LibSans-B"), pt=8, pages=SPLIT43, zones="columns")
STACKED = Edition("boxed-zones-stacked", fonts=("Carlito", "Carlito-B"), pt=8.5, pages=SPLIT43, zones="stacked")


def doubt(c):
    c.n = 12000
    cut(c)
    both(c)


def cut(c):
    # the annotation's box ends before its text does
    a = c.ok("clinic", certs=("ssl",)).find("review", ("low_confidence", "/signatory/email"))
    data, boxes = annotated(BOXED, a)
    pdf = pikepdf.open(io.BytesIO(data))
    words = a.texts["email"]
    for note in (note for page in pdf.pages for note in page.get("/Annots", [])):
        if str(note.get("/Contents", "")) == words:
            size = float(str(note.DA).split()[1])
            wide = pdfmetrics.stringWidth(words[:-1], "Helvetica", size) + 2.3
            note.Rect[2] = float(note.Rect[0]) + wide
            note.AP.N.BBox[2] = wide
    c.add("typed-text-cut-by-its-box.annotations", fill.saved(pdf), a)
    # the drawing was not made anew when the text was
    a = c.ok("ehpad", certs=("org",)).find("review", ("low_confidence", "/signatory/card"))
    data, boxes = annotated(STACKED, a)
    pdf = pikepdf.open(io.BytesIO(data))
    for note in (note for page in pdf.pages for note in page.get("/Annots", [])):
        if str(note.get("/Contents", "")) == a.texts["card"]:
            note.AP.N.write(note.AP.N.read_bytes().replace(a.texts["card"].encode(), a.texts["card"][:-1].encode()))
    c.add("typed-text-drawn-shorter.annotations", fill.saved(pdf), a)
    # words of the page under a clip path of their own
    a = c.ok("lab", certs=("pro",)).find("review", ("low_confidence", "/signatory/email"))
    words, a.texts["email"] = a.texts["email"], ""
    data, boxes = drawn(BOXED, a)
    pdf = pikepdf.open(io.BytesIO(data))
    n, x0, y0, x1, y1 = boxes["email"]
    page, wide = pdf.pages[n], pdfmetrics.stringWidth(words[:-1], "Helvetica", 8) + 0.3
    name = page.add_resource(pdf.make_indirect(fill.helvetica()), pikepdf.Name.Font)
    page.contents_add(f"q {x0} {y0} {wide:.2f} {y1 - y0} re W n BT {name} 8 Tf {x0} {(y0 + y1) / 2 - 3:.1f} Td ({words}) Tj ET Q".encode())
    c.add("words-cut-by-a-clip.drawn", fill.saved(pdf), a)


def both(c):
    """Signed and stamped in one box."""
    for edition, zone, other in ((BOXED, "signature", "stamp"), (STACKED, "stamp", "signature")):
        a = c.ok("clinic", certs=("ssl",)).find("review", ("low_confidence", f"/declaration/{other}"))
        a.want[other] = "none" if other == "signature" else False
        data, boxes = drawn(edition, a, signature="none", stamp="none")
        n, x0, y0, x1, y1 = boxes[zone]
        middle = (x0 + x1) / 2
        data = fill.sign_with_ink(data, {"signature": (n, x0, y0, middle - 6, y1)})
        data = fill.put_stamp_annotation(data, {"stamp": (n, middle, y0, x1, y1)}, "stamp", a.stamp_words)
        c.add(f"signed-and-stamped-in-the-{zone}-zone.annotations", data, a)
    # one mark alone stays one
    a = c.ok("clinic", certs=("ssl",)).find("rejected", ("missing", "/declaration/stamp"))
    a.want["stamp"] = False
    c.add("signed-only-with-two-strokes.drawn", drawn(BOXED, a, stamp="none", signature="strokes"), a)
