"""What is answered on a form, as typed; and the report that must come of it."""
import random
import re


class Answers:
    def __init__(self, team, seed, role="L", ids=("eg",), certs=("org",), admins=None, signer=None):
        r = self.random = random.Random(f"{seed}{team['kind']}")
        s = signer or team["signer"]
        self.team, self.typed, self.notes = team, {}, []
        self.texts = {"name": team["name"], "last": self.case(s["last"]), "first": s["first"], "card": self.digits(s["card"], (2, 4, 4)),
                      "phone": self.phone(s["phone"]), "email": s["email"]}
        self.want = {"name": team["name"], "last": self.texts["last"], "first": s["first"], "card": s["card"], "phone": "+33" + s["phone"], "email": s["email"],
                     "finess": None, "siret": None, "rpps": [], "role": {"L": "legal_representative", "D": "delegate", "P": "practice_holder", None: None}[role],
                     "admins": [], "signature": "ink", "stamp": True, "terms": None,
                     "ssl_domain": None, "ssl_server": None, "smime_domain": None, "pro_domain": None}
        for kind in ids:
            if kind == "rpps":
                for i, number in enumerate(team["rangs"][:3]):
                    self.set(f"rpps{i + 1}", self.digits(number, (11, 3)))
                self.want["rpps"] = team["rangs"][:3]
            elif kind in ("ej", "eg"):
                self.set("finess", self.digits(team[kind], (2, 1, 5, 1) if r.random() < 0.3 else (3, 3, 3)), team[kind])
            else:
                self.set("siret", self.digits(team["siret" if "siret" in team else kind], (3, 3, 3, 5)), team["siret" if "siret" in team else kind])
        self.ticks = {"role_" + role} if role else set()
        for i, admin in enumerate(admins if admins is not None else team["admins"][:2]):
            self.admin(i, admin)
        self.set("purpose", r.choice(["Échanges sécurisés entre notre logiciel métier et l'annuaire national.", "Raccordement de la plateforme d'imagerie de l'établissement « Œil & Vue ».",
                                      "Authentification des serveurs applicatifs auprès du ROR, à partir de janvier 2027."]))
        product = r.choice([("Cœur de Données SAS", "Médi'Flux 4.2"), ("Oriel Santé Logiciels", "Oriel Dossier n° 7"), ("Développement interne", "Passerelle-Échanges"), ("Ça Roule Éditions", "Hôpital+ (v12)")])
        self.set("publisher", product[0])
        self.set("solution", product[1])
        domain = team["domain"]
        for kind in certs:
            self.ticks.add(kind)
            if kind == "ssl":
                self.set(*r.choice([("ssl_domain", domain), ("ssl_server", "srv-mss." + domain)]))
            elif kind != "org":
                self.set(kind + "_domain", r.choice(["@", ""]) + domain, domain)
        day = r.randint(2, 21)
        self.set("date", r.choice([f"{day:02}/11/2026", f"{day:02}-11-2026", f"{day} novembre 2026", f"{day:02}.11.2026"]), f"2026-11-{day:02}")
        self.findings, self.verdict = [], "accepted"
        self.stamp_words = [team["name"][:34], "Direction", "56000 Rochefontaine"]

    def case(self, name):
        return name.upper() if self.random.random() < 0.3 else name

    def digits(self, number, groups):
        if self.random.random() < 0.5:
            return number
        out, at = [], 0
        for g in groups:
            out.append(number[at:at + g])
            at += g
        return self.random.choice([" ", " ", "\u00a0", ".", "-"]).join(x for x in out + [number[at:]] if x)

    def phone(self, tail):
        pairs = ["0" + tail[0]] + [tail[i:i + 2] for i in range(1, 9, 2)]
        return self.random.choice([" ".join(pairs), "".join(pairs), ".".join(pairs), "-".join(pairs), "+33 " + tail[0] + " " + " ".join(pairs[1:]), "0033" + tail, "+33 (0)" + tail[0] + " " + " ".join(pairs[1:])])

    def admin(self, i, who, **wrong):
        """Row `i` on paper; its index in the list is the number of rows before it."""
        row = {"card": self.digits(who["card"], (2, 4, 4)), "last": self.case(who["last"]), "first": who["first"], "phone": self.phone(who["phone"]), "email": who["email"]}
        want = {"card": who["card"], "last_name": row["last"], "first_name": who["first"], "phone": "+33" + who["phone"], "email": who["email"]}
        for cell, value in wrong.items():
            typed, wanted = value if isinstance(value, tuple) else (value, value or None)
            row[cell] = typed
            want[{"last": "last_name", "first": "first_name"}.get(cell, cell)] = wanted
        for cell, value in row.items():
            if value:
                self.texts[f"a{i}_{cell}"] = value
        self.want["admins"].append(want)

    def set(self, key, typed, want=...):
        if typed:
            self.texts[key] = typed
        else:
            self.texts.pop(key, None)
        self.want[key] = (typed or None) if want is ... else want
        return self

    def drop(self, key):
        return self.set(key, "", None)

    def find(self, verdict, *findings):
        self.verdict = verdict
        self.findings += [list(f) for f in findings]
        return self

    def expected(self):
        w = self.want
        text = lambda key: " ".join(w[key].split()) if isinstance(w.get(key), str) else None
        form = {
            "structure": {"name": text("name"), "finess": w["finess"], "siret": w["siret"], "rpps_rang": w["rpps"]},
            "signatory": {"role": w["role"], "last_name": text("last"), "first_names": text("first"), "phone": w["phone"], "email": w["email"], "card": w["card"]},
            "administrators": [{k: a[k] for k in ("card", "last_name", "first_name", "phone", "email")} for a in w["admins"]],
            "usage": {"purpose": text("purpose"), "publisher": text("publisher"), "solution": text("solution")},
            "certificates": {"org": {"requested": "org" in self.ticks}, "server_ssl": {"requested": "ssl" in self.ticks, "domain": w["ssl_domain"], "server": w["ssl_server"]},
                             "server_smime": {"requested": "smime" in self.ticks, "mail_domain": w["smime_domain"]}, "pro": {"requested": "pro" in self.ticks, "mail_domain": w["pro_domain"]}},
            "declaration": {"date": w["date"], "signature": w["signature"], "stamp": w["stamp"], "terms_accepted": w["terms"]},
        }
        return {"form": form, "findings": self.findings, "verdict": self.verdict}

    def without_spaces(self, key):
        return re.sub(r"\s", "", self.texts[key])
