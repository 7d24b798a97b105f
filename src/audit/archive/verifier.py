#!/usr/bin/env python3
"""Vérifie cette archive, avec la seule bibliothèque standard de Python 3. Voir LISEZMOI.txt."""

import hashlib
import json
import pathlib
import sys

ICI = pathlib.Path(__file__).resolve().parent
fautes = []


def faute(quoi):
    fautes.append(quoi)
    print("FAUTE   " + quoi)


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def lire(nom):
    chemin = ICI / nom
    if not chemin.is_file():
        faute(f"{nom} manque")
        return b""
    return chemin.read_bytes()


def fichiers():
    """Chaque fichier est celui de la liste, et il n'y en a pas d'autre."""
    dits = {}
    for ligne in lire("SHA256SUMS").decode("utf-8", "replace").splitlines():
        empreinte, _, nom = ligne.partition("  ")
        dits[nom] = empreinte
        if sha256(lire(nom)) != empreinte:
            faute(f"{nom} n'est pas le fichier remis")
    for chemin in sorted(ICI.rglob("*")):
        nom = chemin.relative_to(ICI).as_posix()
        if chemin.is_file() and nom not in dits and nom != "SHA256SUMS":
            faute(f"{nom} n'est pas de l'archive")


def sceau(evenement):
    somme = hashlib.sha256()
    for champ in ("id", "at", "kind", "message_id", "case_id", "reply_id", "actor", "detail"):
        valeur = evenement[champ]
        octets = b"" if valeur is None else str(valeur).encode()
        somme.update(len(octets).to_bytes(8, "big") + octets)
    return somme.hexdigest()


def chaine(evenements, notees):
    """Suit la chaîne du premier événement du dossier à la tête."""
    lignes = [ligne.split("\t") for ligne in lire("chaine.tsv").decode().splitlines()]
    numero, empreinte = int(lignes[0][0]), lignes[0][1]
    du_dossier = {evenement["id"]: evenement for evenement in evenements}
    vus = set()
    for ligne in lignes[1:]:
        suivant = int(ligne[0])
        if suivant != numero + 1:
            faute(f"chaîne : après l'événement {numero} vient le {suivant}")
        numero = suivant
        evenement = du_dossier.get(numero)
        if ligne[1] == "-":
            # un événement d'avant les sceaux : il n'y a que son empreinte
            empreinte = ligne[2]
        else:
            empreinte = sha256((empreinte + ligne[1]).encode())
        if evenement is not None:
            vus.add(numero)
            if ligne[1] != "-" and sceau(evenement) != ligne[1]:
                faute(f"événement {numero} : il n'est pas celui qui a été scellé")
            if evenement["hash"] != empreinte:
                faute(f"événement {numero} : son empreinte n'est pas celle de la chaîne")
        if numero in notees and notees[numero] != empreinte:
            faute(f"événement {numero} : ce n'est pas la tête notée, la chaîne a été réécrite")
    for evenement in evenements:
        if evenement["id"] not in vus:
            faute(f"événement {evenement['id']} : il n'est pas dans la chaîne")
    premier = int(lignes[0][0]) + 1
    for note in notees:
        if note > numero:
            faute(f"événement {note} : noté, mais la chaîne s'arrête au {numero}")
        elif note < premier:
            faute(f"événement {note} : avant le premier du dossier ({premier}), cette archive n'en dit rien")
    return numero, empreinte


def detail(evenement):
    return json.loads(evenement["detail"])


def pieces(evenements, dossier):
    """Ce que les événements disent des pièces."""
    purge = any(evenement["kind"] == "purged" for evenement in evenements)
    verdict, rapport, explication = None, None, None
    for evenement in evenements:
        dit = detail(evenement)
        quoi = f"événement {evenement['id']} ({evenement['kind']})"
        if "text_sha256" in dit and evenement["text"] is not None:
            if sha256((evenement["salt"] + evenement["text"]).encode()) != dit["text_sha256"]:
                faute(f"{quoi} : le texte à côté n'est pas le sien")
        elif "text_sha256" in dit and not purge:
            faute(f"{quoi} : le texte à côté manque")
        if evenement["kind"] == "message_kept" and not purge and dossier["message_whole"]:
            if sha256(lire("message.eml")) != dit["sha256"]:
                faute(f"{quoi} : message.eml n'est pas le courriel reçu")
        if evenement["case_id"] == dossier["case_id"] and evenement["reply_id"] is None:
            verdict = dit.get("verdict", verdict)
            rapport = dit.get("report_sha256", rapport)
            explication = dit.get("explanation_sha256", explication)
            if evenement["kind"] == "case_opened":
                for numero, empreinte in enumerate(dit.get("documents", [])):
                    nom = dossier["documents"][numero]["file"]
                    if nom is not None and sha256(lire(nom)) != empreinte:
                        faute(f"{quoi} : {nom} n'est pas le document jugé")
                    if dossier["documents"][numero]["sha256"] != empreinte:
                        faute(f"{quoi} : dossier.json ne dit pas les documents jugés")
        if evenement["kind"] in ("reply_due", "reply_held") and "mail_sha256" in dit and not purge:
            if sha256(lire(f"lettres/{evenement['reply_id']}.eml")) != dit["mail_sha256"]:
                faute(f"{quoi} : lettres/{evenement['reply_id']}.eml n'est pas la lettre")
    if rapport is not None and not purge and sha256(lire("rapport.json")) != rapport:
        faute("rapport.json n'est pas le rapport de la décision")
    if explication is not None and not purge and sha256(lire("explication.json")) != explication:
        faute("explication.json n'est pas l'explication de la décision")
    if verdict != dossier["verdict"]:
        faute(f"dossier.json dit {dossier['verdict']}, les événements disent {verdict}")
    for lettre in json.loads(lire("lettres.json")):
        fins = {}
        for evenement in evenements:
            if evenement["reply_id"] == lettre["id"] and "attempt" in detail(evenement):
                fins[detail(evenement)["attempt"]] = evenement
        for essai in lettre["attempts"]:
            evenement = fins.get(essai["attempt"])
            if essai["delivery"] is None:
                continue
            if evenement is None or detail(evenement)["delivery"] != essai["delivery"]:
                faute(f"lettre {lettre['id']}, essai {essai['attempt']} : aucun événement ne le dit ainsi")
            elif evenement["text"] is not None and evenement["text"] != essai["answer"]:
                faute(f"lettre {lettre['id']}, essai {essai['attempt']} : ce n'est pas la réponse du relais")
    return purge


def main():
    notees = {}
    for texte in sys.argv[1:]:
        numero, _, empreinte = texte.partition(":")
        notees[int(numero)] = empreinte.lower()
    fichiers()
    try:
        evenements = [json.loads(ligne) for ligne in lire("evenements.jsonl").decode().splitlines()]
        dossier = json.loads(lire("dossier.json"))
        numero, empreinte = chaine(evenements, notees)
        purge = pieces(evenements, dossier)
    except (ValueError, KeyError, IndexError, TypeError) as erreur:
        faute(f"l'archive ne peut pas être lue ({type(erreur).__name__})")
    if fautes:
        print(f"{len(fautes)} faute(s) : l'archive n'est pas ce qui a été remis, ou la base a été réécrite.")
        return 1
    print(f"Dossier {dossier['number']} : {dossier['verdict']}, {len(evenements)} événements.")
    if purge:
        print("Les pièces ont été effacées (purged) ; restent les événements et les empreintes.")
    print(f"Tête de la chaîne à l'export : {numero}:{empreinte}")
    if notees:
        print(f"Comparée à {len(notees)} tête(s) notée(s) : c'est bien la même chaîne.")
    else:
        print("À comparer à une tête notée ailleurs (LISEZMOI.txt, point 3).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
