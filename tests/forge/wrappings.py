#!/usr/bin/env python3
"""Writes fixtures/mails/wrapped (one form in every wrapping that mail programs know) and fixtures/mails/kinds (machines and people)."""
import base64
import binascii
import io
import pathlib
import struct
import subprocess
import tempfile
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORM = (ROOT / "fixtures/forms/ticks-x.drawn.pdf").read_bytes()
TEXT = "Bonjour,\r\n\r\nVeuillez trouver ci-joint le formulaire F413 signé.\r\n\r\nCordialement,\r\nClémence Ben Amor\r\n"


def b64(data):
    text = base64.b64encode(data).decode()
    return "\r\n".join(text[i:i + 76] for i in range(0, len(text), 76)) + "\r\n"


def head(subject="Formulaire F413", sender="Clémence Ben Amor <clemence.ben-amor@clinique-ozoir-bois.example>", extra="", ident="a1"):
    sender = sender.replace("Clémence Ben Amor", "=?utf-8?Q?Cl=C3=A9mence_Ben_Amor?=")
    return (f"Return-Path: <clemence.ben-amor@clinique-ozoir-bois.example>\r\n{extra}From: {sender}\r\nTo: guichet@ans.example\r\n"
            f"Subject: {subject}\r\nDate: Mon, 16 Nov 2026 10:12:00 +0100\r\nMessage-ID: <{ident}@clinique-ozoir-bois.example>\r\nMIME-Version: 1.0\r\n")


def text_part(text=TEXT):
    return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(text.encode())


def html_part(html):
    return "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(html.encode())


def file_part(data=FORM, type='application/pdf; name="F413.pdf"', disposition='attachment; filename="F413.pdf"', extra=""):
    fields = f"Content-Type: {type}\r\n" if type else ""
    if disposition:
        fields += f"Content-Disposition: {disposition}\r\n"
    return fields + extra + "Content-Transfer-Encoding: base64\r\n\r\n" + b64(data)


def multi(*parts, kind="mixed", mark="mark", extra=""):
    return (f"Content-Type: multipart/{kind}; boundary=\"{mark}\"{extra}\r\n\r\n"
            + "".join(f"--{mark}\r\n{part}\r\n" for part in parts) + f"--{mark}--\r\n")


def zipped(*files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 16, 10, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def with_password():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "F413.pdf").write_bytes(FORM)
        subprocess.run(["zip", "-q", "-X", "-P", "secret", "a.zip", "F413.pdf"], cwd=folder, check=True)
        return (pathlib.Path(folder) / "a.zip").read_bytes()


def winmail():
    def attribute(level, ident, data):
        return bytes([level]) + struct.pack("<II", ident, len(data)) + data + struct.pack("<H", sum(data) % 65536)
    return (struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
            + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
            + attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
            + attribute(2, 0x00018010, "F413 signé.pdf\0".encode("cp1252")) + attribute(2, 0x0006800F, FORM))


def openssl(*command, data):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.pem", "-out", "c.pem", "-subj",
                        "/CN=Clemence Ben Amor", "-days", "3650"], cwd=folder, check=True, capture_output=True)
        (pathlib.Path(folder) / "in").write_bytes(data)
        subprocess.run(["openssl", *command, "-in", "in", "-out", "out"], cwd=folder, check=True, capture_output=True)
        return (pathlib.Path(folder) / "out").read_bytes()


def uuencoded():
    lines = [binascii.b2a_uu(FORM[i:i + 45]).decode().rstrip("\n") for i in range(0, len(FORM), 45)]
    return "begin 644 F413.pdf\r\n" + "\r\n".join(lines) + "\r\n`\r\nend\r\n"


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"\xff" * ((width + 7) // 8) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def entity():
    return multi(text_part(), file_part(), mark="inner").encode()


LOGO = file_part(png(240, 80), "image/png; name=logo.png", "inline; filename=logo.png", "Content-ID: <logo@chu>\r\n")
FORWARDED = head("Formulaire", "Accueil <accueil@clinique-ozoir-bois.example>", ident="inner") + multi(text_part(), file_part(), mark="inner")
MAIL = "Content-Type: message/rfc822\r\n\r\n"


def wrapped():
    def mixed(*parts):
        return head() + multi(text_part(), *parts)
    yield "attached", mixed(file_part())
    yield "inline", mixed(file_part(disposition="inline; filename=F413.pdf"))
    yield "octet-stream", mixed(file_part(type="application/octet-stream"))
    yield "without-name", mixed(file_part(type="application/pdf", disposition="attachment"))
    yield "without-type", mixed(file_part(type="", disposition="attachment; filename=scan"))
    yield "empty-disposition", mixed(file_part(disposition="").replace("Content-Transfer", "Content-Disposition:\r\nContent-Transfer"))
    yield "name-of-a-picture", mixed(file_part(type="image/jpeg; name=F413.jpg", disposition="attachment; filename=F413.jpg"))
    yield "name-is-a-path", mixed(file_part(disposition='attachment; filename="..\\\\..\\\\F413.pdf"'))
    yield "rfc2231-name", mixed(file_part(type="application/pdf", disposition="attachment;\r\n filename*0*=utf-8''F413%20sign;\r\n filename*1*=%C3%A9.pdf"))
    yield "rfc2047-name", mixed(file_part(type="application/pdf", disposition='attachment; filename="=?utf-8?Q?F413_sign=C3=A9.pdf?="'))
    yield "latin-1-name", mixed(file_part(type="application/pdf", disposition='attachment; filename="F413 signé.pdf"')).encode("latin-1", "strict")
    yield "labelled-text", mixed(file_part(type='text/plain; charset=utf-8; name="F413.pdf"'))
    yield "in-alternative", head() + multi(text_part(), multi(html_part("<p>Bonjour</p>"), file_part(disposition="inline; filename=F413.pdf"), mark="inner"), kind="alternative")
    yield "forwarded", mixed(MAIL + FORWARDED)
    yield "forwarded-in-base64", mixed(file_part(FORWARDED.encode(), "message/rfc822", "attachment; filename=Formulaire.eml"))
    yield "forwarded-as-a-file", mixed(file_part(FORWARDED.encode(), "application/octet-stream", "attachment; filename=Formulaire.eml"))
    yield "forwarded-twice", mixed(MAIL + head("Tr : Formulaire", ident="middle") + multi(text_part(), MAIL + FORWARDED, mark="middle"))
    yield "zip", mixed(file_part(zipped(("Dossier/F413.pdf", FORM), ("__MACOSX/Dossier/._F413.pdf", b"\0\5\x16\7")), "application/zip", "attachment; filename=F413.zip"))
    yield "zip-in-zip", mixed(file_part(zipped(("interne.zip", zipped(("F413.pdf", FORM)))), "application/x-zip-compressed", "attachment; filename=F413.zip"))
    yield "zip-with-password", mixed(file_part(with_password(), "application/zip", "attachment; filename=F413.zip"))
    yield "zip-cut", mixed(file_part(zipped(("F413.pdf", FORM))[:-40], "application/zip", "attachment; filename=F413.zip"))
    yield "rar", mixed(file_part(b"Rar!\x1a\x07\x01\x00" + b"\0" * 64, "application/vnd.rar", "attachment; filename=F413.rar"))
    yield "winmail-dat", mixed(file_part(winmail(), "application/ms-tnef; name=winmail.dat", "attachment; filename=winmail.dat"))
    smime = 'application/pkcs7-mime; smime-type={}; name=smime.p7m', "attachment; filename=smime.p7m"
    sign = "cms", "-sign", "-signer", "c.pem", "-inkey", "k.pem", "-nodetach", "-binary", "-outform", "DER"
    yield "smime-opaque", head() + file_part(openssl(*sign, data=entity()), smime[0].format("signed-data"), smime[1])
    yield "smime-opaque-streamed", head() + file_part(openssl(*sign, "-stream", data=entity()), smime[0].format("signed-data"), smime[1])
    yield "smime-encrypted", head() + file_part(openssl("cms", "-encrypt", "-binary", "-outform", "DER", "-recip", "c.pem", data=entity()), smime[0].format("enveloped-data"), smime[1])
    signature = openssl("cms", "-sign", "-signer", "c.pem", "-inkey", "k.pem", "-binary", "-outform", "DER", data=entity())
    yield "smime-detached", head() + multi(entity().decode(), file_part(signature, "application/pkcs7-signature; name=smime.p7s", "attachment; filename=smime.p7s"), kind="signed")
    yield "signed-file", mixed(file_part(openssl(*sign, data=FORM), "application/octet-stream", "attachment; filename=F413.pdf.p7m"))
    yield "uuencoded", head() + "Content-Type: text/plain; charset=us-ascii\r\n\r\nBonjour,\r\n\r\n" + uuencoded()
    yield "base64-cut-and-followed", mixed(file_part()[:-5] + "\r\n\r\n-- \r\nMessage vérifié par l'antivirus.\r\n")
    yield "quoted-printable", mixed("Content-Type: application/pdf; name=F413.pdf\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                                    + binascii.b2a_qp(FORM, istext=False).decode().replace("\n", "\r\n"))
    yield "whole-mail", head() + file_part()
    yield "mark-never-closed", mixed(file_part()).removesuffix("--mark--\r\n")
    html = "<p>Bonjour, le formulaire est joint.</p><img src=\"cid:logo%40chu\">"
    yield "with-logo", head() + multi(multi(html_part(html), LOGO, kind="related", mark="inner"), file_part())
    yield "two-forms", mixed(file_part(), file_part(FORM + b"\n% second\n", 'application/pdf; name="F413 bis.pdf"', 'attachment; filename="F413 bis.pdf"'))
    yield "damaged-pdf", mixed(file_part(b"\0" * 2000))
    yield "docx", mixed(file_part(zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>")), "application/pdf", "attachment; filename=F413.docx"))
    yield "picture", mixed(file_part(png(1240, 1754), "image/png; name=page1.png", "attachment; filename=page1.png"))
    yield "text-file", mixed(file_part(b"Bonjour", "text/plain; name=demande.txt", "attachment; filename=demande.txt"))
    yield "link", head() + text_part("Bonjour,\r\n\r\nLe formulaire est ici : https://clinique.sharepoint.com/:b:/s/dossiers/EaBcDeF\r\n")
    yield "link-in-html", head() + html_part("<p>Bonjour,</p><a href=\"https://we.tl/t-AbCdEf1234\">F413.pdf</a>")


def kinds():
    body = text_part("Je suis absente jusqu'au 30 novembre.\r\n")
    yield "automatic-absence", head("=?utf-8?Q?R=C3=A9ponse_automatique_=3A?= Votre demande F413", extra="Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n") + body
    yield "automatic-absence-by-subject-alone", head("=?utf-8?B?QWJzZW5jZSBkdSBidXJlYXU=?= Re: Votre demande F413") + body
    yield "automatic-with-a-form", head(extra="Auto-Submitted: auto-generated\r\n") + multi(text_part(), file_part())
    status = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; a@chu.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    yield "automatic-bounce", (head("Undelivered Mail Returned to Sender", "Mail Delivery System <MAILER-DAEMON@mx.example>").replace("<clemence.ben-amor@clinique-ozoir-bois.example>\r\n", "<>\r\n", 1)
                               + multi(text_part("Your message could not be delivered.\r\n"), status, MAIL + head("Votre demande F413", "guichet@ans.example") + text_part(), kind="report", extra="; report-type=delivery-status"))
    yield "automatic-bounce-without-report", head("Mail delivery failed", "postmaster@chu.example") + text_part("User unknown\r\n")
    receipt = "Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; a@chu.example\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    yield "automatic-read-receipt", head("Lu : Votre demande F413") + multi(text_part("Votre message a été lu.\r\n"), receipt, kind="report", extra="; report-type=disposition-notification")
    yield "automatic-list", head("[sante] Lettre", extra="List-Id: <sante.liste.example>\r\nList-Unsubscribe: <mailto:non@liste.example>\r\nPrecedence: list\r\n") + text_part()
    yield "automatic-null-return-path", head("Information").replace("<clemence.ben-amor@clinique-ozoir-bois.example>\r\n", "<>\r\n", 1) + text_part()
    yield "automatic-our-own-mail", head("Votre demande F413", "ANS <guichet@ans.example>", extra="Auto-Submitted: auto-replied\r\n") + text_part()
    own = "<case-7.1@guichet.ans.example>"
    yield "automatic-our-own-mail-redirected", head("Votre demande F413").replace("<a1@clinique-ozoir-bois.example>", own) + text_part()
    yield "question", head("Question") + text_part("Bonjour,\r\n\r\nFaut-il un formulaire par site ?\r\n")
    yield "question-about-our-mail", head("Tr : Votre demande F413", extra=f"References: {own}\r\nIn-Reply-To: {own}\r\n") + multi(text_part("Que veut dire ce message ?\r\n"), MAIL + head("Votre demande F413", "ANS <guichet@ans.example>", ident="own", extra="Auto-Submitted: auto-replied\r\n") + text_part())
    yield "question-by-a-human-who-says-so", head("Read: F413", extra="Auto-Submitted: no\r\n") + text_part()
    yield "question-with-logo-and-screenshot", head("Question") + multi(html_part("<p>Que faire ?</p><img src='cid:shot'><img src=\"cid:logo@chu\">"), LOGO, file_part(png(1600, 900), "image/png", "inline", "Content-ID: <shot>\r\n"), kind="related")
    yield "question-with-logo-in-plain-text", head("Question") + multi(text_part(), file_part(png(240, 80), "image/png; name=image001.png", "attachment; filename=image001.png"))
    yield "question-quoting-a-link", head("Re: Question") + text_part("Merci !\r\n\r\n> https://we.tl/t-AbCdEf1234\r\n")
    yield "question-empty", head("Formulaire") + "\r\n"
    yield "from-two-people", head("Question", "a@chu.example, b@chu.example") + text_part()
    yield "from-twice", head("Question", extra="From: a@chu.example\r\n") + text_part()
    yield "from-nobody", head("Question", "") + text_part()
    yield "from-no-reply-with-reply-to", head("Question", "Portail <no-reply@portail.example>", extra="Reply-To: Dr Martin <martin@cabinet.example>\r\n") + text_part()
    yield "from-no-reply", head("Question", "Portail <no-reply@portail.example>") + text_part()
    yield "subject-in-latin-1", head("Formulaire signé").encode("latin-1") + text_part().encode()
    yield "subject-broken-encoded-word", head("=?utf-8?B?Rm9ybXVsYWlyZSBGNDEz=?= =?nonsense?Q?=ZZ?= =?utf-8?Q?Form") + text_part()
    results = "Authentication-Results: mx.ans.example; dmarc={} header.from=clinique-ozoir-bois.example\r\n"
    yield "sender-verified", head("Question", extra=results.format("pass")) + text_part()
    yield "sender-forged", head("Question", extra=results.format("fail") + results.format("pass")) + text_part()
    yield "sender-flagged-as-spam", head("Question", extra="X-Spam-Flag: YES\r\n") + text_part()
    yield "date-of-2099-and-no-id", "From: a@chu.example\r\nDate: Thu, 1 Jan 2099 00:00:00 +0000\r\nSubject: Question\r\n" + text_part()
    yield "from-line-of-a-mailbox-file", "From a@chu.example Mon Nov 16 10:12:00 2026\r\n" + head("Question") + text_part()


def main():
    for folder, mails in (("wrapped", wrapped()), ("kinds", kinds())):
        out = ROOT / "fixtures/mails" / folder
        out.mkdir(parents=True, exist_ok=True)
        for name, mail in mails:
            (out / f"{name}.eml").write_bytes(mail if isinstance(mail, bytes) else mail.encode())


if __name__ == "__main__":
    main()
