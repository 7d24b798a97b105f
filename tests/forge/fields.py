"""Turns the boxes of a drawn edition into an AcroForm: names, hierarchy, strings, on-states and appearances as asked."""
import codecs
import io

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from fill import annotate, appearance, helvetica, saved

LABELLED = {"name": "Dénomination de la structure", "finess": "FINESS", "siret": "ou N SIRET", "last": "Nom", "first": "Prénoms", "phone": "Téléphone",
            "email": "Email professionnel", "card": "N de carte", "purpose": "Précisions", "publisher": "Éditeur", "solution": "Solution utilisée", "date": "Date",
            "role_L": "Responsable légal", "role_D": "Mandataire", "role_P": "Titulaire du cabinet", "org": "Case 1", "ssl": "Case 2", "smime": "Case 3", "pro": "Case 4"}
SWAPPED = {"last": "Prénoms", "first": "Nom", "finess": "ou N SIRET", "siret": "FINESS", "phone": "Email professionnel", "email": "Téléphone",
           "role_L": "Mandataire", "role_D": "Responsable légal", "publisher": "Solution utilisée", "solution": "Éditeur"}
ROLES = ("role_L", "role_D", "role_P")


def encode(words, how):
    if how == "utf8":
        return pikepdf.String(codecs.BOM_UTF8 + words.encode())
    if how == "utf16":
        return pikepdf.String(codecs.BOM_UTF16_BE + words.encode("utf-16-be"))
    if how == "pdfdoc" and "\u00a0" not in words:  # a space PDFDocEncoding does not have
        return pikepdf.String(words.encode("pdfdoc"))
    return words


def field_name(key, how, n):
    if how == "nonsense":
        return f"Zone{(n * 37) % 101}.{n}".replace(".", "_")
    if how == "guid":
        return f"{(n * 2654435761) & 0xffffffff:08x}"
    if how == "swapped":
        return SWAPPED.get(key, LABELLED.get(key, key))
    return LABELLED.get(key, key)


def add_fields(data, boxes, ticks, answers, names="label", strings="auto", drawn=True, on="Yes", radio=False, opt=False, tree=False, comb=(),
               stale=None, tick_drawn=True, size=9, need=None, read_only=False, unset_off=False,
               kids=False):
    """`stale`: what is drawn where it differs from the value, by key. `tree`: /FT and /DA inherited from parents.
    `kids`: each field holds /T and /V, its one nameless kid is the widget."""
    pdf = pikepdf.open(io.BytesIO(data))
    on = "/" + on
    fields, stale = Array(), stale or {}
    da = pikepdf.String(f"/Helv {size} Tf 0 0 0.5 rg")
    parents = {}

    def parent(kind):
        if kind not in parents:
            root = pdf.make_indirect(Dictionary(T="topmost", Kids=Array()))
            if "root" not in parents:
                parents["root"] = root
                fields.append(root)
            node = pdf.make_indirect(Dictionary(T=kind, FT=Name.Tx if kind == "textes" else Name.Btn, DA=da, Kids=Array(), Parent=parents["root"]))
            parents["root"].Kids.append(node)
            parents[kind] = node
        return parents[kind]

    group = None
    for n, (key, box) in enumerate(boxes.items()):
        if key in ("signature", "stamp"):
            continue
        page, x0, y0, x1, y1 = box
        widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=Array([round(v, 2) for v in (x0, y0, x1, y1)]), F=4, P=pdf.pages[page].obj)
        name = field_name(key, names, n)
        if key in ticks:
            state = Name(on)
            grouped = radio and key in ROLES
            if grouped and opt:
                state = Name("/" + str(ROLES.index(key)))
            elif grouped and len(on) > 3:
                state = Name({"role_L": "/Representant", "role_D": "/Mandat", "role_P": "/Cabinet"}[key])
            widget.AP = Dictionary(N=Dictionary({str(state): tick_appearance(pdf, x1 - x0, y1 - y0, True), "/Off": tick_appearance(pdf, x1 - x0, y1 - y0, False)}))
            if not tick_drawn:
                widget.AP.N = Dictionary({str(state): tick_appearance(pdf, x1 - x0, y1 - y0, False)})
            ticked = key in answers.ticks
            if ticked or not unset_off:
                widget.AS = state if ticked else Name.Off
            if grouped:
                if group is None:
                    group = pdf.make_indirect(Dictionary(FT=Name.Btn, T="Groupe1" if names != "label" else "Vous êtes", Ff=(1 << 15) | (1 << 14), V=Name.Off, Kids=Array()))
                    if opt:
                        group.Opt = Array(["Responsable légal", "Mandataire", "Titulaire du cabinet"])
                    fields.append(group)
                widget.Parent = group
                if ticked:
                    group.V = state
                group.Kids.append(attach(pdf, page, widget))
                continue
            widget.T = name
            if ticked or not unset_off:
                widget.V = state if ticked else Name.Off
            if tree:
                widget.Parent = parent("cases")
                parent("cases").Kids.append(attach(pdf, page, widget))
            else:
                widget.FT = Name.Btn
                fields.append(split(pdf, page, widget) if kids else attach(pdf, page, widget))
            continue
        words = answers.texts.get(key, "")
        widget.T = name
        if not tree:
            widget.FT, widget.DA = Name.Tx, da
        flags = (1 << 12 if "\n" in words or key == "purpose" else 0) | (1 if read_only else 0)
        cells = 0
        if key in comb:
            cells = comb[key]
            flags |= 1 << 24
            widget.MaxLen = cells
        if flags:
            widget.Ff = flags
        if words:
            widget.V = encode(words, strings)
        shown = stale.get(key, words)
        if drawn and shown:
            small = size
            while small > 4.5 and max(len(line) for line in shown.split("\n")) * small * 0.5 > x1 - x0 - 4:
                small -= 0.25
            widget.AP = Dictionary(N=appearance(pdf, shown, x1 - x0, y1 - y0, small, comb=cells))
        if tree:
            widget.Parent = parent("textes")
            parent("textes").Kids.append(attach(pdf, page, widget))
        else:
            fields.append(split(pdf, page, widget) if kids else attach(pdf, page, widget))
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=fields, DA=da, DR=Dictionary(Font=Dictionary(Helv=helvetica()))))
    if need or (need is None and not drawn):
        pdf.Root.AcroForm.NeedAppearances = True
    return saved(pdf)


def attach(pdf, page, widget):
    annotate(pdf, page, widget)
    return pdf.pages[page].Annots[-1]


def split(pdf, page, widget):
    """Moves what belongs to the field into a parent of its own."""
    field = pdf.make_indirect(Dictionary(Kids=Array()))
    for key in ("/T", "/FT", "/V", "/Ff", "/DA", "/MaxLen"):
        if key in widget:
            field[key] = widget[key]
            del widget[key]
    widget.Parent = field
    field.Kids.append(attach(pdf, page, widget))
    return field


def tick_appearance(pdf, w, h, on):
    cross = f"q 1.2 w 1.5 1.5 m {w - 1.5} {h - 1.5} l S 1.5 {h - 1.5} m {w - 1.5} 1.5 l S Q" if on else ""
    xobject = Stream(pdf, cross.encode())
    xobject.Type, xobject.Subtype, xobject.BBox = Name.XObject, Name.Form, Array([0, 0, w, h])
    return pdf.make_indirect(xobject)


def flattened(data):
    """The widgets' appearances become page content and the form goes."""
    pdf = pikepdf.open(io.BytesIO(data))
    pdf.flatten_annotations("all")
    for page in pdf.pages:
        if Name.Annots in page:
            page.Annots = Array([note for note in page.Annots if note.get("/Subtype") != Name.Widget])
    if Name.AcroForm in pdf.Root:
        del pdf.Root.AcroForm
    return saved(pdf)
