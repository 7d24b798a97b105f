"""Draws an edition of F413: where the labels and the boxes stand. What is written into the boxes is `fill.py`'s.

An `Edition` is a set of choices (fonts, label beside or above its box, page breaks, rows …); `Sheet` draws one and
remembers every box as (page, x0, y0, x1, y1) in points from the bottom left.
"""
import dataclasses
import io
import logging
import re

from fontTools import subset
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

import text as T
from sections import Sections

logging.getLogger("fontTools").setLevel(logging.ERROR)

FONTS = {
    "DejaVu": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "DejaVu-B": "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "DejaVuSerif": "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf", "DejaVuSerif-B": "/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf",
    "Carlito": "/usr/share/fonts/truetype/crosextra/Carlito-Regular.ttf", "Carlito-B": "/usr/share/fonts/truetype/crosextra/Carlito-Bold.ttf",
    "LibSerif": "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf", "LibSerif-B": "/usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf",
    "LibSans": "/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf", "LibSans-B": "/usr/share/fonts/truetype/liberation2/LiberationSans-Bold.ttf",
    "LibMono": "/usr/share/fonts/truetype/liberation2/LiberationMono-Regular.ttf",
    "Lato": "/usr/share/fonts/truetype/lato/Lato-Regular.ttf", "Lato-B": "/usr/share/fonts/truetype/lato/Lato-Bold.ttf",
}


STARRED = ("name", "last", "first", "phone", "email", "card", "purpose", "publisher", "solution", "date")


def use(font):
    if font in FONTS and font not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(font, small_font(FONTS[font])))
    return font


def small_font(path):
    """The same font with its Western letters and no hinting: the fixtures stay small."""
    options = subset.Options()
    options.hinting, options.notdef_outline, options.layout_features = False, True, []
    font = subset.load_font(path, options)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=[*range(32, 0x180), *range(0x2010, 0x2030), 0x20AC, 0x2116, 0x25A0, 0x2610, 0x2611, 0x2612, 0x2713, 0x2714, 0x202F])
    chosen.subset(font)
    out = io.BytesIO()
    font.save(out)
    out.seek(0)
    return out


@dataclasses.dataclass
class Edition:
    name: str
    size: tuple = A4
    margin: float = 42
    fonts: tuple = ("Helvetica", "Helvetica-Bold")
    pt: float = 8.5
    colour: str = "#1f3a7a"
    label: str = "left"            # left, above, inline
    line: str = "box"              # box, fill, rule, dots, none
    split: float = 0.37            # the label's share of the width
    height: float = 15             # of a box
    pages: tuple = (("intro", "prerequisites", "structure", "signatory", "note"), ("admins", "usage", "certificates", "declare", "send"), ("next", "notice"))
    structure_rows: tuple = (("name",), ("finess",), ("siret",), ("rpps",))
    signatory_rows: tuple = (("last",), ("first",), ("phone",), ("email",), ("card",))
    rpps: str = "lines"            # lines, grid
    admin_rows: int = 5
    admin_columns: tuple = ("card", "last", "first", "phone", "email")
    role: str = "row"              # row, list
    tick_side: str = "left"        # left, right, far (at the right margin)
    tick: str = "square"           # square, glyph, circle, brackets, letter
    bullet: str = ""               # before the words of a box at their right
    terms: bool = False            # a box beside the CGU sentence
    zones: str = "classic"         # classic, columns, stacked, swapped
    numbers: bool = True           # "3.1 " before the headings
    header: str = ""
    footer: str = "F413 - page {n}"
    words: dict = dataclasses.field(default_factory=dict)
    title: str = T.TITLE
    letters: str = "plain"         # upper, curly (typographic apostrophes, no-break space before ":"), star
    admin_break: int = 0           # the table of 4.1 goes on overleaf after this row
    admin_numbered: bool = False   # a first column that counts the rows
    house: bool = False            # the ministry's own look: letterhead, grey label cells, "Certificat ORG" in bold, a raised (1)
    trap_lines: tuple = ()         # printed between 3.2 and the note


class Sheet(Sections):
    def __init__(self, edition, filler=None, form="F413", pages=None):
        self.e, self.filler, self.form = edition, filler, form
        self.w, self.h = edition.size
        self.out = io.BytesIO()
        self.c = canvas.Canvas(self.out, pagesize=edition.size, invariant=1, pageCompression=1)
        self.c.setTitle("Formulaire")
        self.left, self.right = edition.margin, self.w - edition.margin
        self.boxes, self.page, self.ticks = {}, 0, set()
        for f in edition.fonts:
            use(f)
        which = edition.pages if pages is None else [edition.pages[i] for i in pages]
        self.page = -1
        for sections in which:
            self.page, self.y = self.page + 1, self.h - edition.margin
            self.furniture(self.page + 1)
            for section in sections:
                getattr(self, section)()
            assert self.y > 18, (edition.name, self.page, self.y)
            self.c.showPage()
        self.c.save()

    def pdf(self):
        return self.out.getvalue()

    # Small pieces

    def say(self, key):
        words = self.e.words.get(key, T.LABELS.get(key)).replace("F413", self.form)
        if self.e.letters == "upper":
            return words if key.startswith("h") else words.upper()
        if self.e.letters == "curly":
            return words.replace("'", "’").replace(" :", "\u00a0:")
        if self.e.letters == "star" and key in STARRED:
            main, line, hint = words.partition("\n")
            return main + " *" + line + hint
        return words

    def colour(self, on):
        self.c.setFillColor(HexColor(self.e.colour) if on else HexColor("#111111"))

    def write(self, x, y, words, size=None, bold=False, colour=False):
        self.colour(colour)
        self.c.setFont(self.e.fonts[bold], size or self.e.pt)
        self.c.drawString(x, y, words)
        self.colour(False)

    def para(self, words, size=None, bold=False, x=None, width=None, gap=3):
        size = size or self.e.pt
        x = self.left if x is None else x
        for line in simpleSplit(words.replace("F413", self.form), self.e.fonts[bold], size, width or self.right - x):
            self.y -= size * 1.2
            self.write(x, self.y, line, size, bold)
        self.y -= gap

    def heading(self, words, level=1):
        if not self.e.numbers:
            words = re.sub(r"^[0-9.]+ ", "", words)
        size = self.e.pt + (4 if level == 1 else 1.5)
        self.y -= 4
        for line in simpleSplit(words.replace("F413", self.form), self.e.fonts[1], size, self.right - self.left):
            self.y -= size * 1.15
            self.write(self.left, self.y, line, size, True, True)
        self.y -= 3

    def furniture(self, n):
        if self.e.house and n == 1:
            self.write(self.left, self.h - 30, "AGENCE DU NUMÉRIQUE EN SANTÉ", 11, True, True)
            self.write(self.right - 22, self.h - 30, self.form, 7)
        if self.e.header:
            self.write(self.left, self.h - 22, self.e.header, 7)
        if self.e.footer:
            self.write(self.left, 16, self.e.footer.replace("F413", self.form).format(n=n), 7)

    def label(self, key, x, top, width, size=None):
        """A label and its hint, wrapped; returns the y below it."""
        size, words = size or self.e.pt, self.say(key)
        main, _, hint = words.partition("\n")
        y = top
        for part, pt in ((main, size), (hint, size * 0.8)):
            for line in simpleSplit(part, self.e.fonts[0], pt, width):
                y -= pt * 1.18
                if self.e.house and line.endswith("rang (1)"):
                    self.write(x, y, line[:-3], pt)
                    self.write(x + pdfmetrics.stringWidth(line[:-3], self.e.fonts[0], pt), y + pt * 0.35, line[-3:], pt * 0.65)
                else:
                    self.write(x, y, line, pt)
        return y - 3

    def label_height(self, key, width, size=None):
        size, words = size or self.e.pt, self.say(key)
        main, _, hint = words.partition("\n")
        return sum(len(simpleSplit(part, self.e.fonts[0], pt, width)) * pt * 1.18 for part, pt in ((main, size), (hint, size * 0.8))) + 4

    def box(self, key, x0, y0, x1, y1, line=None):
        line = line or self.e.line
        c = self.c
        c.saveState()
        c.setStrokeColor(HexColor("#555555"))
        c.setLineWidth(0.6)
        if line == "box":
            c.rect(x0, y0, x1 - x0, y1 - y0)
        elif line == "fill":
            c.setFillColor(HexColor("#e4ecf7"))
            c.rect(x0, y0, x1 - x0, y1 - y0, stroke=0, fill=1)
        elif line == "rule":
            c.line(x0, y0 + 1.5, x1, y0 + 1.5)
        elif line in ("dots", "underscores"):
            dot = "." if line == "dots" else "_"
            c.setFillColor(HexColor("#333333"))
            c.setFont(self.e.fonts[0], self.e.pt)
            c.drawString(x0, y0 + 2, dot * int((x1 - x0) / pdfmetrics.stringWidth(dot, self.e.fonts[0], self.e.pt)))
        c.restoreState()
        self.boxes[key] = (self.page, x0 + 2, y0 + 1, x1 - 2, y1 - 1)
        if self.filler:
            self.filler.text(self, key, self.boxes[key])

    def tickbox(self, key, x, y, s=9):
        c = self.c
        self.boxes[key] = (self.page, x, y, x + s, y + s)
        self.ticks.add(key)
        ticked = self.filler.ticked(key) if self.filler else False
        c.saveState()
        c.setStrokeColor(HexColor("#111111"))
        c.setLineWidth(0.8)
        if self.e.tick == "square":
            c.rect(x, y, s, s)
        elif self.e.tick == "circle":
            c.circle(x + s / 2, y + s / 2, s / 2)
        elif self.e.tick == "brackets":
            c.setFont(self.e.fonts[0], s)
            c.drawString(x - 2, y + 1, "[")
            c.drawString(x + s - 1, y + 1, "]")
        elif self.e.tick == "letter":  # of a symbol font that is not in the file
            c.setFont("Helvetica", s)
            c.drawString(x + 1, y + 1, "q")
        elif not (ticked and self.filler.tick_style == "glyph-in-place"):
            c.setFont(use("DejaVu"), s + 1)
            c.drawString(x, y + 1, "☐")
        c.restoreState()
        if ticked:
            self.filler.tick(self, key, self.boxes[key])

    def choice(self, key, x, y, words, size=None, bold=False):
        """A tick box and its words; returns the x after them."""
        size = size or self.e.pt
        width = pdfmetrics.stringWidth(words, self.e.fonts[bold], size)
        if self.e.tick_side == "left":
            self.tickbox(key, x, y - 1.5)
            head, usage, rest = words.partition(" usage ")
            if self.e.house and usage:
                kind, bracket, who = head.partition(" (")
                self.write(x + 14, y, kind, size, True)
                after = x + 14 + pdfmetrics.stringWidth(kind, self.e.fonts[1], size)
                self.write(after, y, bracket + who + usage + rest, size)
            else:
                self.write(x + 14, y, words, size, bold)
        else:
            if self.e.bullet:
                self.c.setFont(use("DejaVu"), size)
                self.c.drawString(x, y, self.e.bullet)
                x += 12
            self.write(x, y, words, size, bold)
            far = self.e.tick_side == "far" and not (key.startswith("role_") and self.e.role == "row")
            self.tickbox(key, self.right - 12 if far else x + width + 6, y - 1.5)
        return x + width + 26

    def field(self, key, x0, x1, height=None):
        """One labelled box between x0 and x1 from self.y down; returns the y below it."""
        e, top = self.e, self.y
        height = height or e.height
        if e.label == "above":
            y = self.label(key, x0, top, x1 - x0 - 4)
            self.box(key, x0, y - height, x1, y)
            return y - height - 3
        if e.label == "inline":
            words = self.say(key).partition("\n")[0].rstrip(" :") + " :"
            wide = pdfmetrics.stringWidth(words + " ", e.fonts[0], e.pt)
            if wide > (x1 - x0) * 0.6:
                y = self.label(key, x0, top, x1 - x0)
                self.box(key, x0 + 10, y - height, x1, y)
                return y - height - 2
            self.write(x0, top - height + 4, words)
            self.box(key, x0 + wide + 2, top - height, x1, top)
            return top - height - 3
        share = e.split if x1 - x0 > 300 else 0.42
        cut = x0 + (x1 - x0) * share
        tall = max(height, self.label_height(key, cut - x0 - 6))
        if e.line == "box":
            self.c.setStrokeColor(HexColor("#555555"))
            self.c.setLineWidth(0.6)
            self.c.setFillColor(HexColor("#eef1f6" if e.house else "#ffffff"))
            self.c.rect(x0, top - tall, cut - x0, tall, fill=int(e.house))
        self.label(key, x0 + 3, top - 1, cut - x0 - 6)
        self.box(key, cut, top - tall, x1, top)
        return top - tall

    def rows(self, rows):
        for row in rows:
            if row == ("rpps",):
                self.rpps_rows()
                continue
            gap = 10
            width = (self.right - self.left - gap * (len(row) - 1)) / len(row)
            low = [self.field(key, self.left + i * (width + gap), self.left + i * (width + gap) + width) for i, key in enumerate(row)]
            self.y = min(low)

    def rpps_rows(self):
        e, cut = self.e, self.left + (self.right - self.left) * self.e.split
        if e.label == "left":
            self.label("rpps", self.left + 3, self.y - 4, cut - self.left - 6)
        else:
            self.y = self.label("rpps", self.left, self.y, self.right - self.left)
            cut = self.left
        columns = 2 if e.rpps == "grid" else 1
        width = (self.right - cut) / columns
        for i in range(4):
            x = cut + (i % columns) * width
            if i % columns == 0:
                self.y -= e.height
            self.write(x + 3, self.y + 4, f"{i + 1}.")
            self.box(f"rpps{i + 1}", x + 18, self.y, x + width - (6 if columns > 1 else 0), self.y + e.height)
        self.y -= 3
