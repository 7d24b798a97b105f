"""The catalogue, second half: values as people write them, what the rulebook refuses, and documents that are no filled form."""
import io

import pikepdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

import build
import fill
import post
from answers import Answers
from build import acroform, annotated, drawn


def values(c):
    """Accepted, however it is written."""
    c.compact = True

    def one(case, kind="clinic", ed=None, how=None, certs=("org",), **set_):
        a = c.ok(kind, certs=certs, **({"ids": ("ej",)} if kind == "hospital2" else {}))
        for key, value in set_.items():
            a.set(key, *(value if isinstance(value, tuple) else (value,)))
        way = how or [acroform, drawn, annotated][c.n % 3]
        c.add(case + {acroform: ".fields", drawn: ".drawn", annotated: ".annotations"}[way], way(ed or c.ed(), a), a)
        return a

    eg = c.p.kinds["clinic"]["eg"]
    mail = c.p.kinds["clinic"]["signer"]["email"]
    one("finess-with-prefix", finess=(f"N° FINESS : {eg}", eg))
    one("finess-with-no-break-spaces", finess=(f"{eg[:2]}\u00a0{eg[2:5]}\u00a0{eg[5:]}", eg), how=drawn)
    one("siret-with-dots", "firm", siret=(".".join((lambda s: [s[:3], s[3:6], s[6:9], s[9:]])(c.p.kinds["firm"]["siret"])), c.p.kinds["firm"]["siret"]))
    one("la-poste-siret", "post")
    one("phone-reunion", "overseas", phone=("0262 41 55 66", "+262262415566"))
    one("phone-belgium", phone=("+32 2 555 12 12", "+3225551212"))
    one("phone-with-brackets", phone=("+33 (0)2 98 44 10 20", "+33298441020"))
    a = c.ok("clinic").set("email", mail.replace("@", "\n@"), mail)
    c.add("email-on-two-lines.drawn", drawn("below-labels", a, size=6), a)
    one("email-in-capitals", email=(mail.upper(), mail))
    one("date-in-words", date=("1er novembre 2026", "2026-11-01"))
    one("date-with-weekday", date=("vendredi 20 novembre 2026", "2026-11-20"))
    one("date-short-year", date=("09/11/26", "2026-11-09"))
    one("date-on-the-reference-day", date=("22/11/2026", "2026-11-22"))
    one("date-180-days-old", date=("26/05/2026", "2026-05-26"))
    one("ssl-line-holds-a-web-address", certs=("ssl",), ssl_server="", ssl_domain=("https://portail.clinique-ozoir-bois.fr/accueil?a=1", "portail.clinique-ozoir-bois.fr"))
    one("domain-with-accents", certs=("ssl",), ssl_server="", ssl_domain=("clinique-d-été.fr", "xn--clinique-d-t-lebb.fr"), how=acroform)
    one("mail-domain-with-at", certs=("smime", "pro"), smime_domain=("@clinique-ozoir-bois.fr", "clinique-ozoir-bois.fr"))
    one("names-with-oe-and-apostrophes", "hospital2", name="Hôpital intercommunal du Val d’Ancœur")
    one("purpose-with-quotes", purpose="Dossiers « patients » – l'œuvre de l'hôpital (phase n° 2) ; coût : 10 % de moins")
    one("purpose-says-siret-and-phone", purpose="Téléphone et SIRET de l'éditeur : voir 02 98 00 00 00, contrat 123 456 789 00012")
    one("solution-is-called-nom", solution="Nom de domaine Plus")
    p = c.p.kinds["hospital"]
    a = c.ok("hospital", ids=("ej",), admins=[p["vendor"], p["lastday"]])
    c.add("administrators-vendor-and-last-day-of-card.fields", acroform(c.ed(), a), a)
    a = c.ok("clinic", role="D", signer=c.p.kinds["clinic"]["delegate"])
    c.add("delegate-with-mandate.drawn", drawn("radio-terms", a), a)
    a = c.ok("clinic", ids=("eg", "eg_siret"))
    c.add("finess-and-siret-of-the-same.drawn", drawn("above-pairs", a), a)
    a = c.ok("ehpad").set("purpose", "Accès au DMP et à la MSSanté pour nos résidents (Ségur).").find("accepted", ("finess_advice", "/structure/finess"))
    c.add("segur-with-geographical-contract.fields", acroform(c.ed(), a), a)
    a = c.ok("clinic", admins=[])
    for i, who in ((0, c.p.kinds["clinic"]["admins"][0]), (3, c.p.kinds["clinic"]["admins"][1])):
        a.admin(i, who)
    c.add("administrators-on-rows-one-and-four.drawn", drawn("left-helvetica", a), a)
    a = c.ok("clinic", admins=[])
    for i in (0, 1):
        a.admin(i, c.p.kinds["clinic"]["admins"][0])
    c.add("same-card-on-two-rows.fields", acroform(c.ed(), a), a.find("accepted", ("duplicate", "/administrators/1/card")))


def refusals(c):
    clinic = c.p.kinds["clinic"]

    def one(case, *findings, kind="clinic", verdict="rejected", certs=("org",), change=None, role_ticks=None, ticks=None, want=None, **set_):
        a = c.ok(kind, certs=certs)
        for key, value in set_.items():
            a.set(key, *(value if isinstance(value, tuple) else (value,)))
        if role_ticks is not None:
            a.ticks = (a.ticks - {"role_L", "role_D", "role_P"}) | set(role_ticks)
            a.want["role"] = None
        a.ticks |= set(ticks or ())
        a.want |= want or {}
        if change:
            change(a)
        way, suffix = [(drawn, "drawn"), (acroform, "fields"), (annotated, "annotations")][c.n % 3]
        c.add(f"{case}.{suffix}", way(c.ed(), a), a.find(verdict, *findings))

    for key, pointer in (("name", "/structure/name"), ("finess", "/structure"), ("last", "/signatory/last_name"), ("first", "/signatory/first_names"), ("phone", "/signatory/phone"),
                         ("email", "/signatory/email"), ("card", "/signatory/card"), ("purpose", "/usage/purpose"), ("publisher", "/usage/publisher"), ("solution", "/usage/solution"),
                         ("date", "/declaration/date")):
        one(f"missing-{key}", ("missing", pointer), **{key: ("", None)})
    one("missing-role", ("missing", "/signatory/role"), role_ticks=())
    one("two-roles", ("ambiguous", "/signatory/role"), role_ticks=("role_L", "role_D"))
    one("no-certificate", ("missing", "/certificates"), certs=())
    one("ssl-both-lines", ("ambiguous", "/certificates/server_ssl"), certs=("ssl",), ssl_domain=clinic["domain"], ssl_server="srv." + clinic["domain"])
    one("ssl-no-line", ("missing", "/certificates/server_ssl"), certs=("ssl",), ssl_domain="", ssl_server="")
    one("smime-no-line", ("missing", "/certificates/server_smime/mail_domain"), certs=("smime",), smime_domain="")
    one("pro-line-not-ticked", ("not_requested", "/certificates/pro"), verdict="review", pro_domain=clinic["domain"])
    one("ssl-wildcard", ("not_applicable", "/certificates/server_ssl/domain"), verdict="review", certs=("ssl",), ssl_server="", ssl_domain="*." + clinic["domain"])
    one("ssl-bare-suffix", ("malformed", "/certificates/server_ssl/domain"), certs=("ssl",), ssl_server="", ssl_domain="gouv.fr")
    one("ssl-no-suffix", ("malformed", "/certificates/server_ssl/server"), certs=("ssl",), ssl_domain="", ssl_server="srv-mss.intranet")
    one("mail-domain-is-an-address", ("malformed", "/certificates/pro/mail_domain"), certs=("pro",), pro_domain="contact@" + clinic["domain"])
    wrong = clinic["eg"][:-1] + str((int(clinic["eg"][-1]) + 3) % 10)
    one("finess-check-digit", ("malformed", "/structure/finess"), finess=(f"{wrong[:3]} {wrong[3:6]} {wrong[6:]}", wrong))
    one("finess-letter-o", ("malformed", "/structure/finess"), finess=clinic["eg"][:2] + "O" + clinic["eg"][3:])
    one("siret-check-digit", ("malformed", "/structure/siret"), kind="firm", siret=(lambda s: s[:-1] + str((int(s[-1]) + 1) % 10))(c.p.kinds["firm"]["siret"]))
    one("siret-of-a-bad-siren", ("malformed", "/structure/siret"), kind="firm", siret="11122233344455")
    one("phone-too-short", ("malformed", "/signatory/phone"), phone="02984410")
    one("email-without-dot", ("malformed", "/signatory/email"), email="direction@clinique")
    one("card-nine-digits", ("malformed", "/signatory/card"), card="280012345")
    one("date-in-the-future", ("date_in_future", "/declaration/date"), date=("23/11/2026", "2026-11-23"))
    one("date-too-old", ("date_too_old", "/declaration/date"), verdict="review", date=("25/05/2026", "2026-05-25"))
    one("date-impossible", ("malformed", "/declaration/date"), date="31/11/2026")
    one("practice-holder-without-rang", ("not_applicable", "/signatory/role"), role_ticks=("role_P",), want={"role": "practice_holder"})
    one("several-problems", ("missing", "/signatory/phone"), ("malformed", "/signatory/email"), ("missing", "/usage/solution"), ("missing", "/certificates"), certs=(),
        phone="", email="directionclinique.fr", solution="")

    def signer(name, who, finding, kind="hospital"):
        a = c.ok(kind, signer=c.p.kinds[kind][who], ids=("ej",))
        a.find("rejected", (finding, "/signatory/card"), ("mismatch", "/signatory"))
        c.add(f"{name}.fields", acroform(c.ed(), a), a)

    for name, who, finding in (("signatory-card-expired-yesterday", "expired", "expired"), ("signatory-card-opposed-today", "revoked", "revoked"), ("signatory-card-valid-tomorrow", "early", "not_yet_valid")):
        signer(name, who, finding)
    hospital = c.p.kinds["hospital"]
    for name, who, finding in (("administrator-card-expired", "expired", "expired"), ("administrator-card-opposed", "revoked", "revoked"), ("administrator-card-not-yet-valid", "early", "not_yet_valid")):
        a = c.ok("hospital", ids=("ej",), admins=[hospital["admins"][0], hospital[who]]).find("rejected", (finding, "/administrators/1/card"))
        c.add(f"{name}.drawn", drawn(c.ed(), a), a)
    for name, cells, finding, verdict in (
            ("administrator-card-unknown", {"card": "0012345679"}, ("unknown", "/administrators/1/card"), "rejected"),
            ("administrator-card-of-somebody-else", {"last": "Zwingelstein", "first": "Horst"}, ("mismatch", "/administrators/1"), "rejected"),
            ("administrator-first-name-first", {"last": hospital["admins"][1]["first"], "first": hospital["admins"][1]["last"]}, ("mismatch", "/administrators/1"), "review"),
            ("administrator-without-phone", {"phone": ("", None)}, ("missing", "/administrators/1/phone"), "rejected"),
            ("administrator-bad-email", {"email": "pas.d.adresse"}, ("malformed", "/administrators/1/email"), "rejected")):
        a = c.ok("hospital", ids=("ej",), admins=[hospital["admins"][0]])
        a.admin(1, hospital["admins"][1], **cells)
        c.add(f"{name}.drawn", drawn(c.ed(), a), a.find(verdict, finding))
    a = c.ok("clinic", admins=[]).find("rejected", ("missing", "/administrators"))
    c.add("administrators-none.fields", acroform(c.ed(), a), a)
    for name, kind, ids, finding, verdict in (
            ("contract-none", "nocontract", ("ej",), ("contract_missing", "/structure"), "rejected"), ("contract-suspended", "suspended", ("eg",), ("contract_inactive", "/structure"), "rejected"),
            ("structure-closed", "closed", ("eg",), ("closed", "/structure/finess"), "rejected"), ("hospital-geographical-number", "hospital", ("eg",), ("finess_level", "/structure/finess"), "rejected"),
            ("pharmacy-legal-number", "pharmacy", ("ej",), ("finess_level", "/structure/finess"), "rejected"), ("clinic-legal-number", "clinic", ("ej",), ("finess_level", "/structure/finess"), "rejected"),
            ("laboratory-second-site", "lab", ("second",), ("finess_level", "/structure/finess"), "rejected")):
        team = c.p.kinds[kind]
        ids_ = ids if ids[0] in ("ej", "eg") else ("eg",)
        a = c.ok(kind, ids=ids_)
        if ids == ("second",):
            a.set("finess", team["second"])
        names = {"pharmacy": "SELARL Kermeur-Officine", "clinic": "SA Cliniques d'Ozoir"}
        if ids == ("ej",) and kind in names:
            a.set("name", names[kind])
        if ids == ("eg",) and kind == "hospital":
            a.set("name", team["name"] + " - site principal")
        if ids == ("second",):
            a.set("name", team["name"] + " - site 2")
        c.add(f"{name}.fields", acroform(c.ed(), a), a.find(verdict, finding))
    a = c.ok("clinic").set("finess", c.p.unknown).find("rejected", ("unknown", "/structure/finess"))
    c.add("finess-unknown.drawn", drawn(c.ed(), a), a)
    a = c.ok("clinic", ids=("eg",)).set("siret", c.p.kinds["ehpad"]["eg_siret"]).find("rejected", ("mismatch", "/structure"))
    c.add("finess-and-siret-of-two-structures.drawn", drawn("side-by-side", a), a)
    for name, who, finding in (("delegate-without-mandate", "stranger", "mandate_missing"), ("delegate-mandate-ended", "late", "mandate_expired")):
        a = c.ok("clinic", role="D", signer=clinic[who]).find("rejected", (finding, "/signatory"))
        c.add(f"{name}.fields", acroform(c.ed(), a), a)
    a = c.ok("clinic", signer=clinic["stranger"]).find("review", ("mismatch", "/signatory"))
    c.add("legal-representative-is-another.drawn", drawn(c.ed(), a), a)
    for ed in ("radio-terms", "above-pairs"):
        a = c.ok("clinic").find("rejected", ("missing", "/declaration/terms_accepted"))
        c.add(f"terms-not-ticked-{ed}.drawn", drawn(ed, a, terms=False), a)
    a = c.ok("clinic").find("rejected", ("missing", "/declaration/terms_accepted"))
    c.add("terms-not-ticked-radio-terms.fields", acroform("radio-terms", a, terms=False), a)


def letter(*lines):
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=A4, invariant=1)
    page.setFont("Times-Roman", 11)
    for i, line in enumerate(lines):
        page.drawString(70, 760 - 18 * i, line)
    page.save()
    return out.getvalue()


COVER = ("Madame, Monsieur,", "", "Veuillez trouver ci-joint le formulaire F413 signé par notre directeur.", "Nom du dossier : certificats 2026", "Téléphone : 02 98 11 22 33", "", "Cordialement,")


def documents(c):
    refused = lambda code: c.nothing_read(code)
    ok = lambda kind="clinic", **how: c.ok(kind, **how)
    a = ok()
    data = drawn("left-helvetica", a)[0]
    c.add("password-to-open.locked", post.encrypted(data, "a", "secret"), refused("document_encrypted"))
    c.add("password-to-open-rc4.locked", post.encrypted(data, "a", "secret", 3), refused("document_encrypted"))
    c.add("cut-after-a-quarter.damaged", data[:len(data) // 4], refused("document_damaged"))
    c.add("only-a-header.damaged", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", refused("document_damaged"))
    c.add("zeros-behind-the-header.damaged", b"%PDF-1.4\n" + bytes(3000), refused("document_damaged"))
    c.add("form-f414-drawn.other", drawn("left-helvetica", ok(), form="F414"), refused("form_absent"))
    c.add("form-f414-blank.other", build.edition.Sheet(build.named("radio-terms"), form="F414").pdf(), refused("form_absent"))
    c.add("cover-letter.other", letter(*COVER), refused("form_absent"))
    c.add("invoice.other", letter("FACTURE n° 2026-118", "SIRET 123 456 789 00012", "Nom : Dupré", "Email professionnel : a@b.fr", "Date : 12/11/2026"), refused("form_absent"))
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    c.add("empty-page.other", out.getvalue(), refused("form_absent"))

    a = ok(certs=("org",))
    full = drawn("left-helvetica", a)[0]
    c.add("cover-letter-before-the-form.drawn", post.joined(letter(*COVER), full), a)
    c.add("notice-page-missing.drawn", post.pages(full, [0, 1]), a)
    c.add("pages-in-another-order.drawn", post.pages(full, [1, 2, 0]), a)
    a = ok()
    data, _ = acroform("left-helvetica", a)
    c.add("notice-page-missing.fields", post.pages(data, [0, 1]), a)

    a = ok(certs=("org",))
    data = drawn("below-labels", a)[0]
    a.drop("date").find("rejected", ("form_incomplete", ""))
    a.ticks -= {"org"}
    a.want |= {"signature": "none", "stamp": False}
    c.add("signature-page-missing.drawn", post.pages(data, [0, 1]), a)
    a = ok(certs=("pro",))
    data = drawn("long-twelve-rows", a)[0]
    a.drop("date").find("rejected", ("form_incomplete", ""))
    a.want |= {"signature": "none", "stamp": False}
    c.add("signature-page-alone-missing.drawn", post.pages(data, [0, 1, 2, 3, 5]), a)
    a = ok(certs=("org",))
    data = drawn("dotted-lines", a)[0]
    for key in ("purpose", "publisher", "solution"):
        a.drop(key)
    a.want["admins"] = []
    c.add("administrators-page-missing.drawn", post.pages(data, [0, 2]), a.find("rejected", ("form_incomplete", "")))

    one, two = ok("ehpad", certs=("org",)), ok("pharmacy", certs=("pro",))
    c.add("two-forms-in-one-file.drawn", post.joined(drawn("left-helvetica", one)[0], drawn("radio-terms", two)[0]), {"submissions": [one.expected(), two.expected()]})
    one, two = ok("ehpad", certs=("org",)), ok("clinic", certs=("org",)).drop("date").find("rejected", ("missing", "/declaration/date"))
    c.add("two-forms-one-bad.drawn", post.joined(drawn("side-by-side", one)[0], drawn("below-labels", two)[0]), {"submissions": [one.expected(), two.expected()]})
    one = ok("radiology", certs=("org",))
    rangs = c.p.kinds["radiology"]["rangs"]
    for i in range(4):
        one.set(f"rpps{i + 1}", rangs[i])
    first = drawn("left-helvetica", one)[0]
    for i in range(4):
        one.drop(f"rpps{i + 1}")
    for i in range(2):
        one.set(f"rpps{i + 1}", rangs[4 + i])
    second = drawn("left-helvetica", one)[0]
    one.want["rpps"] = rangs
    c.add("second-copy-with-further-rpps-rang.drawn", post.joined(first, second), one)

    a = ok()
    e = build.reworded("left-helvetica", {"publisher": "Fournisseur", "solution": "Progiciel"})
    data = drawn(e, a)[0]
    a.want |= {"publisher": None, "solution": None}
    c.add("labels-nobody-knows.drawn", data, a.find("review", ("form_edition_unknown", "")))


def xfa(c):
    """A dynamic XFA form: the page only asks to wait for another viewer."""
    pdf = pikepdf.open(io.BytesIO(letter("Please wait...", "If this message is not eventually replaced by the proper contents of the document, your PDF viewer", "may not be able to display this type of document.")))
    packet = pikepdf.Stream(pdf, b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template xmlns="http://www.xfa.org/schema/xfa-template/3.3/"><subform name="F413"/></template></xdp:xdp>')
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(), XFA=pdf.make_indirect(packet))
    pdf.Root.NeedsRendering = True
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    c.add("xfa-please-wait.other", out.getvalue(), c.nothing_read("document_unsupported"))


def mixed(c):
    """Fields and something else besides them."""
    a = c.ok("clinic")
    e = build.named("left-helvetica")
    half = Answers(a.team, "half")
    half.texts, half.ticks = {k: v for i, (k, v) in enumerate(sorted(a.texts.items())) if i % 2}, set(a.ticks)
    data, boxes = acroform(e, half)
    rest = Answers(a.team, "rest")
    rest.texts, rest.ticks = {k: v for k, v in a.texts.items() if k not in half.texts}, set()
    c.add("half-in-fields-half-in-annotations.fields", fill.annotate_answers(data, boxes, rest), a)

    a = c.ok("ehpad")
    data, boxes = acroform("radio-terms", a)
    c.add("a-comment-beside-the-form.fields", post.commented(data, "Relu par le secrétariat : N° SIRET à vérifier, tél. 02 98 11 22 33"), a)

    a = c.ok("house")
    data, _ = acroform("above-pairs", a)
    c.add("other-tools-hidden-field.fields", post.hidden_field(data, "internal_ref", "2026-000123 / direction@autre-domaine.fr"), a)

    a = c.ok("centre")
    c.add("values-but-default-values-differ.fields", post.defaulted(acroform("side-by-side", a)[0], "à compléter"), a)
    c.add("default-values-only.blank", post.defaulted(build.blank("left-helvetica", "fields"), "à compléter"), c.nothing_read("form_blank"))
