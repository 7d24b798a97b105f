#!/usr/bin/env python3
"""Writes fixtures/forms: one PDF and one expected report (reference day 2026-11-22, fixtures/registry) for each case.

  pip install reportlab pikepdf pyhanko pillow; apt-get install ghostscript poppler-utils chromium fonts-liberation2 fonts-crosextra-carlito fonts-lato
  tests/forge/forge.py [--only TEXT] [--seed N] [--out DIR] [--registry DIR]

The PDFs are committed; `tests/run` never calls this. A case is added in cases.py or rules.py.
"""
import argparse
import json
import pathlib

import base
import cases
import doubt
import marks
import odd
import people
import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]


def catalogue(seed=0, only=None):
    who = people.the_people(413 + seed)
    who.unknown = who.finess()
    c = cases.Catalogue(who, seed)
    for chapter in (cases.editions, cases.acroforms, cases.signatures, cases.ticks, rules.values, rules.refusals, rules.documents, cases.more_editions, rules.xfa, rules.mixed, base.published, marks.marks, odd.odd, marks.bullets, doubt.doubt):
        chapter(c)
    return who, c


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--only", default="", help="write the cases whose name has TEXT again; without it, only what is not there yet")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--out", default=ROOT / "fixtures/forms", type=pathlib.Path)
    p.add_argument("--registry", default=ROOT / "fixtures/registry", type=pathlib.Path)
    a = p.parse_args()
    who, c = catalogue(a.seed)
    who.write(a.registry)
    a.out.mkdir(parents=True, exist_ok=True)
    names = [name for name, _, _ in c.out]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    for name, data, expected in c.out:
        if a.only in name if a.only else not (a.out / f"{name}.pdf").exists():
            (a.out / f"{name}.pdf").write_bytes(data)
            (a.out / f"{name}.expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(len(c.out), "cases")


if __name__ == "__main__":
    main()
