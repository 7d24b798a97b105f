"""Ticks, signatures and stamps where other editions have them: zones without borders, boxes far from their words."""
import io

import pikepdf

import build
import fill
import post
import webpage as page
from build import acroform, annotated, drawn
from edition import Edition
from editions import LONG, SPLIT43

OPEN = Edition("zones-without-borders", fonts=("Lato", "Lato-B"), margin=36, label="above", line="rule", tick_side="right", pages=SPLIT43)
CIRCLES = Edition("circles-right", fonts=("LibSans", "LibSans-B"), pt=8, margin=30, role="list", tick_side="right", tick="circle", terms=True, pages=LONG, zones="columns")
BRACKETS = Edition("brackets-right", fonts=("Times-Roman", "Times-Bold"), pt=7, margin=30, tick_side="right", tick="brackets", terms=True, pages=SPLIT43, zones="swapped")
FAR = Edition("boxes-at-the-margin", fonts=("Carlito", "Carlito-B"), pt=8.5, role="list", tick_side="far", terms=True, pages=SPLIT43, zones="stacked")
BULLETS = Edition("bullets-and-boxes", fonts=("LibSans", "LibSans-B"), pt=8, role="list", tick_side="right", bullet="■", terms=True, pages=SPLIT43, zones="stacked")
GLYPHS = Edition("glyphs-in-a-row", fonts=("DejaVu", "DejaVu-B"), pt=7.5, tick="glyph", pages=SPLIT43)
LETTERS = Edition("boxes-are-letters", fonts=("LibSans", "LibSans-B"), pt=8, tick="letter", terms=True, pages=SPLIT43, zones="swapped")


def marks(c):
    zones(c)
    ticks(c)


def ticks(c):
    for ed, tick in ((CIRCLES, "x"), (BRACKETS, "path"), (FAR, "cross"), (GLYPHS, "x")):
        a = c.ok(certs=("org", "pro"))
        c.add(f"{ed.name}.drawn", drawn(ed, a, tick=tick), a)
    c.add(f"{CIRCLES.name}.blank", build.blank(CIRCLES, "fields"), c.nothing_read("form_blank"))
    a = c.ok()
    c.add(f"{BRACKETS.name}.annotations", annotated(BRACKETS, a), a)
    a = c.ok(certs=("org", "ssl", "smime", "pro"))
    c.add(f"{GLYPHS.name}.fields", acroform(GLYPHS, a, radio=True, drawn=False), a)
    for ed in (CIRCLES, FAR):
        a = c.ok("clinic").find("rejected", ("missing", "/declaration/terms_accepted"))
        c.add(f"terms-not-ticked-{ed.name}.drawn", drawn(ed, a, terms=False), a)
    a = c.ok("clinic", certs=("ssl",)).find("review", ("low_confidence", "/declaration/terms_accepted"))
    data = drawn(LETTERS, a, terms=False)
    c.add(f"{LETTERS.name}.drawn", data, a)


def zones(c):
    for name, sign, stamp, finding in (("signature-missing-stamp-there", "none", "frame", "signature"), ("stamp-missing-signature-there", "strokes", "none", "stamp")):
        a = c.ok("clinic").find("rejected", ("missing", f"/declaration/{finding}"))
        a.want[finding] = "none" if finding == "signature" else False
        c.add(f"{name}-no-borders.drawn", drawn(OPEN, a, signature=sign, stamp=stamp), a)
    a = c.ok("clinic", certs=("ssl",)).find("review", ("low_confidence", "/declaration/signature"), ("low_confidence", "/declaration/stamp"))
    a.want["signature"], a.want["stamp"] = "none", False
    data, boxes = drawn(OPEN, a, signature="none", stamp="none")
    n, x0, y0, x1, y1 = boxes["signature"]
    wave = [x1 - 70, y0 + 20, x1 - 20, y1 - 20, x1 + 20, y0 + 20, x1 + 70, y1 - 20]
    pdf = pikepdf.open(io.BytesIO(data))
    fill.ink(pdf, (n, x1 - 72, y0 + 15, x1 + 72, y1 - 15), [wave])
    c.add("one-mark-over-both-zones.annotations", fill.saved(pdf), a)
    dotted = page.STYLE + ".z{border-top:1px dotted #333;border-bottom:1px dotted #333}.z>div{border:0}input[type=text]{border:0;border-bottom:1px dotted #333}"
    a = c.ok("clinic").find("rejected", ("missing", "/declaration/stamp"))
    a.want["stamp"] = False
    c.add("browser-page-dotted-zones-stamp-missing.printed", post.chromium(page.page(a, stamp=False, style=dotted)), a)
    c.add("browser-page-dotted-zones.blank", post.chromium(page.page(build.nothing(a.team), signature=False, stamp=False, style=dotted)), c.nothing_read("form_blank"))


def bullets(c):
    a = c.ok(certs=("org", "pro"))
    c.add(f"{BULLETS.name}.drawn", drawn(BULLETS, a, tick="cross"), a)
