"""Answers written by hand: handwriting fonts, never twice the same letter, crosses and ticks of a pen.

  apt-get install fonts-breip fonts-femkeklaver fonts-dkg-handwriting
"""
import edition
import fill
from edition import use
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics

HANDS = {"breip": "/usr/share/fonts/truetype/breip/Breip.ttf", "femke": "/usr/share/fonts/truetype/femkeklaver/femkeklaver.ttf", "dkg": "/usr/share/fonts/truetype/fifthhorseman/dkg.ttf"}
edition.FONTS |= HANDS
SPELT = str.maketrans({"œ": "oe", "Œ": "OE", "’": "'", "–": "-", "\u00a0": " ", "\u202f": " "})


class Hand(fill.Filler):
    def text(self, sheet, key, box):
        words = self.a.texts.get(key)
        if not self.draw or not words:
            return
        _, x0, y0, x1, y1 = box
        c, size = sheet.c, self.size
        lines = [line.translate(SPELT) for line in words.split("\n")]
        if len(lines) == 1 and key == "purpose":
            lines = simpleSplit(lines[0], self.font, size, x1 - x0)
        while size > 5 and max(pdfmetrics.stringWidth(line, self.font, size) for line in lines) > x1 - x0:
            size -= 0.25
        c.saveState()
        c.setFillColor(HexColor(self.ink))
        slope = self.random.uniform(-0.015, 0.02)
        y = (y0 + y1) / 2 + (len(lines) / 2 - 0.8) * size * 0.9 if len(lines) > 1 else (y0 + y1) / 2 - size * 0.3
        for line in lines:
            x = x0 + self.random.uniform(0, 4)
            for letter in line:
                c.saveState()
                c.translate(x, y + slope * (x - x0) + self.random.gauss(0, 0.25))
                c.rotate(self.random.gauss(0, 2.5))
                c.setFont(self.font, size * self.random.uniform(0.95, 1.05))
                c.drawString(0, 0, letter)
                c.restoreState()
                x += pdfmetrics.stringWidth(letter, self.font, size) * self.random.uniform(0.98, 1.04)
            y -= size * 0.9
        c.restoreState()

    def tick(self, sheet, key, box):
        _, x0, y0, x1, y1 = box
        c, r = sheet.c, lambda: self.random.uniform(-1.6, 1.6)
        c.saveState()
        c.setStrokeColor(HexColor(self.ink))
        c.setLineWidth(1.2)
        if self.tick_style == "cross":
            c.line(x0 + r(), y0 + r(), x1 + r(), y1 + r())
            c.line(x0 + r(), y1 + r(), x1 + r(), y0 + r())
        else:
            pen = c.beginPath()
            pen.moveTo(x0 + r() + 1, (y0 + y1) / 2 + r())
            pen.lineTo((x0 + x1) / 2 - 1 + r(), y0 + r())
            pen.lineTo(x1 + 3 + r(), y1 + 3 + r())
            c.drawPath(pen)
        c.restoreState()
