"""Ticks, signatures and stamps where other editions have them: zones without borders, boxes far from their words."""
import io

import pikepdf

import build
import fill
import post
import webpage as page
from build import acroform, annotated, drawn
from edition import Edition
from editions import SPLIT43

OPEN = Edition("zones-without-borders", fonts=("Lato", "Lato-B"), margin=36, label="above", line="rule", tick_side="right", pages=SPLIT43)


def marks(c):
    zones(c)


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
