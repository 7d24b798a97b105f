// Progressive enhancement only: every page works without it.
(() => {
  "use strict";
  const help = document.getElementById("aide");
  const opener = document.getElementById("aide-ouvrir");
  const typing = (target) => target.matches("input, select, textarea, [contenteditable]");
  const keyed = () => [...document.querySelectorAll("[data-key]")];
  const rows = () => [...document.querySelectorAll("a[data-row]")];

  const list = () => {
    const entries = keyed().map((one) => [one.dataset.key, one.dataset.does]);
    if (rows().length > 0) entries.push(["j / k", "Dossier suivant / précédent"], ["Entrée", "Ouvrir le dossier"]);
    if (rowButton("t")) entries.push(["t", "Prendre ou rendre le dossier choisi"]);
    if (document.querySelector("[data-doubt]")) entries.push(["c", "Case à vérifier suivante"]);
    entries.push(["Échap", "Quitter la saisie"]);
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
    return chosen ? chosen.querySelector(button) : document.querySelector(button);
  };

  const step = (by) => {
    const all = rows();
    const now = all.indexOf(document.activeElement);
    const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
    if (next) next.focus();
  };

  const nextDoubt = () => {
    const all = [...document.querySelectorAll("[data-doubt]")];
    const now = all.indexOf(document.activeElement);
    const next = all[(now + 1) % all.length];
    if (next) { next.focus(); if (next.select) next.select(); }
  };

  if (opener && help) {
    opener.hidden = false;
    opener.addEventListener("click", () => { list(); help.showModal(); });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (help && help.open) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "c" && document.querySelector("[data-doubt]")) nextDoubt();
    else {
      const found = keyed().find((one) => one.dataset.key === event.key) || rowButton(event.key);
      if (!found) return;
      if (typing(found)) found.focus();
      else found.click();
    }
    event.preventDefault();
  });

  // back in a list, the case that one comes from is chosen
  const from = location.hash && document.getElementById(location.hash.slice(1));
  if (from && from.matches("a[data-row]")) from.focus();

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
