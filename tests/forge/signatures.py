#!/usr/bin/env python3
"""Makes the fixtures of digital signatures (fixtures/signatures) with pyHanko.

  pip install pyhanko==0.38.0 pikepdf
  tests/forge/signatures.py [OUT]

A certificate authority, an intermediate one and signers of all kinds sign a small form: once and again, certifying
it, with time stamps, with keys and digests good and weak, before and after changes of all kinds. A file's name says
what it shows. Keys are made anew each time and thrown away. `tests/run` never calls this.
"""
import datetime
import io
import pathlib
import sys

import pikepdf
from asn1crypto import algos, keys, x509
from cryptography import x509 as cx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pikepdf import Array, Dictionary, Name
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIGNED = datetime.datetime(2026, 11, 20, 9, 30, tzinfo=datetime.timezone.utc)
STAMPED = datetime.datetime(2026, 11, 20, 9, 31, 5, tzinfo=datetime.timezone.utc)
RSA2048 = lambda: rsa.generate_private_key(65537, 2048)


def form():
    """One page with a filled field, an empty one and a box to tick."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    page = pdf.add_blank_page(page_size=(595, 842)).obj
    page.Resources = Dictionary(Font=Dictionary(F=font))
    page.Contents = pdf.make_stream(b"BT /F 12 Tf 60 780 Td (Nom de la structure) Tj ET")

    def field(name, y, value):
        return pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=name, V=value, P=page, F=4,
                                            Rect=Array([200, y, 400, y + 20]), DA=pikepdf.String("/F 10 Tf 0 g")))
    all_ = Array([field("nom", 770, "Clinique des Sources"), field("ville", 740, "")])
    page.Annots = all_
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=all_, DR=Dictionary(Font=Dictionary(F=font)), DA=pikepdf.String("/F 10 Tf 0 g")))
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


class Authority:
    """Issues certificates; `issuer` None makes a root."""
    serial = 1000

    def __init__(self, name, issuer=None):
        self.key, self.issuer = RSA2048(), issuer
        self.cert = self.made(name, self.key, issuer or self, ca=True)

    @staticmethod
    def named(name):
        return cx.Name([cx.NameAttribute(cx.NameOID.COUNTRY_NAME, "FR"), cx.NameAttribute(cx.NameOID.COMMON_NAME, name)])

    def made(self, name, key, issuer, ca=False, usage=("digital_signature", "content_commitment"), eku=None, years=(2025, 2030)):
        Authority.serial += 1
        who = issuer.cert.subject if hasattr(issuer, "cert") else self.named(name)
        flags = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                               "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
        flags |= dict.fromkeys(("key_cert_sign", "crl_sign") if ca else usage, True)
        builder = (cx.CertificateBuilder().subject_name(self.named(name)).issuer_name(who).public_key(key.public_key())
                   .serial_number(Authority.serial)
                   .not_valid_before(datetime.datetime(years[0], 1, 1)).not_valid_after(datetime.datetime(years[1], 1, 1))
                   .add_extension(cx.BasicConstraints(ca, None), True).add_extension(cx.KeyUsage(**flags), True)
                   .add_extension(cx.SubjectKeyIdentifier.from_public_key(key.public_key()), False))
        if eku:
            builder = builder.add_extension(cx.ExtendedKeyUsage([cx.ObjectIdentifier(eku)]), True)
        return builder.sign(issuer.key, hashes.SHA256())

    def chain(self):
        return [self.cert] + (self.issuer.chain() if self.issuer else [])

    def signer(self, name, key=None, **how):
        key = key or RSA2048()
        return self.loaded(self.made(name, key, self, **how), key)

    def loaded(self, cert, key, how=None):
        ours = lambda one: x509.Certificate.load(one.public_bytes(serialization.Encoding.DER))
        store = SimpleCertificateStore()
        store.register_multiple(ours(one) for one in self.chain() if one.issuer != one.subject)
        private = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return signers.SimpleSigner(ours(cert), keys.PrivateKeyInfo.load(private), store, signature_mechanism=how)


def pss(salt):
    sha256 = {"algorithm": "sha256"}
    parameters = {"hash_algorithm": sha256, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256}, "salt_length": salt}
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams(parameters)})


def writer(data):
    return IncrementalPdfFileWriter(io.BytesIO(data), strict=False)


def signed(data, who, field="Signature", box=(60, 100, 250, 180), md="sha256", **meta):
    """Signed with a visible field, which is made where there is none."""
    w = writer(data)
    spec = fields.SigFieldSpec(field, on_page=0, box=box)
    meta = signers.PdfSignatureMetadata(field_name=field, md_algorithm=md, **({"name": None} | meta))
    out = io.BytesIO()
    who = dict(signer=who) if not isinstance(who, dict) else who
    signers.PdfSigner(meta, new_field_spec=spec, **who).sign_pdf(w, output=out)
    return out.getvalue()


def changed(data, change):
    w = writer(data)
    change(w)
    out = io.BytesIO()
    w.write(out)
    return out.getvalue()


def fill(name, value):
    def change(w):
        for ref in w.root["/AcroForm"]["/Fields"]:
            one = ref.get_object()
            if str(one.get("/T")) == name:
                one[generic.NameObject("/V")] = generic.TextStringObject(value)
                w.mark_update(ref)
    return change


def annotate(w):
    """A note on the page."""
    page = w.root["/Pages"]["/Kids"].raw_get(0)
    note = w.add_object(generic.DictionaryObject({
        generic.NameObject("/Type"): generic.NameObject("/Annot"), generic.NameObject("/Subtype"): generic.NameObject("/Text"),
        generic.NameObject("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (500, 700, 520, 720)]),
        generic.NameObject("/Contents"): generic.TextStringObject("Vu"), generic.NameObject("/F"): generic.NumberObject(4)}))
    annots = page.get_object()["/Annots"]
    annots.append(note)
    w.update_container(annots)


def redraw(w):
    """Other words on the page."""
    page = w.root["/Pages"]["/Kids"].raw_get(0)
    stream = generic.StreamObject(stream_data=b"BT /F 12 Tf 60 780 Td (Nom du mandant) Tj ET")
    page.get_object()[generic.NameObject("/Contents")] = w.add_object(stream)
    w.mark_update(page)


def range_of(data):
    """The last signature's /ByteRange: place of its numbers, and the numbers."""
    at = data.rindex(b"/ByteRange") + len(b"/ByteRange")
    start, end = data.index(b"[", at) + 1, data.index(b"]", at)
    return start, end, [int(n) for n in data[start:end].split()]


def with_range(data, numbers):
    start, end, _ = range_of(data)
    text = b" ".join(b"%d" % n for n in numbers)
    assert len(text) <= end - start, (text, data[start:end])
    return data[:start] + text.ljust(end - start) + data[end:]


def other_contents(data):
    """A second signature dictionary in an update, which names the first one's range and has contents of its own."""
    at = data.rindex(b"/Contents <") + len(b"/Contents <")
    digits = data[at:data.index(b">", at)]
    numbers = range_of(data)[2]

    def change(w):
        for ref in w.root["/AcroForm"]["/Fields"]:
            one = ref.get_object()
            if one.get("/FT") == "/Sig":
                value = generic.DictionaryObject({generic.NameObject(k): v for k, v in one.raw_get("/V").get_object().items() if k not in ("/Contents", "/ByteRange")})
                value[generic.NameObject("/ByteRange")] = generic.ArrayObject([generic.NumberObject(n) for n in numbers])
                value[generic.NameObject("/Contents")] = generic.ByteStringObject(bytes.fromhex(digits.decode())[:-9] + b"wrapped!!")
                one[generic.NameObject("/V")] = w.add_object(value)
                w.mark_update(ref)
    return changed(data, change)


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "fixtures/signatures")
    (out / "trust").mkdir(parents=True, exist_ok=True)
    root, other = Authority("Autorité racine d'exemple"), Authority("Autorité d'ailleurs")
    issuing = Authority("Autorité d'exemple", root)
    head, deputy = issuing.signer("Claire Exemple-Dupont"), issuing.signer("Marc Exemple-Durand")
    tsa = issuing.signer("Horodatage d'exemple", eku="1.3.6.1.5.5.7.3.8")
    stamper = DummyTimeStamper(tsa.signing_cert, tsa.signing_key, certs_to_embed=tsa.cert_registry, fixed_dt=STAMPED)
    base = form()

    def put(name, data):
        (out / f"{name}.pdf").write_bytes(data)

    def certified(level, data=base, **meta):
        return signed(data, head, certify=True, docmdp_permissions=level, **meta)

    # which keys, digests and forms
    pades = dict(subfilter=fields.SigSeedSubFilter.PADES)
    once = signed(base, head, **pades)
    put("once-pades", once)
    for name, key in (("ed25519", ed25519.Ed25519PrivateKey.generate()), ("p384", ec.generate_private_key(ec.SECP384R1()))):
        put(f"once-{name}", signed(base, issuing.signer("Claire Exemple-Dupont", key), md="sha512" if name == "ed25519" else "sha384"))
    key = RSA2048()
    for name, salt in (("once-pss", 32), ("once-pss-long-salt", 222)):
        put(name, signed(base, issuing.loaded(issuing.made("Claire Exemple-Dupont", key, issuing), key, pss(salt))))
    put("weak-sha1", signed(base, head, md="sha1"))
    put("weak-rsa-1024", signed(base, issuing.signer("Claire Exemple-Dupont", rsa.generate_private_key(65537, 1024))))

    # several, one after the other
    twice = lambda first: signed(first, deputy, "Seconde", (300, 100, 490, 180))
    put("twice", twice(once))
    put("twice-and-filled-between", twice(changed(once, fill("ville", "Vaulnoise"))))
    put("twice-and-filled-afterwards", changed(twice(once), fill("ville", "Vaulnoise")))
    put("annotated-afterwards", changed(once, annotate))
    put("redrawn-afterwards", changed(once, redraw))

    # certified: what may come afterwards
    P = fields.MDPPerm
    blank = changed(base, fill("nom", ""))
    put("certified", certified(P.FILL_FORMS))
    for level, name in ((P.NO_CHANGES, "nothing"), (P.FILL_FORMS, "filling"), (P.ANNOTATE, "notes")):
        put(f"certified-for-{name}-filled", changed(certified(level), fill("ville", "Vaulnoise")))
        put(f"certified-for-{name}-annotated", changed(certified(level), annotate))
        put(f"certified-for-{name}-redrawn", changed(certified(level), redraw))
    put("certified-for-filling-signed", twice(certified(P.FILL_FORMS)))
    filled = changed(certified(P.FILL_FORMS, blank), fill("nom", "Clinique des Sources"))
    put("certified-blank-then-filled", filled)
    put("certified-blank-then-annotated", changed(certified(P.FILL_FORMS, blank), annotate))
    put("signed-blank-then-filled", changed(signed(blank, head), fill("nom", "Clinique des Sources")))
    put("certified-blank-then-filled-and-signed", twice(filled))
    w = writer(base)
    fields.append_signature_field(w, fields.SigFieldSpec("Signature", on_page=0, box=(60, 100, 250, 180), field_mdp_spec=fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, ["nom"])))
    lock = io.BytesIO()
    w.write(lock)
    locked = io.BytesIO()
    signers.PdfSigner(signers.PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256", certify=True, docmdp_permissions=P.FILL_FORMS), head).sign_pdf(writer(lock.getvalue()), output=locked)
    put("certified-and-locked-other-filled", changed(locked.getvalue(), fill("ville", "Vaulnoise")))
    put("certified-and-locked-filled", changed(locked.getvalue(), fill("nom", "Autre")))

    # time stamps
    stamped = signed(base, dict(signer=head, timestamper=stamper), **pades)
    put("stamped", stamped)
    w, only = writer(once), io.BytesIO()
    signers.PdfTimeStamper(stamper).timestamp_pdf(w, "sha256", output=only)
    put("once-then-document-stamped", only.getvalue())
    w, only = writer(base), io.BytesIO()
    signers.PdfTimeStamper(stamper).timestamp_pdf(w, "sha256", output=only)
    put("document-stamped-only", only.getvalue())

    # ranges
    a, b, c, d = range_of(once)[2]
    put("range-from-the-second-byte", with_range(once, [1, b - 1, c, d]))
    put("range-stops-early", with_range(once, [a, b, c, d - 40]))
    put("range-with-a-gap", with_range(once, [a, b - 20, c, d]))
    put("range-overlaps", with_range(once, [a, c, b, d]))
    put("range-beyond-the-end", with_range(once, [a, b, c, 999]))
    put("range-of-nothing", with_range(once, [0, 0, 0, 0]))
    put("contents-elsewhere", other_contents(once))
    put("bytes-behind-the-end", once + b"\n%% et la suite\n1 0 obj\n<<>>\nendobj\n")

    # whose certificate
    put("issuer-unknown", signed(base, other.signer("Claire Exemple-Dupont")))
    put("certificate-expired", signed(base, issuing.signer("Claire Exemple-Dupont", years=(2020, 2024))))
    put("certificate-for-servers", signed(base, issuing.signer("www.example.org", usage=("key_encipherment",), eku="1.3.6.1.5.5.7.3.1")))
    alone = Authority("Claire Exemple-Dupont")
    own = alone.made("Claire Exemple-Dupont", alone.key, alone)
    put("certificate-of-her-own", signed(base, alone.loaded(own, alone.key)))
    for name, cert in (("root", root.cert), ("other", other.cert), ("her-own", own)):
        (out / "trust" / f"{name}.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))


if __name__ == "__main__":
    main()
