"""Paper as machines see it: pages drawn as pictures, spoilt as scanners, fax machines, telephones and hands spoil them, and
put into the files people send."""
import io
import pathlib
import subprocess
import tempfile
import time

import pikepdf
from pikepdf import Name
from PIL import Image, ImageChops, ImageDraw, ImageFilter

EPOCH = time.gmtime(1_793_000_000)  # the same file each time


def drawn(pdf, dpi, wanted=(), colour=False):
    """The pages of a PDF (bytes) as pictures; `wanted` counts from 1."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "form.pdf")
        source.write_bytes(pdf)
        subprocess.run(["pdftoppm", "-r", str(dpi), *([] if colour else ["-gray"]), source, f"{folder}/p"], check=True)
        files = sorted(pathlib.Path(folder).glob("p*.p[gp]m"))
        out = [Image.open(file).convert("RGB" if colour else "L").copy() for file in files]
    return [page for n, page in enumerate(out, 1) if not wanted or n in wanted]


def grain(page, chance, sigma, dirt=0):
    """Grain of `sigma` grey steps, and spots of dirt. Drawn from `chance`: the same each time."""
    tile = 256
    noise = Image.frombytes("L", (tile, tile), bytes(max(0, min(255, round(chance.gauss(128, sigma)))) for _ in range(tile * tile)))
    field = Image.new("L", page.size)
    for x in range(-chance.randrange(tile), page.width, tile):
        for y in range(-chance.randrange(tile), page.height, tile):
            field.paste(noise.transpose(chance.choice(list(Image.Transpose))), (x, y))
    if page.mode == "RGB":
        field = Image.merge("RGB", [field] * 3)
    page = ImageChops.add(page, field, 1, -128)
    draw = ImageDraw.Draw(page)
    for _ in range(dirt):
        x, y = chance.randrange(page.width), chance.randrange(page.height)
        level = chance.randint(20, 120)
        draw.ellipse([x, y, x + chance.choice([1, 1, 2]), y + chance.choice([1, 1, 2])], fill=(level,) * 3 if page.mode == "RGB" else level)
    return page


def jpeg(page, quality):
    data = io.BytesIO()
    page.save(data, "JPEG", quality=quality)
    page = Image.open(io.BytesIO(data.getvalue()))
    page.load()
    return page


def white(page, level):
    return (level,) * 3 if page.mode == "RGB" else level


# How paper is spoilt: picture, chance → picture. `strength` about 1.

def clean(page, chance, strength=1.0):
    return page


def scan(page, chance, strength=1.0):
    """A flat-bed or a feeder: a little slanted, soft, grey, with grain."""
    page = page.rotate(chance.uniform(-1.5, 1.5) * strength, Image.BICUBIC, fillcolor=white(page, 252))
    low, high = chance.randint(5, 30), chance.randint(236, 252)
    page = page.point(lambda v: low + v * (high - low) // 255).filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 0.7) * strength * page.width / 1654))
    return grain(page, chance, chance.uniform(2, 8) * strength, round(chance.randint(20, 200) * strength))


def bitonal(page, chance, strength=1.0):
    """A scanner set to black and white."""
    page = scan(page.convert("L"), chance, strength * 0.7)
    level = chance.randint(130, 175)
    return page.point(lambda v: 255 if v > level else 0).convert("1", dither=Image.Dither.NONE)


def fax(page, chance, strength=1.0, coarse=False):
    """Group 3: 204 × 196 dpi, or 204 × 98, with lost specks and a sender's line at the top."""
    page = page.convert("L").rotate(chance.uniform(-1.0, 1.0) * strength, Image.BICUBIC, fillcolor=255)
    width, height = page.size
    page = page.resize((1728, round(1728 * height / width * 196 / 204 / (2 if coarse else 1))), Image.BICUBIC)
    page = grain(page.filter(ImageFilter.GaussianBlur(0.5 * strength)), chance, 12 * strength, round(60 * strength))
    level = chance.randint(140, 175)
    page = page.point(lambda v: 255 if v > level else 0)
    page = page.resize((1728, round(1728 * height / width)), Image.NEAREST)
    return page.convert("1", dither=Image.Dither.NONE)


def photo(page, chance, strength=1.0):
    """A telephone over a table: perspective, uneven light, a soft lens."""
    page = page.convert("RGB")
    w, h = page.size
    around = 0.06
    big = Image.new("RGB", (int(w * (1 + 2 * around)), int(h * (1 + 2 * around))), chance.choice([(92, 70, 48), (60, 62, 66), (120, 98, 76), (38, 40, 44)]))
    push = lambda x, y: (x + chance.uniform(-0.03, 0.03) * w * strength, y + chance.uniform(-0.025, 0.025) * h * strength)
    to = [push(x + around * w, y + around * h) for x, y in [(0, 0), (w, 0), (w, h), (0, h)]]
    way = coefficients(to, [(0, 0), (w, 0), (w, h), (0, h)])
    seen = page.transform(big.size, Image.PERSPECTIVE, way, Image.BICUBIC)
    mask = Image.new("L", page.size, 255).transform(big.size, Image.PERSPECTIVE, way, Image.BICUBIC)
    big.paste(seen.point(lambda v: 20 + v * 215 // 255), mask=mask)
    shade = Image.linear_gradient("L").rotate(chance.choice([0, 90, 180, 270])).resize(big.size).point(lambda v: 165 + v * 90 // 255)
    big = ImageChops.multiply(big, Image.merge("RGB", [shade, shade.point(lambda v: v * 250 // 255), shade.point(lambda v: v * 238 // 255)]))
    return grain(big.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 0.7) * strength * w / 1654)), chance, 4 * strength)


def rough(page, chance, strength=1.0):
    """A bad copy of a copy."""
    page = page.rotate(chance.uniform(-2.5, 2.5), Image.BICUBIC, fillcolor=white(page, 240))
    page = page.filter(ImageFilter.GaussianBlur(chance.uniform(0.9, 1.3))).point(lambda v: 40 + v * 190 // 255)
    return jpeg(grain(page, chance, 14, 300), 40)


def as_shapes(pdf):
    """A PDF of which no letter is text any more: some programs draw them as shapes."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "form.pdf"), pathlib.Path(folder, "out.pdf")
        source.write_bytes(pdf)
        subprocess.run(["gs", "-q", "-o", out, "-sDEVICE=pdfwrite", "-dNoOutputFonts", source], check=True)
        return settled(pikepdf.open(out))


def enlarged(pdf, times):
    """A PDF with pages so many times as large: of some scanners each pixel is a point."""
    made = pikepdf.open(io.BytesIO(pdf))
    for page in made.pages:
        page.contents_add(f"{times:.5f} 0 0 {times:.5f} 0 0 cm".encode(), prepend=True)
        page.MediaBox = [float(v) * times for v in page.MediaBox]
    return settled(made)


def pale(page, chance, strength=1.0):
    """Printed with hardly any toner left."""
    page = page.convert("L").point(lambda v: 150 + v * 85 // 255).filter(ImageFilter.GaussianBlur(0.6 * strength))
    return grain(page.rotate(chance.uniform(-1, 1) * strength, Image.BICUBIC, fillcolor=235), chance, 4 * strength, 40)


def negative(page, chance, strength=1.0):
    """A scanner that takes black for white."""
    return ImageChops.invert(scan(page.convert("L"), chance, strength))


KINDS = {"clean": clean, "scan": scan, "bitonal": bitonal, "fax": fax, "photo": photo, "rough": rough}


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


# The files they come in

def as_pdf(pages, dpi, quality=60):
    """One picture a page: JPEG, or CCITT G4 where it is black and white."""
    out = io.BytesIO()
    how = {} if pages[0].mode == "1" else {"quality": quality}
    pages[0].save(out, "PDF", resolution=dpi, save_all=True, append_images=pages[1:], creationDate=EPOCH, modDate=EPOCH, producer="Scanner 5.1", **how)
    return settled(pikepdf.open(io.BytesIO(out.getvalue())))


def as_tiff(pages, dpi, compression):
    out = io.BytesIO()
    pages[0].save(out, "TIFF", dpi=(dpi, dpi), save_all=True, append_images=pages[1:], compression=compression)
    return out.getvalue()


def as_picture(page, kind, orientation=None, **how):
    """A picture by itself; with `orientation` it is stored turned, and its EXIF says how to show it."""
    out = io.BytesIO()
    if orientation:
        back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        page, how = page.transpose(back), how | {"exif": exif}
    page.save(out, kind, **how)
    return out.getvalue()


def settled(pdf):
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def in_stripes(pages, dpi, quality=60, rows=256):
    """Each page as stripes, as scanners with little memory write it."""
    pdf = pikepdf.new()
    for page in pages:
        width, height = page.width * 72 / dpi, page.height * 72 / dpi
        stripes, content = {}, []
        for n, top in enumerate(range(0, page.height, rows)):
            part = page.crop((0, top, page.width, min(page.height, top + rows)))
            data = io.BytesIO()
            part.save(data, "JPEG", quality=quality)
            stripes[f"/S{n}"] = pdf.make_indirect(pikepdf.Stream(pdf, data.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=part.width, Height=part.height,
                                                                ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=Name.DCTDecode))
            tall = part.height * 72 / dpi
            content.append(f"q {width:.3f} 0 0 {tall:.3f} 0 {height - top * 72 / dpi - tall:.3f} cm /S{n} Do Q")
        pdf.pages.append(pikepdf.Page(pikepdf.Dictionary(Type=Name.Page, MediaBox=[0, 0, round(width, 2), round(height, 2)], Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(stripes)),
                                                         Contents=pikepdf.Stream(pdf, "\n".join(content).encode()))))
    return settled(pdf)


def in_layers(pages, dpi, level=150):
    """Each page as a coarse picture with a fine black mask over it: a scanner's "compact PDF"."""
    ground = as_pdf([page.resize((page.width // 4, page.height // 4), Image.BOX).filter(ImageFilter.MaxFilter(7)) for page in pages], dpi / 4, 40)
    mask = as_pdf([page.convert("L").point(lambda v: 255 if v > level else 0).convert("1", dither=Image.Dither.NONE) for page in pages], dpi)
    pdf, top = pikepdf.open(io.BytesIO(ground)), pikepdf.open(io.BytesIO(mask))
    for page in top.pages:
        for image in page.Resources.XObject.values():
            image.ImageMask = True
            image.Decode = [0, 1]
            if Name.ColorSpace in image:
                del image.ColorSpace
    for page, layer in zip(pdf.pages, top.pages):
        page.add_overlay(layer)
    return settled(pdf)


def turned(pages, degrees):
    """As they come out of a feeder that was loaded another way round."""
    return [page.transpose({90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}[degrees]) for page in pages]


def words_of(pdf, pages):
    """Each page's words with their places (points from the top left), as a scanner's recognition would find them."""
    import re
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "form.pdf")
        source.write_bytes(pdf)
        text = subprocess.run(["pdftotext", "-bbox", source, "-"], check=True, capture_output=True, text=True).stdout
    import html
    out = []
    for page in re.findall(r"<page .*?</page>", text, re.S):
        out.append([(html.unescape(word), *map(float, box)) for *box, word in re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', page)])
    return [page for n, page in enumerate(out, 1) if n in pages]


def with_words(pdf, words, mode=3, under=False):
    """A text layer over the pictures (or under them): mode 3 is not seen."""
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.pdfgen import canvas
    scanned = pikepdf.open(io.BytesIO(pdf))
    out = io.BytesIO()
    layer = canvas.Canvas(out, invariant=1)
    for page, found in zip(scanned.pages, words):
        _, _, width, height = (float(v) for v in page.MediaBox)
        layer.setPageSize((width, height))
        for word, x0, y0, x1, y1 in found:
            size = (y1 - y0) * 0.8
            text = layer.beginText(x0, height - y1 + (y1 - y0) * 0.2)
            text.setFont("Helvetica", size)
            text.setTextRenderMode(mode)
            text.setHorizScale(100 * (x1 - x0) / max(0.1, stringWidth(word, "Helvetica", size)))
            text.textOut(word)
            layer.drawText(text)
        layer.showPage()
    layer.save()
    top = pikepdf.open(io.BytesIO(out.getvalue()))
    for page, over in zip(scanned.pages, top.pages):
        (page.add_underlay if under else page.add_overlay)(over)
    return settled(scanned)
