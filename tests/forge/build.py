"""One document: an edition, its answers, and a way of filling."""
import dataclasses

import edition
import editions
import fields
import fill
import odd
from answers import Answers


def dress(e, a, terms=True):
    """The box beside the CGU sentence, in the editions that have one."""
    if e.terms:
        a.want["terms"] = terms
        if terms:
            a.ticks.add("terms")
    assert all(f"a{i}_card" not in a.texts for i in range(e.admin_rows, 20)), "more rows than the edition has"
    return a


def named(name):
    return (editions.EDITIONS | editions.MORE | odd.ODD)[name] if isinstance(name, str) else name


def drawn(e, a, terms=True, form="F413", pages=None, filler=fill.Filler, **how):
    """Words and ticks as page content; returns the PDF and its boxes."""
    e = named(e)
    sheet = edition.Sheet(e, filler(dress(e, a, terms), True, **how), form, pages)
    return sheet.pdf(), sheet.boxes


def acroform(e, a, terms=True, signature="strokes", stamp="frame", pages=None, **how):
    e = named(e)
    sheet = edition.Sheet(e, fill.Filler(dress(e, a, terms), False, signature=signature, stamp=stamp), pages=pages)
    return fields.add_fields(sheet.pdf(), sheet.boxes, sheet.ticks, a, **how), sheet.boxes


def annotated(e, a, terms=True, signature="strokes", stamp="frame", tick="x", over_fields=False):
    """FreeText annotations over a printed-only form, or over the form's own empty fields."""
    e = named(e)
    sheet = edition.Sheet(e, fill.Filler(dress(e, a, terms), False, signature=signature, stamp=stamp))
    data = sheet.pdf()
    if over_fields:
        data = fields.add_fields(data, sheet.boxes, sheet.ticks, nothing(a.team))
    return fill.annotate_answers(data, sheet.boxes, a, tick), sheet.boxes


def nothing(team):
    a = Answers(team, 0)
    a.texts, a.ticks = {}, set()
    return a


def blank(e, how="print"):
    sheet = edition.Sheet(named(e))
    if how == "fields":
        return fields.add_fields(sheet.pdf(), sheet.boxes, sheet.ticks, nothing({"kind": "", "name": "", "domain": "", "signer": dict(last="", first="", card="", phone="140112233", email=""), "admins": [], "eg": "000000000"}))
    return sheet.pdf()


def reworded(name, words):
    return dataclasses.replace(named(name), words=words)
