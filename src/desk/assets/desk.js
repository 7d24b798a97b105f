// Progressive enhancement only: every page works without it.
(() => {
  "use strict";
  const help = document.getElementById("aide");
  const opener = document.getElementById("aide-ouvrir");
  // in a tick box nothing is typed
  const typing = (target) =>
    target.matches("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
  const keyed = () => [...document.querySelectorAll("[data-key]")];
  const rows = () => [...document.querySelectorAll("a[data-row]")];
  // tabs, and the pages of a document: one after the other
  const turns = { "]": "onglet", "[": "onglet", "+": "page", "-": "page" };
  const turned = (kind) => [...document.querySelectorAll(`a[data-turn="${kind}"]`)];

  const list = () => {
    const entries = keyed().filter((one) => one !== opener).map((one) => [one.dataset.key, one.dataset.does]);
    if (rows().length > 0) entries.push(["j / k", "Dossier suivant / précédent"], ["Entrée", "Ouvrir le dossier"]);
    if (rowButton("t")) entries.push(["t", "Prendre ou rendre le dossier choisi"]);
    const once = [...document.querySelectorAll("[data-row-does]")];
    entries.push(...new Map(once.map((one) => [one.dataset.rowKey, one.dataset.rowDoes])));
    if (turned("onglet").length > 1) entries.push(["] / [", "Onglet suivant / précédent"]);
    if (turned("page").length > 1) entries.push(["+ / -", "Page suivante / précédente du document"]);
    if (document.querySelector("[data-doubt]")) entries.push(["c", "Case à vérifier suivante"]);
    if (document.querySelector("textarea")) entries.push(["Ctrl + Entrée", "Envoyer ce qui est écrit"]);
    entries.push(["Échap", "Quitter la saisie"], ["?", "Raccourcis clavier"]);
    const place = document.getElementById("aide-liste");
    place.replaceChildren();
    for (const [key, does] of entries) {
      const term = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      term.append(kbd);
      const text = document.createElement("dd");
      text.textContent = does;
      place.append(term, text);
    }
  };

  // of the row that was chosen; of the first, before one is
  const rowButton = (key) => {
    const chosen = document.activeElement && document.activeElement.closest("tr");
    const button = `[data-row-key="${CSS.escape(key)}"]`;
    // what cannot be taken back is done to no row that nobody chose
    return chosen ? chosen.querySelector(button) : document.querySelector(`${button}:not([data-row-does])`);
  };

  const step = (by) => {
    const all = rows();
    const now = all.indexOf(document.activeElement);
    const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
    if (next) next.focus();
  };

  const turn = (key) => {
    const all = turned(turns[key]);
    const here = all.findIndex((one) => one.hasAttribute("aria-current"));
    const to = all[here + (key === "]" || key === "+" ? 1 : -1)];
    if (to) to.click();
  };

  // from where one is, or from the one before: also after one was corrected, or left
  let doubt = null;
  const nextDoubt = () => {
    const all = [...document.querySelectorAll("[data-doubt]")];
    const here = document.activeElement;
    const from = here === document.body ? doubt : here;
    const behind = (one) =>
      !from.contains(one) && from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
    doubt = (from && all.find(behind)) || all[0];
    doubt.focus();
    if (doubt.select) doubt.select();
  };

  if (opener && help) {
    opener.hidden = false;
    opener.addEventListener("click", () => { list(); help.showModal(); });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      const button = event.target.form.querySelector("button[type=submit]");
      event.target.form.requestSubmit(button);
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (help && help.open) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "c" && document.querySelector("[data-doubt]")) nextDoubt();
    else if (event.key in turns) turn(event.key);
    else {
      const found = keyed().find((one) => one.dataset.key === event.key) || rowButton(event.key);
      if (!found) return;
      if (typing(found)) found.focus();
      else {
        if (found.matches("summary")) found.focus();
        found.click();
      }
    }
    event.preventDefault();
  });

  // back in a list, the case that one comes from is chosen
  const from = location.hash && document.getElementById(location.hash.slice(1));
  if (from && from.matches("a[data-row]")) from.focus();
  // what has just been done is where one goes on from, and is read out
  const notice = document.getElementById("avis");
  if (notice && (location.hash === "#avis" || location.search.includes("fait="))) notice.focus();

  // what is written and not sent is not left without a word
  const unsent = new Set();
  for (const form of document.querySelectorAll("form")) {
    const texts = [...form.querySelectorAll("textarea")];
    if (texts.length === 0) continue;
    const hint = document.createElement("p");
    hint.className = "unsent";
    hint.setAttribute("role", "status");
    form.append(hint);
    form.addEventListener("input", () => {
      const written = texts.some((one) => one.value !== one.defaultValue);
      if (written) unsent.add(form);
      else unsent.delete(form);
      hint.textContent = written ? "Texte écrit, pas encore envoyé." : "";
    });
    form.addEventListener("submit", () => unsent.delete(form));
  }
  // boxes are corrected one by one: what stands in the others goes along, and is there again afterwards
  const boxes = [...document.querySelectorAll("form.correct")];
  const typed = (form) => {
    const box = form.elements.value;
    const before = box.matches("select")
      ? ([...box.options].find((one) => one.defaultSelected) || box.options[0]).value
      : box.defaultValue;
    return box.value !== before;
  };
  let along = false;
  for (const form of boxes) {
    form.addEventListener("submit", () => {
      for (const other of boxes) {
        if (other === form || !typed(other)) continue;
        const kept = document.createElement("input");
        kept.type = "hidden";
        kept.name = `typed${other.elements.field.value}`;
        kept.value = other.elements.value.value;
        form.append(kept);
      }
      along = true;
    });
  }
  window.addEventListener("beforeunload", (event) => {
    if (unsent.size > 0 || (!along && boxes.some(typed))) event.preventDefault();
  });

  // browsers keep the page that is left as it stood, also one that says no-store, and show it to whoever
  // goes back: after signing out there is nothing on it. (Those before it: Clear-Site-Data.)
  const leaves = document.querySelector('form[action="/deconnexion"]');
  if (leaves) {
    leaves.addEventListener("submit", () => {
      window.addEventListener("pagehide", () => document.body.replaceChildren());
      window.addEventListener("pageshow", () => location.replace("/connexion"));
    });
  }

  // whoever corrects a box sees its place on the page
  const page = document.getElementById("page");
  if (page) {
    for (const field of document.querySelectorAll(".field[data-zone]")) {
      if (!field.dataset.zone) continue;
      field.addEventListener("focusin", () => {
        const source = `${page.dataset.base}${field.dataset.page}.png?zone=${field.dataset.zone}`;
        if (page.getAttribute("src") !== source) page.setAttribute("src", source);
      });
    }
  }
})();
