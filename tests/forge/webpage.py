"""An edition of F413 as a web page with inputs, for the print-to-PDF of a browser."""
import html

import text as T
from fill import scribble_picture
import base64
import io
import random

STYLE = """@page{size:A4;margin:14mm} body{font:10pt 'Liberation Sans',sans-serif;color:#222} h1{font-size:15pt;color:#000091} h2{font-size:12pt;color:#000091;margin:8pt 0 3pt}
.g{display:grid;grid-template-columns:1fr 1fr;gap:4pt 14pt} label{display:block;font-size:9pt} input[type=text],textarea{width:96%;border:1px solid #888;font:10pt 'Liberation Sans';padding:1pt 3pt}
table{border-collapse:collapse;width:100%} td,th{border:1px solid #888;font-size:8pt;padding:2pt;text-align:left} .z{display:grid;grid-template-columns:1fr 1fr 1fr} .z>div{border:1px solid #888;height:95pt;padding:3pt;font-size:8.5pt}
small{color:#555} .new{break-before:page}"""


def page(answers, columns=("card", "last", "first", "phone", "email"), rows=5, signature=True, stamp=True, font="Liberation Sans", style=STYLE):
    a, L = answers, T.LABELS
    esc = html.escape

    def label(key):
        main, _, hint = L[key].partition("\n")
        return f"{esc(main)} <small>{esc(hint)}</small>"

    def field(key):
        return f'<div><label>{label(key)}</label><input type=text value="{esc(a.texts.get(key, ""))}"></div>'

    def tick(key):
        return f'<p><input type=checkbox {"checked" if key in a.ticks else ""}> {esc(L[key])}</p>'

    rpps = "".join(f'<div>{i}. <input type=text style="width:85%" value="{esc(a.texts.get(f"rpps{i}", ""))}"></div>' for i in range(1, 5))
    roles = " ".join(f'<input type=radio name=r {"checked" if k in a.ticks else ""}> {esc(L[k])} &nbsp;' for k in ("role_L", "role_D", "role_P"))
    head = "".join(f"<th>{esc(L['a_' + c])}</th>" for c in columns)
    body = "".join("<tr>" + "".join(f"<td>{esc(a.texts.get(f'a{r}_{c}', '')) or '&nbsp;'}</td>" for c in columns) + "</tr>" for r in range(rows))
    picture = io.BytesIO()
    scribble_picture(random.Random(3)).save(picture, "PNG")
    drawn = f'<img width=120 src="data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}">' if signature else ""
    words = "<br>".join(esc(w) for w in a.stamp_words) if stamp else ""
    paragraphs = lambda section: f"<h2>{esc(section[0])}</h2>" + "".join(f"<p><small>{esc(p)}</small></p>" for p in section[1:])
    return f"""<!doctype html><html lang=fr><meta charset=utf-8><title>F413</title><style>{style.replace('Liberation Sans', font)}</style><h1>{esc(T.TITLE)}</h1>{paragraphs(T.INTRO)}
<h2>{esc(L['h3'])}</h2><h2>{esc(L['h31'])}</h2>{field('name')}<div class=g>{field('finess')}{field('siret')}</div><p>{label('rpps')}</p><div class=g>{rpps}</div>
<h2>{esc(L['h32'])}</h2><p>{esc(L['role'])} {roles}</p><div class=g>{field('last')}{field('first')}{field('phone')}{field('email')}{field('card')}</div><p><small>{esc(T.NOTE)}</small></p>
<h2 class=new>{esc(L['h4'])}</h2><h2>{esc(L['h41'])}</h2><table><tr>{head}</tr>{body}</table>
<h2>{esc(L['h42'])}</h2><label>{label('purpose')}</label><textarea rows=3>{esc(a.texts.get('purpose', ''))}</textarea><div class=g>{field('publisher')}{field('solution')}</div>
<h2>{esc(L['h43'])}</h2><p>{esc(T.CERTIFICATES)}</p>{tick('org')}{tick('ssl')}<p>{esc(L['fill_one'])}</p>{field('ssl_domain')}{field('ssl_server')}{tick('smime')}<p>{esc(L['fill_it'])}</p>{field('smime_domain')}{tick('pro')}<p>{esc(L['fill_it'])}</p>{field('pro_domain')}
<p>{esc(T.TERMS)}</p><p>{esc(T.CERTIFY)}</p><div class=z><div>{esc(L['date'])}<br><input type=text value="{esc(a.texts.get('date', ''))}"></div><div>{esc(L['signature'])}<br>{drawn}</div><div>{esc(L['stamp'])}<br>{words}</div></div>
{''.join(f'<p><small>{esc(p)}</small></p>' for p in T.SEND)}{paragraphs(T.NEXT)}"""
