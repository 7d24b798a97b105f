"""Editions nobody has sent yet, each laid out in a way that a reader can stumble over; one or two documents for each."""
import build
from edition import Edition
from editions import SPLIT43

BESIDE = (("intro", "structure_beside_signatory", "note"), ("admins", "usage"), ("certificates", "declare", "send"), ("next", "notice"))

ODD = {e.name: e for e in [
    Edition("rpps-lines-beside-each-other", fonts=("LibSans", "LibSans-B"), pt=7, split=0.47, rpps="grid", house=True, height=16, pages=SPLIT43, zones="swapped", structure_rows=(("name",), ("siret",), ("finess",), ("rpps",))),
    Edition("structure-beside-signatory", fonts=("DejaVu", "DejaVu-B"), pt=6.8, margin=30, label="above", height=14, admin_rows=4, zones="columns", terms=True, role="list", pages=BESIDE, colour="#006633"),
    Edition("structure-beside-signatory-ruled", fonts=("LibSerif", "LibSerif-B"), pt=8.5, margin=30, label="above", line="rule", height=14, rpps="grid", admin_rows=4, zones="stacked", role="list", pages=BESIDE),
    Edition("headers-nearly-touch", fonts=("DejaVu", "DejaVu-B"), pt=7.5, label="above", line="rule", pages=SPLIT43, tick="brackets", admin_rows=4, footer="{n}"),
    Edition("headers-nearly-touch-capitals", fonts=("Helvetica", "Helvetica-Bold"), pt=8.5, label="above", line="rule", letters="upper", pages=SPLIT43, tick="circle", zones="stacked"),
]}


def odd(c):
    c.n = 9000  # whatever the chapters before drew, these draw the same

    def one(name, how, kind="clinic", **answers):
        a = c.ok(kind, **answers)
        data = {"drawn": build.drawn, "fields": build.acroform, "annotations": build.annotated}[how](name, a)
        c.add(f"edition-{name}.{how}", data, a)

    one("rpps-lines-beside-each-other", "drawn", "radiology", ids=("rpps",), role="P")
    one("rpps-lines-beside-each-other", "fields", "radiology", ids=("rpps",), role="P")
    one("structure-beside-signatory", "drawn", "radiology", ids=("rpps",), role="P")
    one("structure-beside-signatory-ruled", "drawn", "lab")
    one("structure-beside-signatory-ruled", "annotations", "ehpad")
    one("headers-nearly-touch", "drawn", "ehpad")
    one("headers-nearly-touch-capitals", "annotations", "hospital2", ids=("ej",))
    c.add("edition-headers-nearly-touch.blank", build.blank("headers-nearly-touch"), c.nothing_read("form_blank"))
