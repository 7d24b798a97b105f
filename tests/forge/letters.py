"""A mail around attachments, the same bytes each time."""
import email.policy
import mimetypes
from email.message import EmailMessage


def mail(attachments, subject="Formulaire F413"):
    m = EmailMessage(policy=email.policy.SMTP)
    m["From"], m["To"], m["Subject"] = "Secrétariat <secretariat@clinique-ozoir-bois.fr>", "ANS certificats <certificats@guichet.example>", subject
    m["Date"], m["Message-ID"] = "Fri, 20 Nov 2026 09:12:07 +0100", f"<{len(attachments)}.413@clinique-ozoir-bois.fr>"
    m["Return-Path"] = "<secretariat@clinique-ozoir-bois.fr>"
    m.set_content("Bonjour,\n\nVeuillez trouver notre formulaire en pièce jointe.\n\nCordialement\n")
    for name, data in attachments:
        main, _, sub = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        m.add_attachment(data, main, sub, filename=name)
    m.set_boundary("=_f413")
    return m.as_bytes()
