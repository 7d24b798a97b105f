"""What happens to a filled form before it is sent: rotated, encrypted, printed to PDF, signed, cut, updated …"""
import io
import pathlib
import subprocess
import tempfile

import pikepdf
from pikepdf import Array, Name

from fill import saved


def rotate(data, angle, upright=True, only=None):
    """Sets /Rotate; `upright` turns the content (and the annotations) so that a viewer still shows it upright."""
    pdf = pikepdf.open(io.BytesIO(data))
    for n, page in enumerate(pdf.pages):
        if only is not None and n not in only:
            continue
        x0, y0, w, h = (float(v) for v in page.MediaBox)
        page.Rotate = angle
        if not upright:
            continue
        a, b, c, d, e, f = {90: (0, 1, -1, 0, h, 0), 180: (-1, 0, 0, -1, w, h), 270: (0, -1, 1, 0, 0, w)}[angle]
        page.MediaBox = Array([0, 0, w, h] if angle == 180 else [0, 0, h, w])
        page.contents_add(f"q {a} {b} {c} {d} {e} {f} cm".encode(), prepend=True)
        page.contents_add(b"Q")
        for note in page.get(Name.Annots, []):
            p = [float(v) for v in note.Rect]
            xs = [a * p[i] + c * p[j] + e for i, j in ((0, 1), (2, 3))]
            ys = [b * p[i] + d * p[j] + f for i, j in ((0, 1), (2, 3))]
            note.Rect = Array([min(xs), min(ys), max(xs), max(ys)])
            normal = note.get("/AP", {}).get("/N") if "/AP" in note else None
            if normal is None:
                continue
            for form in [normal] if isinstance(normal, pikepdf.Stream) else list(normal.values()):
                form.Matrix = Array([a, b, c, d, 0, 0])
            if note.Subtype == Name.Widget:
                note.MK = pikepdf.Dictionary(R=angle)
    return saved(pdf)


def shifted(data, dx, dy):
    """The page's corner is not (0, 0)."""
    pdf = pikepdf.open(io.BytesIO(data))
    for page in pdf.pages:
        x0, y0, x1, y1 = (float(v) for v in page.MediaBox)
        page.MediaBox = Array([x0 + dx, y0 + dy, x1 + dx, y1 + dy])
        page.contents_add(f"q 1 0 0 1 {dx} {dy} cm".encode(), prepend=True)
        page.contents_add(b"Q")
        for note in page.get(Name.Annots, []):
            r = [float(v) for v in note.Rect]
            note.Rect = Array([r[0] + dx, r[1] + dy, r[2] + dx, r[3] + dy])
    return saved(pdf)


def cropped(data):
    """A crop box that takes a margin away, and a user unit."""
    pdf = pikepdf.open(io.BytesIO(data))
    for page in pdf.pages:
        x0, y0, x1, y1 = (float(v) for v in page.MediaBox)
        page.MediaBox = Array([x0 - 60, y0 - 40, x1 + 60, y1 + 40])
        page.CropBox = Array([x0 + 5, y0 + 5, x1 - 5, y1 - 5])
        page.UserUnit = 1.25
    return saved(pdf)


def nested(data):
    """Each page's content inside a form XObject inside a form XObject."""
    pdf = pikepdf.open(io.BytesIO(data))
    for page in pdf.pages:
        for _ in range(2):
            page.contents_coalesce()
            inner = pikepdf.Stream(pdf, page.Contents.read_bytes())
            inner.Type, inner.Subtype, inner.BBox, inner.Resources = Name.XObject, Name.Form, page.MediaBox, page.Resources
            inner = pdf.make_indirect(inner)
            page.Contents = pikepdf.Stream(pdf, b"q 1 0 0 1 0 0 cm /Inner Do Q")
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Inner=inner))
    return saved(pdf)


def mirrored(data):
    """The structure's name, shown once more on the second page by a second widget of the same field."""
    pdf = pikepdf.open(io.BytesIO(data))
    field = next(f for f in pdf.Root.AcroForm.Fields if str(f.get("/T", "")).startswith("Dénomination"))
    again = pdf.make_indirect(pikepdf.Dictionary(field.Kids[0]))
    again.Rect, again.P = Array([330, 800, 550, 815]), pdf.pages[1].obj
    field.Kids.append(again)
    pdf.pages[1].Annots.append(again)
    return saved(pdf)


def streams(data, linear=False):
    """Object and cross-reference streams."""
    return saved(pikepdf.open(io.BytesIO(data)), object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=linear, compress_streams=True, recompress_flate=True)


def encrypted(data, owner="proprietaire", user="", revision=6):
    return saved(pikepdf.open(io.BytesIO(data)), encryption=pikepdf.Encryption(owner=owner, user=user, R=revision, aes=revision >= 4,
                 metadata=revision >= 4, allow=pikepdf.Permissions(modify_form=False, extract=False)))


def tool(data, command):
    with tempfile.TemporaryDirectory() as folder:
        a, b = pathlib.Path(folder) / "a.pdf", pathlib.Path(folder) / "b.pdf"
        a.write_bytes(data)
        subprocess.run([part.format(a=a, b=b, d=folder) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        return b.read_bytes()


def ghostscript(data):
    return tool(data, ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-dPrinted", "-o", "{b}", "{a}"])


def cairo(data):
    return tool(data, ["pdftocairo", "-pdf", "{a}", "{b}"])


def chromium(html):
    with tempfile.TemporaryDirectory() as folder:
        page, out = pathlib.Path(folder) / "a.html", pathlib.Path(folder) / "b.pdf"
        page.write_text(html, encoding="utf-8")
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/u", f"--print-to-pdf={out}", page.as_uri()],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        return out.read_bytes()


def as_pictures(data, dpi=110):
    """Every page a picture: the reading of paper, without a single word in the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.pdf"
        path.write_bytes(data)
        subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", "-jpeg", "-jpegopt", "quality=40", path, folder + "/p"], check=True)
        from PIL import Image
        pictures = [Image.open(p) for p in sorted(pathlib.Path(folder).glob("p*.jpg"))]
        out = io.BytesIO()
        pictures[0].save(out, "PDF", save_all=True, append_images=pictures[1:], resolution=dpi)
        return out.getvalue()


def pages(data, keep):
    pdf, new = pikepdf.open(io.BytesIO(data)), pikepdf.new()
    for i in keep:
        new.pages.append(pdf.pages[i])
    if Name.AcroForm in pdf.Root:
        new.Root.AcroForm = new.copy_foreign(pdf.Root.AcroForm)
    return saved(new)


def joined(*files):
    new = pikepdf.new()
    for data in files:
        new.pages.extend(pikepdf.open(io.BytesIO(data)).pages)
    return saved(new)


def updated(data, change):
    """An incremental update through pyHanko's writer: the first revision stays as it was, `change(writer)` comes behind."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def set_values(values, keep_drawing=False):
    """Changes fields by /T in an incremental update; without their drawing, which the viewer is to make anew."""
    from pyhanko.pdf_utils import generic

    def change(writer):
        form = writer.root["/AcroForm"]
        form[generic.NameObject("/NeedAppearances")] = generic.BooleanObject(True)
        for ref in form["/Fields"]:
            field = ref.get_object()
            if str(field.get("/T")) in values:
                field[generic.NameObject("/V")] = generic.TextStringObject(values[str(field["/T"])])
                if not keep_drawing and "/AP" in field:
                    del field["/AP"]
                writer.mark_update(ref)
        writer.update_root()
        writer.update_container(form)
    return change


def signer(name="Autorité de démonstration"):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    import datetime
    from pyhanko.sign import signers
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    cert = (x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(413)
            .not_valid_before(datetime.datetime(2026, 1, 1)).not_valid_after(datetime.datetime(2029, 1, 1))
            .add_extension(x509.KeyUsage(True, True, False, False, False, False, False, False, False), True).sign(key, hashes.SHA256()))
    with tempfile.TemporaryDirectory() as folder:
        k, c = pathlib.Path(folder) / "k", pathlib.Path(folder) / "c"
        k.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        c.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        return signers.SimpleSigner.load(str(k), str(c))


def signed(data, box, field="Signature1", **meta):
    """A digital signature whose visible widget stands in `box`."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    place = {"on_page": box[0], "box": tuple(round(v) for v in box[1:])} if box else {}
    fields.append_signature_field(writer, fields.SigFieldSpec(field, **place))
    out = signers.PdfSigner(signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", **meta), signer()).sign_pdf(writer, bytes_reserved=4096)
    return out.getvalue()


def tampered(data):
    """One byte inside the signed range changes (in a place no reader needs)."""
    at = data.index(b"startxref") - 40
    at = data.find(b"/Producer")
    assert at > 0
    at = data.index(b"(", at) + 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def commented(data, words):
    """A sticky note with its pop-up window: a remark, no answer."""
    pdf = pikepdf.open(io.BytesIO(data))
    page = pdf.pages[0]
    note = pdf.make_indirect(pikepdf.Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([560, 700, 578, 718]), Contents=words, Name=Name.Comment, F=28))
    note.Popup = pdf.make_indirect(pikepdf.Dictionary(Type=Name.Annot, Subtype=Name.Popup, Rect=Array([300, 500, 480, 600]), Parent=note))
    page.Annots.append(note)
    page.Annots.append(note.Popup)
    return saved(pdf)


def hidden_field(data, name, value):
    """A field that is not shown, as document management systems leave them."""
    pdf = pikepdf.open(io.BytesIO(data))
    field = pdf.make_indirect(pikepdf.Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=name, V=value, F=2, Rect=Array([0, 0, 0, 0]), P=pdf.pages[0].obj))
    pdf.Root.AcroForm.Fields.append(field)
    pdf.pages[0].Annots.append(field)
    return saved(pdf)


def defaulted(data, words):
    """Every text field gets a /DV, what "reset" would write: not an answer."""
    pdf = pikepdf.open(io.BytesIO(data))
    for field in pdf.Root.AcroForm.Fields:
        if field.get("/FT") == Name.Tx:
            field.DV = pikepdf.String(words)
    return saved(pdf)
