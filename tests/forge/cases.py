"""The catalogue: every forged document with its name and the report it must give. `seed` makes another set of the same kind."""
import build
import fill
import webpage as page
import editions as shelf
import fields
import post
from answers import Answers
from build import acroform, annotated, drawn

ACCEPTED_TEAMS = [("hospital", dict(ids=("ej",))), ("ehpad", {}), ("pharmacy", {}), ("clinic", {}), ("nonprofit", {}), ("centre", {}), ("lab", {}), ("house", {}),
                  ("firm", dict(ids=("siret",))), ("post", dict(ids=("siret",))), ("radiology", dict(ids=("rpps",), role="P")), ("dialysis", dict(ids=("ej",))), ("overseas", {})]
CERTS = [("org",), ("ssl",), ("pro",), ("org", "ssl"), ("smime",), ("org", "ssl", "smime", "pro"), ("ssl", "pro"), ("org", "smime")]


class Catalogue:
    def __init__(self, people, seed=0, editions=None):
        self.p, self.seed, self.n, self.out = people, seed, 0, []
        self.compact = False  # object streams for whatever has many small objects
        self.names = editions or list(shelf.EDITIONS)

    def ed(self):
        """The next edition, in turn."""
        self.n += 1
        return self.names[(self.n * 7 + self.seed) % len(self.names)]

    def ok(self, kind=None, **how):
        """Answers that are accepted as they stand."""
        self.n += 1
        if kind is None:
            kind, base = ACCEPTED_TEAMS[(self.n + self.seed) % len(ACCEPTED_TEAMS)]
        else:
            base = dict(ACCEPTED_TEAMS).get(kind, {})
        how = {"certs": CERTS[(self.n * 3 + self.seed) % len(CERTS)]} | base | how
        return Answers(self.p.kinds[kind], f"{self.seed}-{self.n}", **how)

    def add(self, name, data, expected):
        data = data[0] if isinstance(data, tuple) else data
        if self.compact and name.endswith((".fields", ".annotations")) and "signed" not in name:
            data = post.streams(data)
        self.out.append((name, data, expected.expected() if isinstance(expected, Answers) else expected))

    def nothing_read(self, code, verdict="rejected"):
        return {"form": None, "findings": [[code, ""]], "verdict": verdict}


def editions(c):
    for i, name in enumerate(c.names):
        a = c.ok()
        c.add(f"edition-{name}.drawn", drawn(name, a, font=["Helvetica", "DejaVu", "Carlito", "LibMono", "Times-Roman"][i % 5], size=[9, 8, 10, 7.5, 9.5][i % 5],
                                             tick=["path", "x", "check-glyph", "filled", "cross", "dingbat"][i % 6], signature=["strokes", "image", "typed"][i % 3], stamp=["frame", "round", "words", "stamp-image"][i % 4], seed=c.seed + i), a)
        a = c.ok()
        c.add(f"edition-{name}.fields", acroform(name, a, names=["nonsense", "label", "guid", "swapped"][i % 4], strings=["utf16", "auto", "utf8", "auto"][i % 4],
                                                 on=["Yes", "Oui", "1", "On"][i % 4], radio=i % 2 == 0), a)
        c.add(f"edition-{name}.blank", build.blank(name, "fields" if i % 2 else "print"), c.nothing_read("form_blank"))
        if i % 2 == 0:
            a = c.ok()
            c.add(f"edition-{name}.annotations", annotated(name, a, tick=["x", "X", "ink"][i % 3], over_fields=i % 4 == 0), a)
        else:
            a = c.ok()
            c.add(f"edition-{name}.flattened", fields.flattened(acroform(name, a)[0]), a)
    for kind, certs in (("clinic", ("ssl",)), ("radiology", ("org",)), ("hospital", ("org", "ssl", "smime", "pro"))):
        a = c.ok(kind, certs=certs)
        columns = ("last", "first", "email", "phone", "card") if kind == "clinic" else ("card", "last", "first", "phone", "email")
        c.add(f"browser-page-{kind}.printed", post.chromium(page.page(a, columns)), a)


def acroforms(c):
    def one(name, kind=None, then=None, answers=None, ed=None, **how):
        a = c.ok(kind, **(answers or {}))
        data, boxes = acroform(ed or c.ed(), a, **how)
        c.add(f"{name}.fields", then(data) if then else data, a)

    one("strings-utf16be", strings="utf16")
    one("strings-utf8-bom", strings="utf8")
    one("strings-pdfdoc-oe-ligature", "hospital2", answers=dict(ids=("ej",)), strings="pdfdoc")
    one("names-nonsense", names="nonsense")
    one("names-swapped", "clinic", answers=dict(role="L"), names="swapped")
    one("names-guid-no-drawing", names="guid", drawn=False)
    one("fields-inherited-from-tree", tree=True, names="guid")
    one("fields-with-nameless-kids", kids=True)
    one("fields-with-kids-no-drawing", kids=True, drawn=False, strings="utf16")
    one("role-radio-group", radio=True)
    one("role-radio-group-own-states", radio=True, on="Choix")
    one("role-radio-group-opt", radio=True, opt=True)
    one("on-state-oui", on="Oui")
    one("on-state-1", on="1")
    one("on-state-latin1", on="CochZE9", then=lambda d: d.replace(b"/CochZE9", b"/Coch#E9"))
    one("unticked-boxes-have-no-state", unset_off=True, on="Oui")
    one("need-appearances-nothing-drawn", drawn=False)
    one("comb-finess-siret", "ehpad", comb={"finess": 9, "siret": 14, "date": 10}, ed="left-helvetica")
    one("read-only-fields", read_only=True)
    one("object-streams", then=post.streams)
    one("linearised", then=lambda d: post.streams(d, True))
    one("owner-password-aes256", then=post.encrypted)
    one("owner-password-aes128", then=lambda d: post.encrypted(d, revision=4))
    one("owner-password-rc4", then=lambda d: post.encrypted(d, revision=3))
    for angle in (90, 180, 270):
        one(f"rotated-{angle}-upright", then=lambda d: post.rotate(d, angle))
    one("rotated-90-sideways", then=lambda d: post.rotate(d, 90, False))
    one("refried-by-cairo", then=post.cairo)
    one("printed-by-ghostscript", then=post.ghostscript)
    one("flattened-then-ghostscript", then=lambda d: post.ghostscript(fields.flattened(d)))
    one("leading-bytes", then=lambda d: b"\r\n" + d)
    one("trailing-bytes", then=lambda d: d + b"\n\n--\nEnvoye de mon telephone\n")

    a = c.ok("clinic", certs=("org",))
    before = a.texts["email"]
    data, _ = acroform("left-helvetica", a)
    a.set("email", "direction@" + a.team["domain"]).set("last", a.texts["last"].upper())
    c.add("values-changed-in-an-update.fields", post.updated(data, post.set_values({"Email professionnel": a.texts["email"], "Nom": a.texts["last"]})), a)
    assert before != a.texts["email"]

    other = c.p.kinds["ehpad"]
    for key, shown, name in (("finess", other["eg"], "finess"), ("email", "autre.personne@" + other["domain"], "email"), ("card", "2899999999", "card")):
        a = c.ok("clinic", certs=("org",)).find("review", ("values_disagree", {"finess": "/structure/finess"}.get(key, f"/signatory/{key}")))
        c.add(f"drawn-{name}-is-not-its-value.fields", acroform(c.ed(), a, stale={key: shown}), a)

    a = c.ok("clinic")
    a.texts["purpose"] = "Messagerie de l'accueil,\npuis facturation ;\ndémarrage en janvier."
    a.want["purpose"] = a.texts["purpose"]
    c.add("purpose-on-three-lines.fields", acroform("below-labels", a), a)


def signatures(c):
    def signed(name, ed="below-labels", change=None, findings=(("signature_untrusted", "/declaration/signature"),), verdict="accepted", want="digital", how=acroform, keep="none", solution=None, **meta):
        a = c.ok("clinic")
        data, boxes = how(ed, a, signature=keep)
        data = post.signed(data, boxes["signature"], **meta)
        if change:
            data = change(data)
        a.want["signature"] = want
        if solution:
            a.want["solution"] = solution
        c.add(name, data, a.find(verdict, *findings))

    broken = dict(findings=(("signature_broken", "/declaration/signature"),), verdict="rejected", want="none")
    signed("digitally-signed.fields")
    signed("digitally-signed-and-ink.fields", keep="strokes")
    signed("digitally-signed.drawn", how=drawn, ed="side-by-side")
    signed("digitally-signed-twice.fields", change=lambda d: post.signed(d, None, "Signature2"))
    signed("digitally-signed-one-byte-changed.fields", change=post.tampered, **broken)
    signed("digitally-signed-then-value-changed.fields", ed="left-helvetica", change=lambda d: post.updated(d, post.set_values({"Solution utilisée": "Autre logiciel"}, True)), solution="Autre logiciel", **broken)

    a = c.ok("ehpad")
    data, boxes = acroform("above-pairs", a, signature="none")
    c.add("signature-ink-annotation.fields", fill.sign_with_ink(data, boxes), a)
    a = c.ok("lab")
    data, boxes = drawn("dotted-lines", a, signature="image", stamp="none")
    c.add("stamp-is-a-stamp-annotation.drawn", fill.put_stamp_annotation(data, boxes, "stamp", a.stamp_words), a)
    a = c.ok("house")
    data, boxes = acroform("two-pages-letter", a, signature="none", stamp="none")
    data = fill.put_stamp_annotation(data, boxes, "stamp", a.stamp_words)
    c.add("signature-and-stamp-annotations.fields", fill.put_stamp_annotation(data, boxes, "signature", ["Lu et approuvé"]), a)
    for i, (sign, stamp) in enumerate((("typed", "round"), ("image", "stamp-image"), ("strokes", "words"))):
        a = c.ok()
        c.add(f"signature-{sign}-stamp-{stamp}.drawn", drawn(c.ed(), a, signature=sign, stamp=stamp), a)
    for name, sign, stamp, finding in (("signature-missing-stamp-there", "none", "frame", "signature"), ("stamp-missing-signature-there", "strokes", "none", "stamp")):
        for ed in ("left-helvetica", "radio-terms", "dotted-lines"):
            a = c.ok("clinic").find("rejected", ("missing", f"/declaration/{finding}"))
            a.want[finding] = "none" if finding == "signature" else False
            c.add(f"{name}-{ed}.drawn", drawn(ed, a, signature=sign, stamp=stamp), a)


def ticks(c):
    for style in ("x", "X", "path", "cross", "filled", "check-glyph", "dingbat"):
        a = c.ok(certs=("org", "pro") if style in "xX" else ("ssl", "smime"))
        c.add(f"ticks-{style if style != 'X' else 'capital'}.drawn", drawn(c.ed(), a, tick=style), a)
    a = c.ok()
    c.add("ticks-replace-the-box-glyph.drawn", drawn("dotted-lines", a, tick="glyph-in-place"), a)
    a = c.ok("radiology", ids=("rpps",), role="P")
    c.add("text-per-glyph.drawn", drawn("below-labels", a, per_glyph=True), a)
    a = c.ok("hospital", ids=("ej",), admins=c.p.kinds["hospital"]["many"] + c.p.kinds["hospital"]["admins"])
    c.add("twelve-administrators.drawn", drawn("long-twelve-rows", a, size=7), a)
    a = c.ok("hospital", ids=("ej",), admins=c.p.kinds["hospital"]["many"])
    c.add("seven-administrators-other-columns.fields", acroform("radio-terms", a), a)
    for name, then in (("rotated-90-upright", lambda d: post.rotate(d, 90)), ("rotated-270-sideways", lambda d: post.rotate(d, 270, False)), ("rotated-180-upright", lambda d: post.rotate(d, 180)),
                       ("ghostscript", post.ghostscript), ("cairo", post.cairo), ("owner-password", post.encrypted), ("object-streams", post.streams)):
        a = c.ok()
        c.add(f"{name}.drawn", then(drawn(c.ed(), a, font=["Helvetica", "LibSans"][c.n % 2])[0]), a)
    a = c.ok()
    data = annotated("side-by-side", a)[0]
    c.add("annotations-flattened.annotations", fields.flattened(data), a)
    a = c.ok()
    c.add("annotations-by-cairo.annotations", post.cairo(annotated("below-labels", a)[0]), a)


def more_editions(c):
    for i, (name, how) in enumerate((n, h) for n in shelf.MORE for h in ("drawn", "fields", "annotations", "blank")):
        if how == "blank":
            c.add(f"edition-{name}.blank", build.blank(name, "fields" if i % 8 == 3 else "print"), c.nothing_read("form_blank"))
            continue
        a = c.ok("hospital", ids=("ej",), admins=c.p.kinds["hospital"]["many"][:5]) if name.startswith("table-over") else c.ok()
        if how == "drawn":
            data = drawn(name, a, font=["LibSans", "Courier", "Carlito"][i % 3], tick=["x", "path", "filled"][i % 3], signature=["strokes", "image"][i % 2], stamp=["words", "round"][i % 2], seed=i)
        elif how == "fields":
            data = acroform(name, a, names=["guid", "swapped"][i % 2], strings="utf16", drawn=i % 3 != 0, on="Coche", kids=i % 2 == 0)
        else:
            data = annotated(name, a, tick="X")
        c.add(f"edition-{name}.{how}", data, a)
    a = c.ok("centre", certs=("org", "ssl"))
    c.add("browser-page-with-ligatures.printed", post.chromium(page.page(a, font="Carlito")), a)
    a = c.ok("ehpad", certs=("pro",)).drop("email").find("rejected", ("missing", "/signatory/email"))
    c.add("browser-page-email-missing.printed", post.chromium(page.page(a, font="DejaVu Serif")), a)
    c.add("browser-page.blank", post.chromium(page.page(build.nothing(a.team), signature=False, stamp=False)), c.nothing_read("form_blank"))
    a = c.ok("clinic", certs=("ssl",)).set("publisher", "Oriel Logiciels").set("solution", "Oriel Dossier")  # Ghostscript loses the letter Œ
    c.add("browser-page-then-ghostscript.printed", post.ghostscript(post.chromium(page.page(a, ("card", "last", "first", "phone", "email")))), a)
    a = c.ok("clinic")
    c.add("pages-of-different-rotation.drawn", post.rotate(drawn("below-labels", a)[0], 90, only=(1,)), a)
    a = c.ok("clinic")
    c.add("media-box-not-at-zero.fields", post.shifted(acroform("side-by-side", a)[0], 100, -50), a)
    a = c.ok("lab")
    c.add("crop-box-and-user-unit.drawn", post.cropped(drawn("left-helvetica", a)[0]), a)
    a = c.ok("house")
    c.add("content-in-nested-form-objects.drawn", post.nested(drawn("radio-terms", a)[0]), a)
    a = c.ok("nonprofit")
    c.add("values-in-two-widgets-of-one-field.fields", post.mirrored(acroform("left-helvetica", a, kids=True)[0]), a)
