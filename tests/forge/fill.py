"""What a person puts on the form: typed words, ticks, signature and stamp, drawn as page content or as annotations."""
import io
import math
import random

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageDraw
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics

from edition import use


class Filler:
    """`draw`: words and ticks become page content. Otherwise only the zones do (the rest is for AcroForm or annotations)."""

    def __init__(self, answers, draw=True, font="Helvetica", size=9, tick="path", signature="strokes", stamp="frame", per_glyph=False, ink="#10207a", seed=1, sink=1.0):
        self.a, self.draw, self.font, self.size, self.tick_style = answers, draw, use(font), size, tick
        self.signature, self.stamp, self.per_glyph, self.ink, self.sink = signature, stamp, per_glyph, ink, sink
        self.random = random.Random(seed)

    def ticked(self, key):
        return self.draw and key in self.a.ticks

    def text(self, sheet, key, box):
        words = self.a.texts.get(key)
        if not self.draw or not words:
            return
        _, x0, y0, x1, y1 = box
        c, size = sheet.c, self.size
        lines = words.split("\n")
        if len(lines) == 1 and key == "purpose":
            lines = simpleSplit(words, self.font, size, x1 - x0)
        while size > 4.5 and max(pdfmetrics.stringWidth(line, self.font, size) for line in lines) > x1 - x0:
            size -= 0.25
        c.saveState()
        c.setFillColor(HexColor(self.ink))
        c.setFont(self.font, size)
        if len(lines) == 1:
            y = (y0 + y1) / 2 - size * 0.35 * self.sink
        else:
            y = (y0 + y1) / 2 + (len(lines) / 2 - 1) * size * 1.1 + size * 0.2
        for line in lines:
            if self.per_glyph:
                x = x0
                for ch in line:
                    if ch != " ":
                        c.drawString(x, y, ch)
                    x += pdfmetrics.stringWidth(ch, self.font, size)
            else:
                c.drawString(x0, y, line)
            y -= size * 1.1
        c.restoreState()

    def tick(self, sheet, key, box):
        _, x0, y0, x1, y1 = box
        c, style, w = sheet.c, self.tick_style, x1 - x0
        c.saveState()
        c.setStrokeColor(HexColor(self.ink))
        c.setFillColor(HexColor(self.ink))
        c.setLineWidth(1.3)
        if style == "path":
            p = c.beginPath()
            p.moveTo(x0 + 1, y0 + w * 0.5)
            p.lineTo(x0 + w * 0.4, y0 + 1)
            p.lineTo(x1 + 1, y1 + 1)
            c.drawPath(p)
        elif style == "cross":
            c.line(x0 + 1, y0 + 1, x1 - 1, y1 - 1)
            c.line(x0 + 1, y1 - 1, x1 - 1, y0 + 1)
        elif style == "filled":
            c.rect(x0 + 1.5, y0 + 1.5, w - 3, w - 3, stroke=0, fill=1)
        elif style in ("x", "X"):
            c.setFont(self.font, w)
            c.drawString(x0 + w * 0.22, y0 + w * 0.2, style)
        elif style == "check-glyph":
            c.setFont(use("DejaVu"), w)
            c.drawString(x0 + 1, y0 + 1, "✓")
        elif style == "dingbat":
            c.setFont("ZapfDingbats", w)
            c.drawString(x0 + 1, y0 + 1.3, "4")
        elif style == "glyph-in-place":
            c.setFont(use("DejaVu"), w + 1)
            c.drawString(x0, y0 + 1, "☒")
        else:
            raise ValueError(style)
        c.restoreState()

    def zone(self, sheet, key, box):
        style = self.signature if key == "signature" else self.stamp
        _, x0, y0, x1, y1 = box
        c = sheet.c
        c.saveState()
        if style == "strokes":
            c.setStrokeColor(HexColor("#0c1c6a"))
            c.setLineWidth(1.1)
            c.drawPath(scribble(c, self.random, x0 + 8, y0 + 4, min(x1, x0 + 150), y1 - 4))
        elif style == "image":
            c.drawImage(ImageReader(scribble_picture(self.random)), x0 + 10, y0 + 4, min(110, x1 - x0 - 14), min(44, y1 - y0 - 6), mask="auto")
        elif style == "typed":
            c.setFillColor(HexColor("#0c1c6a"))
            c.setFont("Times-Italic", 15)
            c.drawString(x0 + 10, (y0 + y1) / 2 - 4, f"{self.a.texts.get('first', '')[:1]}. {self.a.texts.get('last', '')}")
        elif style == "frame":
            draw_stamp(c, self.a.stamp_words, x0 + 8, y0 + 3, min(150, x1 - x0 - 12), min(44, y1 - y0 - 4))
        elif style == "stamp-image":
            c.drawImage(ImageReader(stamp_picture(self.a.stamp_words)), x0 + 8, y0 + 3, min(140, x1 - x0 - 12), min(44, y1 - y0 - 4))
        elif style == "round":
            r = min(y1 - y0, x1 - x0) / 2 - 2
            c.setStrokeColor(HexColor("#7a1030"))
            c.setLineWidth(1.5)
            c.circle(x0 + 12 + r, y0 + 2 + r, r)
            c.circle(x0 + 12 + r, y0 + 2 + r, r * 0.72)
        elif style == "words":
            c.setFillColor(HexColor("#222266"))
            c.setFont(self.font, 8)
            for i, line in enumerate(self.a.stamp_words):
                c.drawString(x0 + 8, y1 - 12 - 10 * i, line)
        c.restoreState()


def scribble(c, r, x0, y0, x1, y1):
    p = c.beginPath()
    mid, high = (y0 + y1) / 2, (y1 - y0) / 2
    p.moveTo(x0, mid)
    n, x = 5, x0
    for _ in range(n):
        step = (x1 - x0) / n
        p.curveTo(x + step * 0.3, mid + r.uniform(0.5, 1) * high, x + step * 0.5, mid - r.uniform(0.5, 1) * high, x + step, mid + r.uniform(-0.4, 0.4) * high)
        x += step
    return p


def scribble_picture(r):
    im = Image.new("RGBA", (220, 90), (255, 255, 255, 0))
    d = ImageDraw.Draw(im)
    phase = r.uniform(0, 3)
    d.line([(10 + t, 45 + 34 * math.sin(t / 14 + phase) * math.cos(t / 37)) for t in range(200)], fill=(20, 30, 120, 255), width=4)
    return im


def stamp_picture(words):
    im = Image.new("RGB", (280, 90), "white")
    d = ImageDraw.Draw(im)
    d.rectangle((3, 3, 276, 86), outline=(120, 20, 40), width=4)
    for i, line in enumerate(words):
        d.text((14, 14 + 20 * i), line.encode("latin-1", "replace").decode("latin-1"), fill=(120, 20, 40))
    return im


def draw_stamp(c, words, x, y, w, h):
    c.setStrokeColor(HexColor("#333355"))
    c.setFillColor(HexColor("#333355"))
    c.setLineWidth(1.4)
    c.roundRect(x, y, w, h, 4)
    c.setFont("Helvetica", 6.5)
    for i, line in enumerate(words):
        c.drawString(x + 6, y + h - 12 - 9 * i, line)


# Annotations, added to a finished page

def text_string(words):
    try:
        return pikepdf.String(words)
    except ValueError:
        return words


def appearance(pdf, words, w, h, size, font="Helv", colour="0 0 0.5 rg", comb=0, x=2.0):
    """A form XObject that draws the words in WinAnsi Helvetica, one line after the other."""
    lines = words.split("\n")
    out = ["/Tx BMC q BT", f"/{font} {size} Tf {colour}"]
    y = h / 2 - size * 0.35 if len(lines) == 1 else h - size * 1.15
    if comb:
        cell = w / comb
        last = 0.0
        for i, ch in enumerate(words):
            at = i * cell + cell / 2 - size * 0.28
            out.append(f"{at - last:.2f} {y if i == 0 else 0:.2f} Td ({escape(ch)}) Tj")
            last = at
    else:
        for i, line in enumerate(lines):
            out.append(f"{x if i == 0 else 0} {y if i == 0 else -size * 1.15:.2f} Td ({escape(line)}) Tj")
    out.append("ET Q EMC")
    xobject = Stream(pdf, "\n".join(out).encode("cp1252", "replace"))
    xobject.Type, xobject.Subtype, xobject.BBox = Name.XObject, Name.Form, Array([0, 0, w, h])
    xobject.Resources = Dictionary(Font=Dictionary({"/" + font: helvetica()}))
    return pdf.make_indirect(xobject)


def helvetica():
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)


def escape(words):
    return words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def annotate(pdf, page, annotation):
    page = pdf.pages[page]
    if Name.Annots not in page:
        page.Annots = Array()
    page.Annots.append(pdf.make_indirect(annotation))


def free_text(pdf, box, words, size=9, drawn=True):
    page, x0, y0, x1, y1 = box
    note = Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=Array([x0, y0, x1, y1]), Contents=words, DA=pikepdf.String(f"/Helv {size} Tf 0 0 0.5 rg"), F=4)
    if drawn:
        note.AP = Dictionary(N=appearance(pdf, words, x1 - x0, y1 - y0, size))
    annotate(pdf, page, note)


def annotate_answers(data, boxes, answers, tick="x", only=None, size=8.5):
    """Types the answers over the form with a viewer's "add text" tool: one FreeText annotation each."""
    pdf = pikepdf.open(io.BytesIO(data))
    for key, words in answers.texts.items():
        if key in boxes and words and (only is None or key in only):
            _, x0, _, x1, _ = boxes[key]
            small = size
            while small > 5 and max(pdfmetrics.stringWidth(line, "Helvetica", small) for line in words.split("\n")) > x1 - x0 - 3:
                small -= 0.25
            free_text(pdf, boxes[key], words, small)
    for key in sorted(answers.ticks):
        page, x0, y0, x1, y1 = boxes[key]
        if tick == "ink":
            ink(pdf, (page, x0, y0, x1, y1), [[x0, y0, x1, y1], [x0, y1, x1, y0]])
        else:
            free_text(pdf, (page, x0 - 1, y0 - 1, x1 + 4, y1 + 3), tick, 9)
    return saved(pdf)


def ink(pdf, box, strokes):
    page, x0, y0, x1, y1 = box
    path = "".join(f"{s[0] - x0:.1f} {s[1] - y0:.1f} m " + "".join(f"{s[i] - x0:.1f} {s[i + 1] - y0:.1f} l " for i in range(2, len(s), 2)) + "S\n" for s in strokes)
    xobject = Stream(pdf, ("0 0 0.6 RG 1.2 w\n" + path).encode())
    xobject.Type, xobject.Subtype, xobject.BBox = Name.XObject, Name.Form, Array([0, 0, x1 - x0, y1 - y0])
    annotate(pdf, page, Dictionary(Type=Name.Annot, Subtype=Name.Ink, Rect=Array([x0, y0, x1, y1]), F=4, C=Array([0, 0, 0.6]),
                                   InkList=Array([Array(s) for s in strokes]), AP=Dictionary(N=pdf.make_indirect(xobject))))


def sign_with_ink(data, boxes):
    pdf = pikepdf.open(io.BytesIO(data))
    page, x0, y0, x1, y1 = boxes["signature"]
    strokes = [sum(([x0 + 10 + t, (y0 + y1) / 2 + 14 * math.sin(t / 9)] for t in range(0, 110, 4)), [])]
    ink(pdf, (page, x0 + 5, y0 + 2, min(x1, x0 + 130), y1 - 2), strokes)
    return saved(pdf)


def put_stamp_annotation(data, boxes, key, words):
    """A /Stamp annotation with a picture, as viewers paste signatures and stamps."""
    pdf = pikepdf.open(io.BytesIO(data))
    page, x0, y0, x1, y1 = boxes[key]
    picture = stamp_picture(words)
    image = Stream(pdf, picture.tobytes())
    image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, picture.width, picture.height
    image.ColorSpace, image.BitsPerComponent = Name.DeviceRGB, 8
    w, h = min(130, x1 - x0 - 8), min(40, y1 - y0 - 4)
    xobject = Stream(pdf, f"q {w} 0 0 {h} 0 0 cm /Im0 Do Q".encode())
    xobject.Type, xobject.Subtype, xobject.BBox = Name.XObject, Name.Form, Array([0, 0, w, h])
    xobject.Resources = Dictionary(XObject=Dictionary(Im0=pdf.make_indirect(image)))
    annotate(pdf, page, Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([x0 + 4, y0 + 2, x0 + 4 + w, y0 + 2 + h]), F=4, Name=Name("/Tampon"),
                                   AP=Dictionary(N=pdf.make_indirect(xobject))))
    return saved(pdf)


def saved(pdf, **options):
    out = io.BytesIO()
    if "encryption" not in options:
        options["deterministic_id"] = True
    pdf.save(out, **options)
    return out.getvalue()
