"""The editions: each a set of choices that another printing of F413 could have made."""
from reportlab.lib.pagesizes import A4, LETTER, landscape

from edition import Edition


LONG = (("intro", "prerequisites"), ("structure", "signatory", "note"), ("admins", "usage"), ("certificates",), ("declare", "send", "next"), ("notice",))
SPLIT43 = (("intro", "prerequisites", "structure", "signatory", "note"), ("admins", "usage"), ("certificates", "declare", "send"), ("next", "notice"))
TWO = (("title", "structure", "signatory", "note", "admins", "usage"), ("certificates", "declare", "send"))
TRAPS = "ANS - 2 place de la Gare, 56000 Rochefontaine - Tél. 02 99 00 11 22 - accueil@ans-factice.fr"
SIDE = dict(structure_rows=(("name",), ("finess", "siret"), ("rpps",)), signatory_rows=(("last", "first"), ("phone", "email"), ("card",)))
PLAINER = {"email": "Adresse e-mail professionnelle", "siret": "ou Numéro SIRET", "card": "Numéro de carte", "name": "Nom de la structure (dénomination)",
           "a_card": "Numéro de carte", "a_email": "E-mail professionnel", "a_last": "Nom (figurant sur la carte)", "a_first": "Prénom (figurant sur la carte)",
           "finess": "N° FINESS *\nvoir notice ci-jointe", "publisher": "Éditeur", "solution": "Solution"}

EDITIONS = {e.name: e for e in [
    Edition("left-helvetica"),
    Edition("below-labels", fonts=("Times-Roman", "Times-Bold"), pt=9, label="above", line="box", pages=SPLIT43, zones="swapped", height=16, colour="#5a1020"),
    Edition("side-by-side", fonts=("DejaVu", "DejaVu-B"), pt=7.4, margin=36, line="fill", header=TRAPS, rpps="grid", zones="columns", **SIDE),
    Edition("dotted-lines", fonts=("LibSerif", "LibSerif-B"), pt=9, label="inline", line="dots", tick="glyph", tick_side="right", pages=SPLIT43, zones="stacked", height=16),
    Edition("two-pages-letter", size=LETTER, fonts=("LibSans", "LibSans-B"), pt=8, margin=36, admin_rows=3, pages=TWO, tick="circle", **SIDE),
    Edition("long-twelve-rows", fonts=("Lato", "Lato-B"), pt=9, pages=LONG, admin_rows=12, header=TRAPS, footer="F413 – {n}/6 – Une question ? 0 809 40 00 00 ou aide@ans-factice.fr", height=18, split=0.45, colour="#000000"),
    Edition("radio-terms", fonts=("Carlito", "Carlito-B"), pt=9, role="list", terms=True, admin_rows=8, admin_columns=("last", "first", "card", "email", "phone"), pages=SPLIT43, zones="columns"),
    Edition("no-numbers-ruled", fonts=("Helvetica", "Helvetica-Bold"), pt=9, numbers=False, line="rule", label="inline", pages=SPLIT43, zones="classic", tick="brackets", header="", words=PLAINER),
    Edition("above-pairs", fonts=("LibSans", "LibSans-B"), pt=8, label="above", line="fill", terms=True, tick_side="right", pages=SPLIT43, zones="swapped", admin_rows=6, rpps="grid", **SIDE),
]}

# A second shelf: the first one's order decides which edition a case gets, so new ones go here.
MORE = {e.name: e for e in [
    Edition("capitals", fonts=("LibSans", "LibSans-B"), pt=8, letters="upper", pages=SPLIT43, zones="stacked", label="above", line="rule", colour="#000000"),
    Edition("typographic", fonts=("Carlito", "Carlito-B"), pt=9.5, letters="curly", pages=SPLIT43, zones="swapped", terms=True,
            words={"date": "Date (JJ/MM/AAAA)", "a_phone": "N° de téléphone", "phone": "N° de téléphone"}),
    Edition("table-over-two-pages", fonts=("LibSerif", "LibSerif-B"), pt=9, pages=SPLIT43, admin_rows=8, admin_break=3, admin_numbered=True, header=TRAPS),
    Edition("starred-underscores", fonts=("DejaVuSerif", "DejaVuSerif-B"), pt=7.2, margin=34, letters="star", label="inline", line="underscores", pages=SPLIT43, tick="brackets",
            trap_lines=("* Champs obligatoires. Nom, prénom et e-mail servent à vous répondre : 02 99 00 11 22, rgpd@ans-factice.fr",)),
    Edition("landscape", size=landscape(A4), fonts=("Lato", "Lato-B"), pt=9, pages=LONG, admin_columns=("last", "first", "phone", "email", "card"), split=0.3, zones="columns", **SIDE),
    Edition("house-answers-below", fonts=("Carlito", "Carlito-B"), pt=8.5, house=True, label="above", pages=SPLIT43, height=15),
    Edition("house-pairs-terms", fonts=("Carlito", "Carlito-B"), pt=8.5, house=True, terms=True, role="list", pages=SPLIT43, admin_rows=7, footer="F413 - page {n}/4", **SIDE),
    Edition("house-signature-page", fonts=("LibSans", "LibSans-B"), pt=8, house=True, pages=LONG, admin_rows=3, footer="F413 - page {n}/6"),
]}
