"""The invented structures, people and cards of the forged forms, and their rows for fixtures/registry.

Everything comes from a fixed seed: the same rows each time. Numbers carry valid check digits (Luhn for
FINESS with A=1 and B=2, SIRET, RPPS and RPPS rang); nobody here exists.
"""
import csv
import pathlib
import random
import unicodedata

DEPARTMENTS = ["01", "06", "09", "14", "22", "29", "38", "45", "56", "62", "74", "85", "2A", "2B", "97"]
LAST = """Le Bihan;Kervella;Œuvrard;Lacaze-Duthiers;D'Hautefeuille;N'Diaye;Étchegoyhen;Brûlé;Garcès;Saint-Genest;Vandenbroucke;
Haÿs;Quéméneur;Ben Amor;Tröndlé;Laïdi;Pouliquen;Delcròs;Çelik;Maïffret;Desœuvres;Oyarçabal;Le Floc'h;Noël;Zerhouni;Açana;
Guyomarc'h;De La Fresnaye;Bœuf;Perréal;Ancelin;Jézéquel;Ruellan;Courtecuisse;Pélissard;Abgrall;Montségur;Vïlette;Durieux;Salaün""".replace("\n", "").split(";")
FIRST = """Anne-Laure;François-Xavier;Cœlia;Loïc;Maëlys;Jean-René;Zoé;Gwénaëlle;Théodore;Inès;Ousmane;Aïcha;Benoît;Hélène;Joël;
Marie Chantal;Raphaël;Édith;Noémie;Aurélien;Sœurette;Tanguy;Yaël;Clémence;Bérengère;Côme;Hippolyte;Séverine;Amaël;Lætitia""".replace("\n", "").split(";")


def luhn(text):
    total = 0
    for i, ch in enumerate(reversed(text.replace("A", "1").replace("B", "2"))):
        d = int(ch)
        if i % 2:
            d = d * 2 - 9 if d > 4 else d * 2
        total += d
    return total % 10 == 0


def closed(stem):
    """The stem with the last digit that satisfies Luhn."""
    return next(stem + str(d) for d in range(10) if luhn(stem + str(d)))


def plain(text):
    """Lower-case ASCII for an e-mail."""
    text = text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")
    text = unicodedata.normalize("NFD", text)
    return "".join(c if c.isalnum() and c.isascii() else "-" if c in " -" else "" for c in text).strip("-").lower()


class People:
    def __init__(self, seed=413):
        self.random = random.Random(seed)
        self.used = set()
        self.structures, self.contracts, self.cards, self.mandates = [], [], [], []
        self.kinds = {}

    def _new(self, make):
        while True:
            value = make()
            if value not in self.used:
                self.used.add(value)
                return value

    def finess(self):
        r = self.random
        return self._new(lambda: closed(r.choice(DEPARTMENTS) + "0" + "".join(r.choice("0123456789") for _ in range(5))))

    def siret(self):
        r = self.random
        return self._new(lambda: closed(closed(str(r.randint(30000000, 88888888))) + f"{r.randint(0, 120):04}"))

    def card_number(self):
        r = self.random
        return self._new(lambda: r.choice(["24", "28", "29", "00"]) + f"{r.randint(10**7, 10**8 - 1)}")

    def rangs(self, n):
        r = self.random
        rpps = self._new(lambda: closed("810" + f"{r.randint(0, 10**7 - 1):07}"))
        return rpps, [closed(rpps + f"{i:02}") for i in range(n)]

    def phone(self):
        """A French number as (E.164 tail of nine digits)."""
        r = self.random
        return r.choice(["140", "155", "240", "298", "388", "472", "561", "612", "678", "970"])[0:3] + f"{r.randint(100000, 999999)}"

    def person(self, structure, domain, card_type="CPE", **card):
        r = self.random
        last, first = self._new(lambda: (r.choice(LAST), r.choice(FIRST)))
        number = self.card_number()
        self.cards.append({"number": number, "type": card_type, "last_name": last, "first_name": first, "holder_id": "",
                           "structure": structure, "valid_from": "2025-03-01", "valid_until": "2028-02-29", "opposed_on": "", **card})
        mail = f"{plain(first)}.{plain(last)}@{domain}"
        return {"card": number, "last": last, "first": first, "phone": self.phone(), "email": mail}

    def structure(self, **row):
        self.structures.append({k: row.get(k, "") for k in
                                ["finess", "finess_type", "finess_ej", "siret", "rpps_rang", "name", "class", "category", "main_site"]}
                               | {"status": row.get("status", "open")})

    def contract(self, structure, signer, **row):
        n = len(self.contracts) + 1
        self.contracts.append({"number": f"CA-2025-8{n:04}", "structure": structure, "signed_on": "2025-02-03", "valid_from": "2025-02-03",
                               "valid_until": "", "status": "active", "representative_last_name": signer["last"],
                               "representative_first_name": signer["first"]} | row)

    def team(self, kind, key, name, domain, card_type="CDE", admins=2, **extra):
        signer = self.person(key, domain, card_type)
        self.kinds[kind] = {"kind": kind, "name": name, "domain": domain, "signer": signer,
                            "admins": [self.person(key, domain) for _ in range(admins)]} | extra
        return self.kinds[kind]

    def site(self, kind, name, domain, klass, category, contract, admins=2, ej_name=None, **extra):
        """A legal entity with one establishment; `contract` names who holds it: EJ, EG, both or none."""
        ej, eg = self.finess(), self.finess()
        es, gs = self.siret(), self.siret()
        self.structure(finess=ej, finess_type="EJ", siret=es, name=ej_name or name, **{"class": klass})
        self.structure(finess=eg, finess_type="EG", finess_ej=ej, siret=gs, name=name if ej_name else name + " - site principal",
                       category=category, **{"class": klass})
        key = eg if contract in ("EG", "none") else ej
        team = self.team(kind, key, name, domain, admins=admins, ej=ej, eg=eg, ej_siret=es, eg_siret=gs, **extra)
        for held in {"EJ": [ej], "EG": [eg], "both": [ej, eg], "none": []}[contract]:
            self.contract(held, team["signer"])
        return team

    def write(self, folder):
        """Adds the rows that are not there yet to the CSV files of a registry folder."""
        for name in ["structures", "contracts", "cards", "mandates"]:
            path = pathlib.Path(folder) / f"{name}.csv"
            with open(path, encoding="utf-8-sig", newline="") as f:
                reader = csv.DictReader(f, delimiter=";")
                columns, have = reader.fieldnames, [tuple(r.values()) for r in reader]
            new = [row for row in getattr(self, name) if tuple(row.get(c, "") for c in columns) not in set(have)]
            text = path.read_bytes()
            with open(path, "ab") as f:
                if not text.endswith(b"\n"):
                    f.write(b"\n")
                end = "\r\n" if b"\r\n" in text else "\n"
                for row in new:
                    f.write((";".join(row.get(c, "") for c in columns) + end).encode())


def the_people(seed=413):
    p = People(seed)
    p.site("hospital", "Centre hospitalier de Vaulnoise-en-Brenne", "ch-vaulnoise.fr", "public_hospital", "355", "EJ", admins=5)
    p.site("hospital2", "Hôpital intercommunal du Val d'Ancœur", "hopital-ancoeur.fr", "public_hospital", "355", "both")
    p.site("dialysis", "Centre d'autodialyse L'Œillet blanc", "autodialyse-oeillet.fr", "dialysis", "141", "EJ")
    p.site("ehpad", "EHPAD Résidence Les Trois Noyers", "ehpad-trois-noyers.fr", "medico_social", "500", "EG", ej_name="Association Les Trois Noyers")
    p.site("pharmacy", "Pharmacie de l'Horloge – Kermeur", "pharmacie-kermeur.fr", "pharmacy", "620", "none", ej_name="SELARL Kermeur-Officine", admins=1)
    p.site("clinic", "Clinique Notre-Dame d'Ozoir-le-Bois", "clinique-ozoir-bois.fr", "private_forprofit", "365", "EG", ej_name="SA Cliniques d'Ozoir")
    p.site("nonprofit", "Hôpital Saint-Éloi de Brécourt", "saint-eloi-brecourt.fr", "private_nonprofit", "365", "EG", ej_name="Fondation Saint-Éloi", admins=3)
    p.site("centre", "Centre de santé municipal Ambroise-Paré", "cds-pare-villerude.fr", "health_centre", "124", "EG", ej_name="Commune de Villerude")
    p.site("overseas", "Clinique Les Filaos de Sainte-Ravine", "clinique-filaos.fr", "private_forprofit", "365", "EG", ej_name="SAS Les Filaos")
    lab = p.site("lab", "Laboratoire Bio-Mésange", "biomesange.fr", "laboratory", "611", "none", ej_name="SELAS Bio-Mésange")
    lab["second"] = p.finess()
    p.structure(finess=lab["second"], finess_type="EG", finess_ej=lab["ej"], siret=p.siret(), name="Laboratoire Bio-Mésange - site 2",
                category="611", main_site=lab["eg"], **{"class": "laboratory"})
    p.site("nocontract", "Centre hospitalier de Mortefontaine-l'Abbaye", "ch-mortefontaine.fr", "public_hospital", "355", "none")
    p.site("suspended", "Clinique du Pré-Fleuri", "clinique-prefleuri.fr", "private_forprofit", "365", "none", ej_name="SAS Pré-Fleuri")
    team = p.kinds["suspended"]
    p.contract(team["eg"], team["signer"], status="suspended")
    house = p.finess()
    p.structure(finess=house, finess_type="EG", siret=p.siret(), name="Maison de santé pluriprofessionnelle du Gué", category="603", **{"class": "health_house"})
    p.contract(house, p.team("house", house, "Maison de santé pluriprofessionnelle du Gué", "msp-du-gue.fr", "CPS", eg=house)["signer"])
    shut = p.finess()
    p.structure(finess=shut, finess_type="EG", siret=p.siret(), name="Maison de santé des Marronniers", category="603", status="closed", **{"class": "health_house"})
    p.contract(shut, p.team("closed", shut, "Maison de santé des Marronniers", "msp-marronniers.fr", "CPS", eg=shut)["signer"])
    firm = p.siret()
    p.structure(siret=firm, name="Oriel Santé Logiciels SAS", **{"class": "other"})
    p.contract(firm, p.team("firm", firm, "Oriel Santé Logiciels SAS", "oriel-sante.fr", "CDA", siret=firm)["signer"])
    post = next(s for s in (f"35600000000{n:03}" for n in range(100, 999)) if sum(map(int, s)) % 5 == 0 and not luhn(s))
    p.structure(siret=post, name="La Poste - Service de santé au travail de Brenne", **{"class": "other"})
    p.contract(post, p.team("post", post, "La Poste - Service de santé au travail de Brenne", "sst-brenne.fr", "CDA", siret=post)["signer"])
    rpps, rangs = p.rangs(6)
    p.structure(rpps_rang=" ".join(rangs), name="Cabinet de radiologie des Quais", **{"class": "liberal"})
    p.team("radiology", rangs[0], "Cabinet de radiologie des Quais", "radiologie-des-quais.fr", "CPS", admins=1, rangs=rangs)
    p.cards[-2]["holder_id"] = rpps
    clinic = p.kinds["clinic"]
    clinic["delegate"] = p.person(clinic["eg"], clinic["domain"])
    d = clinic["delegate"]
    p.mandates.append({"structure": clinic["eg"], "last_name": d["last"], "first_name": d["first"], "card": d["card"], "valid_from": "2026-01-05", "valid_until": ""})
    clinic["stranger"] = p.person(clinic["eg"], clinic["domain"])
    clinic["late"] = p.person(clinic["eg"], clinic["domain"])
    d = clinic["late"]
    p.mandates.append({"structure": clinic["eg"], "last_name": d["last"], "first_name": d["first"], "card": d["card"], "valid_from": "2025-01-05", "valid_until": "2026-11-20"})
    hospital = p.kinds["hospital"]
    hospital["expired"] = p.person(hospital["ej"], hospital["domain"], valid_until="2026-11-21")
    hospital["lastday"] = p.person(hospital["ej"], hospital["domain"], valid_until="2026-11-22")
    hospital["revoked"] = p.person(hospital["ej"], hospital["domain"], opposed_on="2026-11-22")
    hospital["early"] = p.person(hospital["ej"], hospital["domain"], valid_from="2026-11-23")
    hospital["vendor"] = p.person(firm, "oriel-sante.fr", "CPA")
    hospital["many"] = [p.person(hospital["ej"], hospital["domain"]) for _ in range(7)]
    return p
