#!/usr/bin/env python3
"""Writes fixtures/paper: forms on paper, as scanners, fax machines and telephones send them, each with its expected report.

  pip install reportlab pikepdf pillow; apt-get install poppler-utils fonts-breip fonts-femkeklaver fonts-dkg-handwriting (and what forge.py asks for)
  tests/forge/paper.py [--only TEXT]                     writes what is not there yet, or the cases whose name has TEXT
  tests/forge/paper.py --set DIR --count N [--seed N]    a large set for measuring: DIR/documents, DIR/expected.jsonl, DIR/registry
  tests/forge/paper.py --one KIND OUT.pdf FORM.pdf [--seed N] [--dpi N]

A name ends in its class: scan, fax, photo, hand. The expected report is what stands on the paper; `review` is an honest answer
to any of it, unless the expectation says "sure" (must be decided) or "person" (must not be). The files are committed;
`tests/run` never calls this.
"""
import argparse
import json
import pathlib
import random
import shutil

import base
import build
import cases
import fill
import hand
import papers
import people
import picture
import post
import rules
import webpage
from letters import mail

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Shelf:
    def __init__(self, only):
        who = people.the_people(413)
        who.unknown = who.finess()
        self.c, self.only, self.out = cases.Catalogue(who, 77), only, []
        self.kinds = who.kinds

    def published(self, kind="clinic", hand_of=None, change=None, answers=None, **how):
        """The published form, filled in and printed: the answers and the PDF."""
        a = self.c.ok(kind, **(answers or {}))
        if change:
            change(a)
        if hand_of:
            how = dict(filler=hand.Hand, font=hand_of, size=12, tick="cross") | how
        return a, base.overlaid(a, True, False, **how)[0]

    def edition(self, name, kind="clinic", change=None, answers=None, terms=True, **how):
        a = self.c.ok(kind, **(answers or {}))
        if change:
            change(a)
        return a, build.drawn(name, a, terms, **how)[0]

    def add(self, name, make, *expected, end="pdf", sure=None, **more):
        """`make` is given the chance of that name; it is called only where the file is wanted."""
        self.out.append((name, end, make, [a.expected() if hasattr(a, "expected") else a for a in expected], sure, more))

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, end, make, expected, sure, more in self.out:
            path = folder / f"{name}.{end}"
            if self.only in name if self.only else not path.exists():
                path.write_bytes(make(random.Random(name)))
                wanted = (dict(expected[0]) if len(expected) == 1 else {"submissions": expected}) | more
                if sure is not None:
                    wanted["by"] = "machine" if sure else "person"
                (folder / f"{name}.expected.json").write_text(json.dumps(wanted, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def scanned(data, dpi, how=picture.scan, colour=False, pages=(1, 2), quality=50, strength=0.8, turn=0):
    def make(chance):
        made = [how(page, chance, strength) for page in picture.drawn(data, dpi, pages, colour)]
        return picture.as_pdf(picture.turned(made, turn) if turn else made, dpi, quality)
    return make


def scans(s):
    for dpi, colour in ((300, True), (300, False), (200, False), (200, True), (150, False)):
        a, data = s.published("ehpad" if colour else "clinic", font=["Helvetica", "Carlito"][colour], tick=["cross", "path"][colour])
        s.add(f"published-{dpi}-{'colour' if colour else 'grey'}.scan", scanned(data, dpi, colour=colour, quality=28 if dpi == 300 else 50, strength=0.6), a)
    for dpi in (300, 200):
        a, data = s.published("pharmacy", font="LibSans", stamp="round", answers=dict(certs=("pro",)))
        s.add(f"published-{dpi}-black-and-white.scan", scanned(data, dpi, picture.bitonal), a)
    a, data = s.published("lab", font="Courier", tick="X")
    s.add("published-in-stripes.scan", lambda r, data=data: picture.in_stripes([picture.scan(p, r, 0.6) for p in picture.drawn(data, 200, (1, 2))], 200, 35), a)
    a2, data2 = s.published("house", font="Helvetica", ink="#000000")
    s.add("published-in-layers.scan", lambda r: picture.in_layers(picture.drawn(data2, 300, (1, 2), True), 300), a2)
    a, data = s.published("radiology", font="Helvetica")
    s.add("published-rpps-rang.scan", scanned(data, 200, picture.bitonal), a)
    a, data = s.published("firm", font="Times-Roman")
    s.add("published-all-three-pages.scan", scanned(data, 200, picture.bitonal, pages=()), a)
    for name, kind, pages in (("house-pairs-terms", "ehpad", (1, 2, 3)), ("left-helvetica", "clinic", (1, 2)), ("below-labels", "centre", (1, 2, 3)), ("side-by-side", "pharmacy", (1, 2)),
                              ("no-numbers-ruled", "clinic", (1, 2, 3)), ("two-pages-letter", "ehpad", (1, 2))):
        a, data = s.edition(name, kind, size=9)
        s.add(f"{name}.scan", scanned(data, 200, picture.bitonal, pages=pages), a)
    for case, change, finding in (("signature-missing", dict(signature="none"), "/declaration/signature"), ("stamp-missing", dict(stamp="none"), "/declaration/stamp")):
        a, data = s.published("clinic", **change)
        a.want |= {"signature": "none"} if "signature" in change else {"stamp": False}
        s.add(f"{case}.scan", scanned(data, 200, picture.bitonal), a.find("rejected", ("missing", finding)))
    a, data = s.published("clinic", change=lambda a: a.drop("email"))
    s.add("email-missing.scan", scanned(data, 300, picture.bitonal), a.find("rejected", ("missing", "/signatory/email")))
    clinic = s.kinds["clinic"]["eg"]
    wrong = clinic[:-1] + str((int(clinic[-1]) + 3) % 10)
    a, data = s.published("clinic", change=lambda a: a.set("finess", wrong))
    s.add("finess-check-digit.scan", scanned(data, 300, picture.bitonal), a.find("rejected", ("malformed", "/structure/finess")))
    a, data = s.published("clinic", change=lambda a: a.set("date", "23/11/2026", "2026-11-23"))
    s.add("date-in-the-future.scan", scanned(data, 200, picture.bitonal), a.find("rejected", ("date_in_future", "/declaration/date")))
    s.add("nothing-filled-in.scan", scanned(base.BLANK.read_bytes(), 200, picture.bitonal), s.c.nothing_read("form_blank"))
    a, data = s.published("ehpad")
    a.find("rejected", ("form_incomplete", "")).drop("date")
    s.add("second-page-missing.scan", scanned(data, 200, picture.bitonal, pages=(1,)), {"form": None, "findings": [["form_incomplete", ""]], "verdict": "rejected"}, sure=False)


def others(s):
    for n, (how, name) in enumerate(((picture.fax, "fine"), (lambda p, r, k: picture.fax(p, r, k, True), "coarse"), (picture.fax, "fine-again"))):
        a, data = s.published(["ehpad", "clinic", "nonprofit"][n], font=["Helvetica", "LibSans", "Carlito"][n], size=10)
        s.add(f"published-{name}.fax", scanned(data, 204, how), a)
    a, data = s.edition("left-helvetica", "clinic", size=10)
    s.add("left-helvetica.fax", scanned(data, 204, picture.fax), a)
    a, data = s.published("clinic", change=lambda a: a.drop("date"))
    s.add("date-missing.fax", scanned(data, 204, picture.fax), a.find("rejected", ("missing", "/declaration/date")))
    for n, dpi in enumerate((170, 200, 200)):
        a, data = s.published(["pharmacy", "ehpad", "house"][n], font=["LibSans", "Courier", "Helvetica"][n], size=9.5)
        s.add(f"published-{n + 1}.photo", scanned(data, dpi, picture.photo, True, quality=50), a)
    a, data = s.edition("house-pairs-terms", "clinic", size=9)
    s.add("house-pairs-terms.photo", scanned(data, 170, picture.photo, True, pages=(1, 2, 3), quality=45), a)
    for n, font in enumerate(hand.HANDS):
        a, data = s.published(["clinic", "ehpad", "pharmacy"][n], font)
        s.add(f"published-{font}.hand", scanned(data, 200, picture.scan if n == 1 else picture.bitonal, strength=0.6), a)
    a, data = s.published("clinic", "breip", change=lambda a: a.drop("phone"))
    s.add("phone-missing.hand", scanned(data, 200, picture.bitonal), a.find("rejected", ("missing", "/signatory/phone")))
    for angle in (90, 180, 270):
        a, data = s.published(["clinic", "ehpad", "lab"][angle // 90 - 1])
        s.add(f"turned-{angle}.scan", scanned(data, 200, picture.bitonal, turn=angle), a)


def files(s):
    """The same paper in other files."""
    a, data = s.published("ehpad")
    s.add("tiff-of-two-pages-g4.scan", lambda r, data=data: picture.as_tiff([picture.bitonal(p, r) for p in picture.drawn(data, 200, (1, 2))], 200, "group4"), a, end="tif")
    a, data = s.published("clinic")
    s.add("tiff-of-two-pages-lzw.scan", lambda r, data=data: picture.as_tiff([picture.bitonal(p, r).convert("L") for p in picture.drawn(data, 200, (1, 2))], 200, "tiff_lzw"), a, end="tif")
    # the formats of one picture: the page that carries most
    for name, end, how, with_ in (("png-black-and-white", "png", "PNG", {}), ("webp", "webp", "WEBP", dict(quality=60)), ("jpeg", "jpg", "JPEG", dict(quality=55, dpi=(200, 200)))):
        a, data = s.published("clinic")
        spoil = picture.bitonal if end == "png" else picture.scan
        only = first_page(a)
        s.add(f"{name}-first-page-only.scan", lambda r, data=data, how=how, with_=with_, spoil=spoil: picture.as_picture(spoil(picture.drawn(data, 200, (1,))[0], r, 0.6), how, **with_), only, end=end, sure=False)
    for orientation in (3, 6, 8):
        a, data = s.published("ehpad")
        s.add(f"exif-orientation-{orientation}.photo", lambda r, data=data, o=orientation: picture.as_picture(picture.photo(picture.drawn(data, 170, (1,), True)[0], r, 0.7), "JPEG", o, quality=55), first_page(a), end="jpg", sure=False)


def pages(s):
    """Paper on odd pages, or oddly dark."""
    a, data = s.published("clinic", font="Carlito", size=9)
    s.add("letters-drawn-as-shapes.scan", lambda r, data=data: picture.as_shapes(post.pages(data, [0, 1])), a)
    a, data = s.published("ehpad", font="Helvetica", size=9.5)
    s.add("pixels-as-points.scan", lambda r, make=scanned(data, 200, picture.scan, strength=0.6): picture.enlarged(make(r), 200 / 72), a)
    for name, how, kind in (("pale", picture.pale, "clinic"), ("negative", picture.negative, "ehpad")):
        a, data = s.published(kind, font="LibSans", size=9.5)
        s.add(f"{name}.scan", scanned(data, 200, how, strength=0.7), a)


def doubts(s):
    """What paper does not tell."""
    a, data = s.edition("dotted-lines", "clinic", change=lambda a: a.set("solution", "Nom de domaine Plus"), font="LibSans", size=9)
    s.add("solution-called-like-a-label.scan", scanned(data, 200, pages=(), quality=40, strength=0.5), a)


def first_page(a):
    """What a form of which only the first published page came must give: nothing is decided on it."""
    for key in ("purpose", "publisher", "solution", "date"):
        a.drop(key)
    a.want |= {"admins": [], "signature": "none", "stamp": False, "ssl_domain": None, "ssl_server": None, "smime_domain": None, "pro_domain": None}
    a.ticks -= {"org", "ssl", "smime", "pro"}
    return a.find("review", ("low_confidence", ""))


def layers(s):
    """Scanners that recognise words themselves."""
    a, data = s.published("clinic")
    paper = scanned(data, 200, picture.bitonal, strength=0.2)
    s.add("hidden-words-right.scan", lambda r, data=data, paper=paper: picture.with_words(paper(r), picture.words_of(data, (1, 2))), a)
    a, data = s.published("ehpad")
    spoilt = scanned(data, 200, picture.bitonal, strength=0.2)
    s.add("hidden-words-garbage.scan", lambda r, data=data, paper=spoilt: picture.with_words(paper(r), [garbled(page, r) for page in picture.words_of(data, (1, 2))]), a)
    a, data = s.published("ehpad")
    other = s.published("clinic")[1]
    paper = scanned(data, 200, picture.bitonal, strength=0.2)
    s.add("hidden-words-of-another-form.scan", lambda r, paper=paper: picture.with_words(paper(r), picture.words_of(other, (1, 2))), a)
    a, data = s.published("pharmacy", answers=dict(certs=("pro",)))
    under = scanned(data, 200, picture.bitonal, strength=0.2)
    s.add("words-of-another-form-under-the-picture.scan", lambda r, paper=under: picture.with_words(paper(r), picture.words_of(other, (1, 2)), 0, True), a)
    a, data = s.published("clinic")
    over = scanned(data, 200, picture.bitonal, strength=0.2)
    s.add("seen-words-of-another-form-over-the-picture.scan", lambda r, paper=over: picture.with_words(paper(r), picture.words_of(other, (1, 2)), 0), {"form": None, "findings": [], "verdict": "review"}, sure=False)
    a, data = s.published("clinic")
    header = scanned(data, 200, picture.bitonal)
    s.add("typed-header-over-the-scan.scan", lambda r, paper=header: picture.with_words(paper(r), [[("Reçu", 30, 6, 60, 16), ("le", 63, 6, 72, 16), ("20/11/2026", 75, 6, 125, 16), ("F413", 128, 6, 150, 16)]] * 2), a)
    a, data = s.published("ehpad")
    answers, places = a, base.boxes()
    empty = scanned(base.overlaid(build.nothing(a.team), True, False)[0], 200, picture.bitonal)
    s.add("typed-over-a-scanned-form.scan", lambda r, paper=empty: fill.annotate_answers(paper(r), places, answers), a)
    s.add("typed-over-a-scanned-form-flattened.scan", lambda r, paper=empty: flattened(paper(r), answers, places), a)


def flattened(paper, a, places):
    import fields
    return fields.flattened(fill.annotate_answers(paper, places, a))


def garbled(words, chance):
    swap = str.maketrans("0O1lI5S8Be", "O0lI1S5B8c")
    return [(word.translate(swap) if chance.random() < 0.6 else word, *box) for word, *box in words if chance.random() < 0.9]


def several(s):
    """Pages in whatever order, forms beside each other, paper beside a form."""
    def pictures(data, dpi=200, spoil=picture.bitonal, kind="PNG", **how):
        return lambda r: [picture.as_picture(spoil(p, r, 0.6), kind, **how) for p in picture.drawn(data, dpi, (1, 2), spoil is not picture.bitonal)]

    for name, order in (("two-pictures-in-one-mail", (0, 1)), ("two-pictures-in-the-wrong-order", (1, 0))):
        a, data = s.published("clinic", font="Helvetica", size=9.5)
        made = pictures(data, 170, picture.scan, "JPEG", quality=40)
        s.add(f"{name}.scan", lambda r, made=made, order=order: (lambda two: mail([(f"IMG_{n + 1}.jpg", two[page]) for n, page in enumerate(order)]))(made(r)), a, end="eml")
    a, data = s.edition("left-helvetica", "clinic", size=9)
    s.add("first-page-digital-second-scanned.scan", lambda r, data=data: post.joined(post.pages(data, [0]), picture.as_pdf([picture.bitonal(p, r) for p in picture.drawn(data, 200, (2,))], 200)), a)
    a, data = s.published("ehpad")
    s.add("published-first-page-digital-second-scanned.scan", lambda r, data=data: post.joined(post.pages(data, [0]), picture.as_pdf([picture.bitonal(p, r) for p in picture.drawn(data, 200, (2,))], 200)), a)
    a, data = s.published("lab")
    s.add("pages-in-the-wrong-order.scan", lambda r, data=data: picture.as_pdf([picture.bitonal(p, r) for p in reversed(picture.drawn(data, 200))], 200), a)
    one, two = s.published("ehpad"), s.published("pharmacy", answers=dict(certs=("pro",)))
    both = lambda r: [scanned(data, 200, picture.bitonal)(r) for _, data in (one, two)]
    s.add("two-forms-in-one-file.scan", lambda r: post.joined(*both(r)), one[0], two[0])
    three, four = s.published("clinic"), s.published("house")
    s.add("two-forms-in-one-mail.scan", lambda r: mail([("scan1.pdf", scanned(three[1], 200, picture.bitonal)(r)), ("scan2.pdf", scanned(four[1], 200, picture.bitonal)(r))]), three[0], four[0], end="eml")
    rangs = s.kinds["radiology"]["rangs"]
    def lines(a, numbers):
        for i in range(4):
            a.set(f"rpps{i + 1}", numbers[i]) if i < len(numbers) else a.drop(f"rpps{i + 1}")
    whole = s.c.ok("radiology", certs=("org",))
    lines(whole, rangs[:4])
    first = base.overlaid(whole, True, False)[0]
    lines(whole, rangs[4:])
    second = base.overlaid(whole, True, False)[0]
    whole.want["rpps"] = rangs
    s.add("second-copy-with-further-rpps-rang.scan", lambda r: post.joined(*(scanned(data, 200, picture.bitonal)(r) for data in (first, second))), whole)
    card = lambda r: picture.as_picture(picture.photo(identity_card(), r, 0.6), "JPEG", quality=60)
    contract = lambda r: scanned(rules.letter(*CONTRACT), 200, picture.bitonal, pages=())(r)
    a, data = s.edition("left-helvetica", "clinic", size=9)
    s.add("identity-card-beside-a-digital-form.other", lambda r, data=data: mail([("F413.pdf", data), ("IMG_0007.jpg", card(r))]), a, end="eml", sure=True)
    a, data = s.edition("radio-terms", "ehpad", size=9)
    s.add("contract-scan-beside-a-digital-form.other", lambda r, data=data: mail([("contrat.pdf", contract(r)), ("F413.pdf", data)]), a, end="eml", sure=True)
    a, data = s.edition("side-by-side", "clinic", size=9)
    s.add("digital-over-a-letterhead.other", lambda r, data=data: letterhead(data), a, sure=True)
    a = s.c.ok("clinic")
    html = webpage.page(a)
    s.add("digital-with-letters-nobody-knows.scan", lambda r: unmapped(post.chromium(html)), a)
    s.add("identity-card-alone.other", card, s.c.nothing_read("form_absent"), end="jpg", sure=False)
    s.add("contract-scan-alone.other", contract, s.c.nothing_read("form_absent"), sure=False)


CONTRACT = ("CONTRAT D'ADHÉSION AUX SERVICES DE L'ANS", "relatifs aux moyens d'identification électronique", "", "Entre l'Agence du Numérique en Santé, d'une part,", "et la Clinique Notre-Dame d'Ozoir-le-Bois, d'autre part,", "",
            "Article 1 – Objet", "Le présent contrat a pour objet de définir les conditions dans lesquelles", "la structure bénéficie des moyens d'identification électronique.", "",
            "Article 2 – Durée", "Le contrat est conclu pour une durée indéterminée à compter de sa signature.", "", "Article 3 – Représentant légal", "Nom : Kervella", "Prénom : Anne-Laure", "Qualité : directrice", "",
            "Fait à Ozoir-le-Bois, le 3 février 2025", "Signature et cachet")


def identity_card():
    """What a photographed identity card looks like from afar: no form."""
    from PIL import Image, ImageDraw, ImageFont
    card = Image.new("RGB", (1240, 860), (214, 226, 236))
    d = ImageDraw.Draw(card)
    font = lambda size: ImageFont.truetype("/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf", size)
    d.rectangle((60, 200, 400, 640), fill=(170, 150, 140))
    d.ellipse((150, 260, 310, 470), fill=(120, 96, 84))
    d.rectangle((120, 480, 340, 640), fill=(60, 66, 92))
    for y, words, size in ((50, "RÉPUBLIQUE FRANÇAISE", 44), (110, "CARTE NATIONALE D'IDENTITÉ", 40)):
        d.text((440, y), words, font=font(size), fill=(30, 40, 90))
    for y, words in ((220, "Nom : KERVELLA"), (290, "Prénom(s) : ANNE-LAURE, MARIE"), (360, "Sexe : F   Née le : 04.05.1971"), (430, "à : QUIMPER (29)"), (500, "Taille : 1,68 m")):
        d.text((440, y), words, font=font(34), fill=(30, 30, 40))
    d.text((60, 720), "IDFRAKERVELLA<<<<<<<<<<<<<<<<<<<<", font=ImageFont.truetype("/usr/share/fonts/truetype/liberation2/LiberationMono-Regular.ttf", 46), fill=(20, 20, 20))
    d.text((60, 780), "710504F2910ANNE<LAURE<<MARIE<<<<<", font=ImageFont.truetype("/usr/share/fonts/truetype/liberation2/LiberationMono-Regular.ttf", 46), fill=(20, 20, 20))
    return card


def unmapped(data):
    """The same page, but the file no longer says which letters its glyphs are."""
    import io
    import pikepdf
    pdf = pikepdf.open(io.BytesIO(data))
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary) and "/ToUnicode" in thing:
            del thing["/ToUnicode"]
    return picture.settled(pdf)


def letterhead(data):
    """A digital form over a picture as large as the page: a pale ground, a logo and an address."""
    import io
    import pikepdf
    from PIL import Image, ImageDraw, ImageFont
    sheet = Image.new("L", (1240, 1754), 250)
    d = ImageDraw.Draw(sheet)
    d.ellipse((30, 20, 110, 100), fill=120)
    d.text((130, 30), "Clinique Notre-Dame d'Ozoir-le-Bois - 2 place de la Gare, 56000 Rochefontaine", font=ImageFont.truetype("/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf", 18), fill=110)
    d.polygon((200, 900, 620, 500, 1040, 900, 620, 1300), fill=240)
    ground = pikepdf.open(io.BytesIO(picture.as_pdf([sheet], 150, 60)))
    pdf = pikepdf.open(io.BytesIO(data))
    for page in pdf.pages:
        page.add_underlay(ground.pages[0])
    return picture.settled(pdf)


def one(kind, out, pdf, seed, dpi):
    chance = random.Random(f"{seed} {pathlib.Path(pdf).name} {kind}")
    made = [picture.KINDS[kind](page, chance) for page in picture.drawn(pathlib.Path(pdf).read_bytes(), dpi, colour=kind == "photo")]
    pathlib.Path(out).write_bytes(picture.as_pdf(made, dpi, 65))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--only", default="")
    p.add_argument("--set", type=pathlib.Path)
    p.add_argument("--count", type=int, default=120)
    p.add_argument("--one", nargs=3, metavar=("KIND", "OUT", "FORM"))
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--dpi", type=int, default=200)
    a = p.parse_args()
    if a.one:
        one(*a.one, a.seed, a.dpi)
        return
    if a.set:
        (a.set / "registry").mkdir(parents=True, exist_ok=True)
        for table in (ROOT / "fixtures/registry").glob("*.csv"):
            shutil.copy(table, a.set / "registry")
        papers.write(a.set, a.count, a.seed)
        return
    shelf = Shelf(a.only)
    for chapter in (scans, others, files, layers, several, pages, doubts):
        chapter(shelf)
    shelf.write(ROOT / "fixtures/paper")
    print(len(shelf.out), "documents")


if __name__ == "__main__":
    main()
