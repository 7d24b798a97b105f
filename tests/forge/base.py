"""The blank form as published (fixtures/forms/edition-published.blank.pdf), filled in every way."""
import io
import pathlib
import types

import pikepdf
from pikepdf import Name
from reportlab.pdfgen import canvas

import fields
import fill
import post

BLANK = pathlib.Path(__file__).resolve().parents[2] / "fixtures/forms/edition-published.blank.pdf"
KEYS = {"Dénomination de la structure": "name", "FINESS": "finess", "ou N SIRET": "siret", "Responsable légal": "role_L", "Mandataire": "role_D", "Titulaire du cabinet": "role_P",
        "Nom": "last", "Prénoms": "first", "Téléphone": "phone", "Email professionnel": "email", "N de carte": "card", "Éditeur de la solution": "publisher", "Solution utilisée": "solution",
        "Précisions sur lusage des certificats et sur votre projet": "purpose", "Case 1": "org", "Case 2": "ssl", "Case 3": "smime", "Case 4": "pro", "Date": "date",
        "Certificat pour le nom de domaine suivant": "ssl_domain", "OU Certificat restreint au serveur suivant": "ssl_server",
        "nom de domaine de messagerie 1": "smime_domain", "nom de domaine de messagerie 2": "pro_domain"}
CELLS = {"N de carteRow": "card", "Nom figurant sur la carteRow": "last", "Prénom figurant sur la carteRow": "first", "TéléphoneRow": "phone", "Email professionnelRow": "email"}
TICKS = {"role_L", "role_D", "role_P", "org", "ssl", "smime", "pro"}


def key_of(name):
    for stem, cell in CELLS.items():
        if name.startswith(stem):
            return f"a{int(name[len(stem):]) - 1}_{cell}"
    return f"rpps{name[-1]}" if name.startswith("RPPS rang") else KEYS[name]


def boxes():
    pdf = pikepdf.open(BLANK)
    found = {"signature": (1, 46, 165, 290, 228), "stamp": (1, 302, 165, 548, 238)}
    for n, page in enumerate(pdf.pages):
        for note in page.get(Name.Annots, []):
            found[key_of(str(note.T))] = (n, *(float(v) for v in note.Rect))
    return found


def overlaid(answers, draw=False, keep_fields=True, filler=fill.Filler, **how):
    """Signature and stamp, and with `draw` words and ticks, drawn over the published pages."""
    places, filler = boxes(), filler(answers, draw, **how)
    out = io.BytesIO()
    over = canvas.Canvas(out, pagesize=(595.276, 841.89), invariant=1, pageCompression=1)
    sheet = types.SimpleNamespace(c=over)
    for page in range(3):
        for key, box in places.items():
            if box[0] != page:
                continue
            if key in ("signature", "stamp"):
                filler.zone(sheet, key, box)
            elif key in TICKS:
                if filler.ticked(key):
                    filler.tick(sheet, key, box)
            else:
                filler.text(sheet, key, box)
        over.showPage()
    over.save()
    pdf, top = pikepdf.open(BLANK), pikepdf.open(io.BytesIO(out.getvalue()))
    for page, layer in zip(pdf.pages, top.pages):
        page.add_overlay(layer)
        if not keep_fields:
            if Name.Annots in page:
                del page[Name.Annots]
    if not keep_fields:
        del pdf.Root.AcroForm
    return fill.saved(pdf), places


def filled(answers, drawn=True, strings="auto", **how):
    """The published form's own fields."""
    data, places = overlaid(answers, **how)
    pdf = pikepdf.open(io.BytesIO(data))
    for page in pdf.pages:
        for note in page.get(Name.Annots, []):
            key = key_of(str(note.T))
            if key in TICKS:
                note.V = note.AS = Name.Yes if key in answers.ticks else Name.Off
            elif key in answers.texts:
                words = answers.texts[key]
                note.V = fields.encode(words, strings)
                _, x0, y0, x1, y1 = places[key]
                size = 9.0
                while size > 4.5 and len(words) * size * 0.5 > x1 - x0 - 4:
                    size -= 0.25
                if drawn:
                    note.AP.N = fill.appearance(pdf, words, x1 - x0, y1 - y0, size, colour="0 g")
    pdf.Root.AcroForm.NeedAppearances = not drawn
    return fill.saved(pdf), places


def typed_over(answers, keep_fields=True, tick="x", **how):
    data, places = overlaid(answers, keep_fields=keep_fields, **how)
    return fill.annotate_answers(data, places, answers, tick), places


def published(c):
    def add(name, make, kind=None, then=None, **base):
        a = c.ok(kind, **base)
        data, places = make(a)
        c.add(f"published-{name}", then(data) if then else data, a)

    add("filled.fields", lambda a: filled(a))
    add("filled-utf16.fields", lambda a: filled(a, strings="utf16"))
    add("filled-nothing-drawn.fields", lambda a: filled(a, drawn=False, strings="utf8"))
    add("flattened.flattened", lambda a: filled(a), then=fields.flattened)
    add("flattened-radiology.flattened", lambda a: filled(a), "radiology", then=fields.flattened)
    add("by-cairo.flattened", lambda a: filled(a), then=post.cairo)
    add("by-ghostscript.flattened", lambda a: filled(a), "clinic", then=lambda d: post.ghostscript(fields.flattened(d)))
    add("by-ghostscript.drawn", lambda a: overlaid(a, True, False, font="Helvetica"), "clinic", then=post.ghostscript)
    for i, (font, tick) in enumerate((("Helvetica", "x"), ("LibMono", "cross"), ("DejaVu", "check-glyph"), ("Times-Roman", "dingbat"), ("Carlito", "filled"), ("Courier", "X"))):
        add(f"typed-{tick if tick != 'X' else 'capital'}.drawn", lambda a: overlaid(a, True, False, font=font, tick=tick, signature=["strokes", "image", "typed"][i % 3], stamp=["frame", "round", "words", "stamp-image"][i % 4], seed=i))
    add("typed-over-empty-fields.annotations", lambda a: typed_over(a))
    add("typed-over-print.annotations", lambda a: typed_over(a, False, "X"))
    add("typed-over-ink-ticks.annotations", lambda a: typed_over(a, True, "ink"))
    add("typed-over-flattened.annotations", lambda a: typed_over(a, False), then=fields.flattened)
    add("typed-over-by-cairo.annotations", lambda a: typed_over(a, False, "X"), then=post.cairo)
    for angle in (90, 180, 270):
        add(f"rotated-{angle}-upright.fields", lambda a: filled(a), then=lambda d: post.rotate(d, angle))
        add(f"rotated-{angle}-sideways.drawn", lambda a: overlaid(a, True, False), then=lambda d: post.rotate(d, angle, False))
    add("rotated-90-upright.flattened", lambda a: filled(a), then=lambda d: post.rotate(fields.flattened(d), 90))
    add("owner-password.fields", lambda a: filled(a), then=post.encrypted)
    add("object-streams.drawn", lambda a: overlaid(a, True, False), then=post.streams)
    add("role-in-own-words.fields", lambda a: filled(a), "clinic", role="L")
    a = c.ok("clinic")
    data, places = filled(a, signature="none")
    a.want["signature"] = "digital"
    c.add("published-signed.fields", post.signed(data, places["signature"]), a.find("accepted", ("signature_untrusted", "/declaration/signature")))
    a = c.ok("clinic")
    data, places = filled(a, signature="none")
    c.add("published-signed-in-ink.fields", fill.sign_with_ink(data, places), a)
    a = c.ok("clinic").find("rejected", ("missing", "/declaration/signature"), ("missing", "/declaration/stamp"))
    a.want |= {"signature": "none", "stamp": False}
    c.add("published-not-signed.annotations", typed_over(a, True, "x", signature="none", stamp="none"), a)
    a = c.ok("clinic").drop("first").find("rejected", ("missing", "/signatory/first_names"))
    c.add("published-first-name-missing.flattened", fields.flattened(filled(a)[0]), a)
    a = c.ok("ehpad")
    data, places = filled(a)
    pdf = pikepdf.open(io.BytesIO(data))
    note = next(n for n in pdf.pages[0].Annots if str(n.T) == "FINESS")
    note.V = c.p.kinds["clinic"]["eg"]
    a.want["finess"] = c.p.kinds["clinic"]["eg"]
    a.find("review", ("values_disagree", "/structure/finess"), ("mismatch", "/structure/name"), ("mismatch", "/signatory"))
    c.add("published-value-is-not-drawing.fields", fill.saved(pdf), a)
