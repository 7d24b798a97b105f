"""A large set of paper for measuring: every case of values.py and rules.py, on many editions, spoilt in many ways."""
import json
import random

import base
import build
import cases
import editions
import hand
import people
import picture
import rules

# how often each class comes, of 20
CLASSES = ["scan"] * 9 + ["fax"] * 4 + ["photo"] * 4 + ["hand"] * 3
SHELF = {**editions.EDITIONS, **editions.MORE}
TYPED = ["Helvetica", "DejaVu", "Carlito", "LibMono", "Times-Roman", "Courier", "LibSans"]
TERMS = {"radio-terms", "above-pairs", "typographic", "house-pairs-terms"}


class Pile(cases.Catalogue):
    """The catalogue's cases, each drawn for paper in the class whose turn it is."""

    def __init__(self, who, seed):
        super().__init__(who, seed)
        self.chance, self.made = random.Random(f"pile {seed}"), []
        self.turn = CLASSES[:]
        self.chance.shuffle(self.turn)

    def ed(self):
        return None

    def way(self, e, a, terms=True, **how):
        kind = self.turn[len(self.made) % len(self.turn)]
        filler = {}
        if kind == "hand":
            filler = dict(filler=hand.Hand, font=self.chance.choice(list(hand.HANDS)), size=self.chance.choice([11, 12, 13]), ink=self.chance.choice(["#10207a", "#000000", "#202020"]), tick=self.chance.choice(["cross", "tick"]))
        else:
            filler = dict(font=self.chance.choice(TYPED), size=self.chance.choice([8, 9, 9, 10]), tick=self.chance.choice(["path", "x", "X", "cross", "filled", "check-glyph"]), ink=self.chance.choice(["#10207a", "#000000", "#0000a0"]))
        filler |= dict(signature=self.chance.choice(["strokes", "image"]), stamp=self.chance.choice(["frame", "round", "stamp-image"]), seed=self.chance.randrange(10**6))
        if e is None and self.chance.random() < 0.5:
            data, name = base.overlaid(a, True, False, **filler)[0], "published"
        else:
            name = e or self.chance.choice([n for n in SHELF if n != "table-over-two-pages" and (terms or n in TERMS)])
            data = build.drawn(name, a, terms, **filler)[0]
        self.made.append((kind, name))
        return data, None

    def keep(self, case, a):
        self.add(case, self.way(None, a), a)


def cases_of(who, seed):
    pile = Pile(who, seed)
    before = rules.drawn, rules.acroform, rules.annotated
    rules.drawn = rules.acroform = rules.annotated = pile.way
    try:
        for n, (team, how) in enumerate(cases.ACCEPTED_TEAMS * 2):
            pile.keep(f"accepted-{n}-{team}", pile.ok(team, **how))
        rules.values(pile)
        rules.refusals(pile)
    finally:
        rules.drawn, rules.acroform, rules.annotated = before
    # shuffled with their classes, so that the first hundred are like all
    all_of = [(*made, *kept) for made, kept in zip(pile.made, pile.out, strict=True)]
    pile.chance.shuffle(all_of)
    return all_of


def spoilt(kind, data, chance, wanted=()):
    """The page pictures in a PDF."""
    strength = chance.uniform(0.6, 1.3)
    if kind == "fax":
        coarse = chance.random() < 0.15
        pages = [picture.fax(page, chance, strength, coarse) for page in picture.drawn(data, 204, wanted)]
        return picture.as_pdf(pages, 204), f"fax {'coarse' if coarse else 'fine'} {strength:.2f}"
    if kind == "photo":
        dpi = chance.choice([170, 200, 230])
        pages = [picture.photo(page, chance, strength) for page in picture.drawn(data, dpi, wanted, colour=True)]
        return picture.as_pdf(pages, dpi, chance.randint(60, 85)), f"photo {dpi} {strength:.2f}"
    dpi = chance.choice([300, 300, 200, 200, 200, 150])
    colour = chance.random() < 0.4
    pages = picture.drawn(data, dpi, wanted, colour=colour)
    if dpi > 150 and not colour and chance.random() < 0.3:
        return picture.as_pdf([picture.bitonal(page, chance, strength) for page in pages], dpi), f"bitonal {dpi} {strength:.2f}"
    if chance.random() < 0.07:
        return picture.in_layers(pages, dpi), f"layers {dpi}"
    return picture.as_pdf([picture.scan(page, chance, strength) for page in pages], dpi, chance.randint(45, 80)), f"scan {dpi} {'colour' if colour else 'grey'} {strength:.2f}"


def write(out, count, seed=7):
    """`count` documents below `out`: documents/, expected.jsonl, registry/ (to be there with its headers)."""
    (out / "documents").mkdir(parents=True, exist_ok=True)
    who = people.the_people(413 + seed)
    who.unknown = who.finess()
    who.write(out / "registry")
    made, round_ = 0, 0
    with open(out / "expected.jsonl", "w", encoding="utf-8") as lines:
        while made < count:
            for kind, edition, case, data, expected in cases_of(who, seed * 100 + round_):
                chance = random.Random(f"{seed} {round_} {case}")
                # who scans often leaves the notice out
                wanted = (1, 2) if edition == "published" and chance.random() < 0.7 else ()
                paper, how = spoilt(kind, data, chance, wanted)
                name = f"{made:03}-{case.rsplit('.', 1)[0]}.{kind}.pdf"
                (out / "documents" / name).write_bytes(paper)
                lines.write(json.dumps({"file": name, "class": kind, "case": case, "edition": edition, "how": how} | expected, ensure_ascii=False) + "\n")
                lines.flush()
                made += 1
                if made >= count:
                    break
            round_ += 1
