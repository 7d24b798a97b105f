#!/usr/bin/env python3
"""Makes paper of forms: scans, faxes and photographs of PDFs, as PDFs that hold pictures only.

  pip install pillow; apt-get install poppler-utils
  tests/forge/paper.py KIND OUT.pdf FORM.pdf [--seed N] [--dpi N] [--pages 1,2]

KIND: scan (a little slanted, noise, JPEG), clean (grey, straight), fax (1 bit, 204 × 196 dpi drawn at 200), photo
(perspective, shadow, on a table), rough (a bad copy of a copy). The fixtures in fixtures/paper were made by it, see
`fixtures`; `tests/run` never calls this.
"""
import argparse
import io
import pathlib
import random
import subprocess
import tempfile

from PIL import Image, ImageChops, ImageDraw, ImageFilter

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pages(pdf, dpi, wanted):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", pdf, f"{folder}/p"], check=True)
        files = sorted(pathlib.Path(folder).glob("p*.pgm"))
        out = [Image.open(file).convert("L").copy() for file in files]
    return [page for n, page in enumerate(out, 1) if not wanted or n in wanted]


def noisy(page, chance, sigma):
    """Grain of `sigma` grey steps, and some dirt."""
    grain = Image.effect_noise(page.size, sigma)
    page = ImageChops.add(page, grain, 1, -128)
    draw = ImageDraw.Draw(page)
    for _ in range(chance.randint(150, 400)):
        x, y = chance.randrange(page.width), chance.randrange(page.height)
        draw.ellipse([x, y, x + chance.choice([1, 1, 2]), y + chance.choice([1, 1, 2])], fill=chance.randint(20, 120))
    return page


def jpeg(page, quality):
    data = io.BytesIO()
    page.save(data, "JPEG", quality=quality)
    return Image.open(io.BytesIO(data.getvalue()))


def scan(page, chance):
    page = page.rotate(chance.uniform(-1.6, 1.6), Image.BICUBIC, fillcolor=250)
    page = page.point(lambda v: 18 + v * 228 // 255).filter(ImageFilter.GaussianBlur(chance.uniform(0.4, 0.8)))
    return jpeg(noisy(page, chance, chance.uniform(6, 13)), chance.randint(55, 80))


def clean(page, chance):
    return jpeg(page, 85)


def fax(page, chance):
    page = page.rotate(chance.uniform(-1.0, 1.0), Image.BICUBIC, fillcolor=255)
    page = noisy(page.filter(ImageFilter.GaussianBlur(0.7)), chance, 14)
    level = chance.randint(135, 165)
    return page.point(lambda v: 255 if v > level else 0).convert("1")


def rough(page, chance):
    page = page.rotate(chance.uniform(-2.5, 2.5), Image.BICUBIC, fillcolor=240)
    page = page.filter(ImageFilter.GaussianBlur(chance.uniform(0.9, 1.3)))
    page = page.point(lambda v: 40 + v * 190 // 255)
    return jpeg(noisy(page, chance, 20), 40)


def photo(page, chance):
    w, h = page.size
    around = 0.12
    big = Image.new("L", (int(w * (1 + 2 * around)), int(h * (1 + 2 * around))), 70)
    def push(x, y):
        return (x + chance.uniform(-0.035, 0.035) * w, y + chance.uniform(-0.03, 0.03) * h)
    to = [push(x + around * w, y + around * h) for x, y in [(0, 0), (w, 0), (w, h), (0, h)]]
    seen = page.transform(big.size, Image.PERSPECTIVE, coefficients(to, [(0, 0), (w, 0), (w, h), (0, h)]), Image.BICUBIC, fillcolor=0)
    mask = Image.new("L", page.size, 255).transform(big.size, Image.PERSPECTIVE, coefficients(to, [(0, 0), (w, 0), (w, h), (0, h)]), Image.BICUBIC)
    big.paste(seen.point(lambda v: 25 + v * 205 // 255), mask=mask)
    shade = Image.linear_gradient("L").rotate(chance.choice([0, 90, 180, 270])).resize(big.size).point(lambda v: 150 + v * 105 // 255)
    return jpeg(noisy(ImageChops.multiply(big, shade), chance, 6), 75)


def coefficients(source, target):
    """The eight numbers of PIL's perspective: from `source` (new picture) to `target` (old)."""
    rows = []
    for (x, y), (u, v) in zip(source, target):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for i in range(8):
        best = max(range(i, 8), key=lambda r: abs(rows[r][i]))
        rows[i], rows[best] = rows[best], rows[i]
        for r in range(8):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    return [rows[i][8] / rows[i][i] for i in range(8)]


def make(kind, out, pdf, seed=0, dpi=200, wanted=()):
    chance = random.Random(f"{seed} {pdf} {kind}")
    made = [globals()[kind](page, chance) for page in pages(pdf, dpi, wanted)]
    made[0].save(out, "PDF", resolution=dpi, save_all=True, append_images=made[1:])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("kind", choices=["scan", "clean", "fax", "photo", "rough"])
    p.add_argument("out")
    p.add_argument("pdf")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--dpi", type=int, default=200)
    p.add_argument("--pages", default="")
    a = p.parse_args()
    make(a.kind, a.out, a.pdf, a.seed, a.dpi, [int(n) for n in a.pages.split(",") if n])


if __name__ == "__main__":
    main()
