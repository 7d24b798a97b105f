"""The printed words of F413: labels by box, and the paragraphs around them."""
TITLE = "Formulaire de déclaration des administrateurs techniques autorisés à commander des certificats logiciels F413"
LABELS = {
    "h3": "3. Identification de la structure bénéficiaire (L'ensemble des champs doit être complété)",
    "h31": "3.1 Identification de la structure",
    "h32": "3.2 Identification du représentant légal ou du mandataire ou titulaire du cabinet (uniquement pour les RPPS Rang)",
    "h4": "4. Informations spécifiques (L'ensemble des champs doit être complété)",
    "h41": "4.1 Déclaration des administrateurs techniques",
    "h42": "4.2 Usage des certificats et solution utilisée",
    "h43": "4.3 Type de certificats souhaités",
    "name": "Dénomination de la structure",
    "finess": "FINESS\n*voir notice ci-jointe (uniquement pour les structures prenant en charge des patients / usagers)",
    "siret": "ou N° SIRET",
    "rpps": "RPPS rang (1)\n(uniquement pour les cabinets de radiologie, hors sociétés d'exercice)",
    "role": "Êtes-vous le :", "role_L": "Responsable légal", "role_D": "Mandataire", "role_P": "Titulaire du cabinet",
    "last": "Nom", "first": "Prénom(s)", "phone": "Téléphone", "email": "Email professionnel", "card": "N° de carte",
    "a_card": "N° de carte", "a_last": "Nom figurant sur la carte", "a_first": "Prénom figurant sur la carte", "a_phone": "Téléphone", "a_email": "Email professionnel",
    "purpose": "Précisions sur l'usage des certificats et sur votre projet", "publisher": "Éditeur de la solution", "solution": "Solution utilisée",
    "org": "Certificat ORG (Personne morale) usage AUTH_CLI, SIGN, CONF (Ex : DMP, ROR, Annuaire Santé...)",
    "ssl": "Certificat logiciel SERVEUR usage SSL_SERVEUR (Ex : MSSanté, Diapason, PSIG...)",
    "smime": "Certificat logiciel SERVEUR usage SMIME, SIGN, CONF (Ex : Messagerie HPRIM NET...)",
    "pro": "Certificat logiciel PRO (Personne physique) usage AUTH, SIGN, CONF (Ex : Dossier Pharmaceutique...)",
    "fill_one": "Remplir l'une des lignes suivantes :", "fill_it": "Remplir la ligne suivante :",
    "ssl_domain": "Certificat pour le nom de domaine suivant :\n(Veuillez indiquer le nom de domaine souhaité / adresse web, ex : domaine.fr.)",
    "ssl_server": "OU Certificat restreint au serveur suivant :\n(Veuillez indiquer le nom de serveur spécifique, ex : nomdeserveur.domaine.fr)",
    "smime_domain": "Certificat pour le nom de domaine de messagerie suivant :\n(Veuillez indiquer uniquement le nom de domaine souhaité, ex : @domaine.fr.)",
    "pro_domain": "Certificat pour le nom de domaine de messagerie suivant :\n(Veuillez indiquer uniquement le nom de domaine souhaité, ex : @domaine.fr.)",
    "date": "Date", "stamp": "Cachet de la structure", "signature": "Signature du représentant légal ou du mandataire ou titulaire du cabinet",
}
INTRO = ["1. Objet du formulaire",
         "Le présent formulaire s'adresse au représentant légal d'une structure, ou un mandataire désigné préalablement.",
         "Il a pour objet de déclarer les personnes de la structure, ou extérieures (éditeurs) qui doivent être autorisées auprès de l'Agence du Numérique en Santé (ANS) pour commander des certificats logiciels. Il est nécessaire dans le formulaire de préciser le type de certificats souhaités et leur périmètre.",
         "Ces personnes qualifiées d'administrateurs techniques ont le droit de gérer le cycle de vie (demande, retrait, révocation et suivi) des certificats logiciels commandés auprès de l'ANS."]
PREREQUISITES = ["2. Prérequis à la demande",
                 "- Avoir signé avec l'ANS, au moyen du contrat d'adhésion aux services de l'ANS relatifs aux moyens d'identification électronique (hors structures libérales), et avoir pris connaissance des Conditions Générales d'Utilisation (CGU) des moyens d'identification électronique délivrés par l'ANS ainsi que les politiques de certification accessibles sur http://igc-sante.esante.gouv.fr/PC/ ;",
                 "- Le responsable légal de la structure, ou son mandataire, doit disposer d'une carte active ;",
                 "- Avoir identifié la ou les personnes à désigner en tant qu'administrateurs techniques, ayant déjà des cartes actives.",
                 "Pour retrouver l'ensemble des certificats disponibles et les usages associés, vous pouvez consulter la page suivante : https://esante.gouv.fr/securite/cartes-et-certificats/certificats-logiciels"]
NOTE = "(1) Si vous souhaitez déclarer plus de 4 RPPS rang, nous vous invitons à compléter un second exemplaire de ce formulaire (F413)."
CERTIFICATES = "Cochez les types de certificats souhaités et remplissez les informations complémentaires associées"
TERMS = "Je certifie avoir lu et accepté les conditions générales d'utilisation relatives aux moyens d'identification électronique."
CERTIFY = "Je certifie exactes les informations mentionnées ci-dessus. Il est rappelé que les fraudes et tentatives de fraude sont passibles de sanctions pénales et peuvent conduire à la suspension de l'instruction de votre demande ou au retrait des droits dont le bénéfice est demandé."
SEND = ["Ce formulaire est à envoyer signé et daté, avec le cachet de la structure à l'adresse e-mail suivante : monserviclient.certificats@esante.gouv.fr",
        "Pour toutes questions relatives à ce formulaire, vous pouvez utiliser cette même adresse mail."]
NEXT = ["5. Prochaines étapes",
        "- Le demandeur (représentant légal de la structure, le mandataire ou le titulaire du cabinet) est informé de la bonne réception et de la validation à commander des certificats logiciels par les administrateurs techniques ;",
        "- Les administrateurs techniques peuvent ensuite générer et retirer les certificats souhaités, en se connectant à la plateforme IGC santé à l'adresse suivante : https://pfc.eservices.esante.gouv.fr/ à l'aide de leur carte CPX ou e-CPS."]
NOTICE = ["Notice explicative relative au FINESS",
          "Cette notice s'adresse aux établissements possédant un numéro FINESS et souhaitant contractualiser avec l'ANS ou remplir un formulaire dans le cadre d'une commande de certificat. La règle qui s'applique en général est d'utiliser le FINESS juridique pour les démarches de commande de moyens d'identification électronique (cartes de la famille « CPx », certificats logiciels).",
          "Pour les établissements hospitaliers publics / Les centres de dialyse et d'auto-dialyse / Les établissements du secteur médico-social",
          "Si vous souhaitez accéder aux services socles du Ségur (DMP, INSi, ...) : continuer les démarches avec le FINESS juridique.",
          "Pour les laboratoires de biologie médicale / Les officines de pharmacie",
          "Commander le ou les certificat(s) avec le numéro FINESS géographique."]
