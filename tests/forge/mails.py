#!/usr/bin/env python3
"""Writes fixtures/mails/demo: twenty mails as they come to the desk, each with what must become of it."""
import argparse
import email.policy
import io
import json
import pathlib
import random
import zipfile
from email.message import EmailMessage

import build
import cases
import forge
import people
import post
from build import acroform, drawn
from fill import stamp_picture

DESK = "monserviclient.certificats@esante.gouv.example"


BOUNCE = """MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b0unce"

--b0unce
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relais.example.
<direction@inconnu.example>: user unknown

--b0unce
Content-Type: message/delivery-status

Reporting-MTA: dns; relais.example

Final-Recipient: rfc822; direction@inconnu.example
Action: failed
Status: 5.1.1

--b0unce--
"""


def pdf(mail, data, name):
    mail.add_attachment(data, maintype="application", subtype="pdf", filename=name)


def docx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("[Content_Types].xml"), '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
        z.writestr(zipfile.ZipInfo("word/document.xml"), '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Formulaire F413 – voir pièce signée</w:t></w:r></w:p></w:body></w:document>')
    return out.getvalue()


def archive(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("certificats/"), b"")
        z.writestr(zipfile.ZipInfo("certificats/" + name), data)
    return out.getvalue()


def logo():
    out = io.BytesIO()
    stamp_picture(["VAULNOISE"]).resize((140, 45)).save(out, "PNG")
    return out.getvalue()


class Box:
    def __init__(self, out):
        self.out, self.n, self.random = out, 0, random.Random(413)
        out.mkdir(parents=True, exist_ok=True)

    def mail(self, sender, subject, text, day=20, **headers):
        self.n += 1
        m = EmailMessage(policy=email.policy.SMTP.clone(max_line_length=78))
        address = sender.rsplit("<", 1)[-1].rstrip(">")
        host = address.rpartition("@")[2] or "relais.example"
        when = f"{ {19: 'Thu', 20: 'Fri', 21: 'Sat', 22: 'Sun'}[day] }, {day} Nov 2026 {8 + self.n % 10:02}:{(self.n * 13) % 60:02}:07 +0100"
        m["Received"] = f"from mx.{host} (mx.{host} [192.0.2.{self.n}]) by mail.esante.gouv.example with ESMTPS id {self.random.getrandbits(40):010x}; {when}"
        m["From"], m["To"], m["Subject"], m["Date"] = sender, f"ANS certificats <{DESK}>", subject, when
        m["Message-ID"] = f"<{self.random.getrandbits(64):016x}@{host}>"
        for key, value in headers.items():
            m[key.replace("_", "-")] = value
        if text is not None:
            m.set_content(text)
        return m

    def keep(self, name, m, kind, submissions=(), reply=None):
        raw = m if isinstance(m, bytes) else m.as_bytes()
        (self.out / f"{name}.eml").write_bytes(raw)
        expected = {"kind": kind, "submissions": [s.expected() if hasattr(s, "expected") else s for s in submissions], "replies": [reply] if reply else []}
        (self.out / f"{name}.expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def refused(code):
    return {"form": None, "findings": [[code, ""]], "verdict": "rejected"}


def write(out, c):
    box, kinds = Box(out), c.p.kinds
    who = lambda kind: f"{kinds[kind]['signer']['first']} {kinds[kind]['signer']['last']} <{kinds[kind]['signer']['email']}>"

    a = c.ok("hospital", ids=("ej",), certs=("org", "ssl"))
    m = box.mail(who("hospital"), "Formulaire F413 – CH de Vaulnoise-en-Brenne", "Bonjour,\n\nVeuillez trouver ci-joint notre formulaire F413 signé et tamponné.\n\nBien cordialement,\nLa direction des systèmes d'information\n")
    m.add_alternative('<p>Bonjour,</p><p>Veuillez trouver ci-joint notre formulaire F413 signé et tamponné.</p><p>Bien cordialement,<br>La direction des systèmes d\'information</p><img src="cid:logo@vaulnoise">', subtype="html")
    m.get_payload()[1].add_related(logo(), "image", "png", cid="<logo@vaulnoise>", filename="image001.png", disposition="inline")
    pdf(m, acroform("left-helvetica", a)[0], "F413 CH Vaulnoise – signé.pdf")
    box.keep("01-accepted-hospital", m, "submission", [a], "accepted")

    a = c.ok("pharmacy", certs=("pro",))
    m = box.mail(who("pharmacy"), "F413", "Bonjour, ci-joint le formulaire complété pour le Dossier Pharmaceutique. Merci d'avance.\n", Reply_To=f"Pharmacie de l'Horloge <{kinds['pharmacy']['admins'][0]['email']}>")
    pdf(m, drawn("below-labels", a)[0], "scan_0001.pdf")
    box.keep("02-accepted-pharmacy-other-edition", m, "submission", [a], "accepted")

    clinic = kinds["clinic"]
    wrong = clinic["eg"][:-1] + str((int(clinic["eg"][-1]) + 3) % 10)
    a = c.ok("clinic", certs=("ssl",)).set("finess", wrong).drop("ssl_domain").drop("ssl_server").drop("phone")
    a.find("rejected", ("malformed", "/structure/finess"), ("missing", "/signatory/phone"), ("missing", "/certificates/server_ssl"), ("missing", "/declaration/stamp"))
    a.want["stamp"] = False
    m = box.mail(who("clinic"), "Demande de certificats logiciels", "Madame, Monsieur,\n\nNous souhaitons commander un certificat serveur. Le formulaire est en pièce jointe.\n\nCordialement\n")
    pdf(m, acroform("side-by-side", a, stamp="none")[0], "F413.pdf")
    box.keep("03-rejected-four-problems", m, "submission", [a], "rejected")

    a = c.ok("clinic", role="D", signer=clinic["late"], certs=("org",)).find("rejected", ("mandate_expired", "/signatory"))
    m = box.mail(f"{clinic['late']['first']} {clinic['late']['last']} <{clinic['late']['email']}>", "TR: formulaire administrateurs techniques", "Voici le formulaire.\n")
    pdf(m, drawn("radio-terms", a)[0], "formulaire.pdf")
    box.keep("04-rejected-mandate-ended", m, "submission", [a], "rejected")

    hospital = kinds["hospital"]
    a = c.ok("hospital", ids=("ej",), certs=("org",), admins=[hospital["admins"][0]])
    second = hospital["admins"][1]
    a.admin(1, second, last=second["first"], first=second["last"])
    a.find("review", ("mismatch", "/administrators/1"))
    m = box.mail(who("hospital"), "Ajout d'un administrateur technique", "Bonjour,\nMerci d'ajouter notre nouvel administrateur.\n")
    pdf(m, acroform("two-pages-letter", a)[0], "F413_ajout.pdf")
    box.keep("05-review-names-swapped", m, "submission", [a], "received")

    m = box.mail(who("ehpad"), "Question sur le formulaire F413", "Bonjour,\n\nFaut-il indiquer le FINESS géographique ou le FINESS juridique pour un EHPAD associatif ?\n\nMerci de votre aide.\n")
    box.keep("06-question", m, "question", [], "received")

    m = box.mail(who("lab"), "Réponse automatique : Votre demande F413", "Je suis absente jusqu'au 30 novembre. Pour toute urgence : accueil@biomesange.fr\n", Auto_Submitted="auto-replied")
    box.keep("07-out-of-office", m, "automatic")

    m = box.mail("Mail Delivery System <MAILER-DAEMON@relais.example>", "Undelivered Mail Returned to Sender", None, Return_Path="<>", Auto_Submitted="auto-replied")
    del m["MIME-Version"]
    head = m.as_bytes(policy=m.policy).rstrip() + b"\r\n"
    m = head + BOUNCE.replace("\n", "\r\n").encode()
    box.keep("08-bounce", m, "automatic")

    one = c.ok("centre", certs=("org",))
    two = c.ok("house", certs=("org",)).drop("date").find("rejected", ("missing", "/declaration/date"))
    m = box.mail("Groupement des centres de la Brenne <gestion@cds-pare-villerude.fr>", "Deux formulaires F413", "Bonjour, voici les formulaires de nos deux structures.\n")
    pdf(m, drawn("left-helvetica", one)[0], "centre de santé.pdf")
    pdf(m, acroform("above-pairs", two)[0], "maison de santé.pdf")
    box.keep("09-two-forms-one-bad", m, "submission", [one, two], "rejected")

    a = c.ok("nonprofit", certs=("smime",))
    m = box.mail(who("nonprofit"), "F413 (zip)", "Le formulaire est dans l'archive.\n")
    m.add_attachment(archive("F413 Saint-Eloi.pdf", acroform("long-twelve-rows", a, names="nonsense")[0]), maintype="application", subtype="zip", filename="certificats.zip")
    box.keep("10-accepted-in-a-zip", m, "submission", [a], "accepted")

    a = c.ok("overseas", certs=("org",))
    inner = box.mail(f"Secrétariat <secretariat@{kinds['overseas']['domain']}>", "formulaire signé", "Voici le formulaire signé par le directeur.\n", day=19)
    pdf(inner, drawn("side-by-side", a)[0], "f413-signe.pdf")
    m = box.mail(who("overseas"), "Fwd: formulaire signé", "Pour traitement, merci.\n")
    m.add_attachment(inner)
    box.keep("11-accepted-forwarded", m, "submission", [a], "accepted")

    data = drawn("left-helvetica", c.ok("clinic"))[0]
    m = box.mail(who("clinic"), "F413 confidentiel", "Le mot de passe vous sera communiqué par téléphone.\n")
    pdf(m, post.encrypted(data, "a", "secret"), "F413-protege.pdf")
    box.keep("12-rejected-password", m, "submission", [refused("document_encrypted")], "rejected")

    m = box.mail(who("firm"), "formulaire", "Bonjour,\nle formulaire au format Word.\n")
    m.add_attachment(docx(), maintype="application", subtype="vnd.openxmlformats-officedocument.wordprocessingml.document", filename="F413.docx")
    box.keep("13-rejected-docx", m, "submission", [refused("document_unsupported")], "rejected")

    m = box.mail(who("ehpad"), "F413 EHPAD Les Trois Noyers", "Ci-joint le formulaire.\n")
    pdf(m, build.blank("left-helvetica", "fields"), "F413-vierge.pdf")
    box.keep("14-rejected-blank-form", m, "submission", [refused("form_blank")], "rejected")

    m = box.mail(who("lab"), "Formulaire test", "Voici notre demande.\n")
    pdf(m, drawn("left-helvetica", c.ok("lab"), form="F414")[0], "F414.pdf")
    box.keep("15-rejected-f414", m, "submission", [refused("form_absent")], "rejected")

    m = box.mail(who("post"), "", None)
    m.set_content("")
    box.keep("16-empty-mail", m, "question", [], "received")

    m = box.mail(who("house"), "F413 illisible ?", "Bonjour, envoyé depuis mon téléphone.\n")
    pdf(m, data[:len(data) // 4], "F413.pdf")
    box.keep("17-rejected-damaged", m, "submission", [refused("document_damaged")], "rejected")

    m = box.mail(who("centre"), "F413 à télécharger", "Bonjour,\n\nLe formulaire F413 signé est à télécharger ici :\nhttps://we.tl/t-AbCdEf1234\n\nCordialement\n")
    box.keep("18-rejected-link", m, "submission", [refused("document_link")], "rejected")

    m = box.mail("Lettre e-santé <lettre@actus.example>", "Les actualités de la semaine", "Au sommaire cette semaine : MSSanté, Ségur, annuaire.\n", List_Id="<lettre.actus.example>", List_Unsubscribe="<https://actus.example/u>", Precedence="bulk")
    box.keep("19-newsletter", m, "automatic")

    a = c.ok("radiology", certs=("org",))
    rangs = kinds["radiology"]["rangs"]
    copies = []
    for part in (rangs[:4], rangs[4:]):
        for i in range(4):
            a.set(f"rpps{i + 1}", part[i] if i < len(part) else "")
        copies.append(acroform("left-helvetica", a)[0])
    a.want["rpps"] = rangs
    m = box.mail(who("radiology"), "F413 cabinet de radiologie (2 exemplaires)", "Bonjour,\nNous avons six RPPS rang : voici deux exemplaires du formulaire.\n")
    pdf(m, copies[0], "F413-1.pdf")
    pdf(m, copies[1], "F413-2.pdf")
    box.keep("20-accepted-second-copy-of-rpps-rang", m, "submission", [a], "accepted")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out", default=forge.ROOT / "fixtures/mails/demo", type=pathlib.Path)
    a = p.parse_args()
    random.seed(413)  # the boundaries
    who = people.the_people()
    who.unknown = who.finess()
    write(a.out, cases.Catalogue(who, 1000))


if __name__ == "__main__":
    main()
