// The page around the graph: search, filter, picture, and what was picked. Without a frame the
// graph is in this very document (the one-file page): then there are no addresses to lead to.
"use strict";
(() => {
  const frame = document.getElementById("graph-frame");
  const there = () => frame ? frame.contentWindow : window;
  const tools = document.getElementById("graph-tools");
  const aside = document.getElementById("graph-aside");
  const kinds = [...document.querySelectorAll("#graph-kinds input")];
  const search = document.getElementById("graph-search");
  const url = new URL(location.href);
  const tell = (type, more) => there().postMessage({ src: "lianzhu", v: 1, type, ...more }, "*");

  function remember(key, value) {
    if (!frame) return;
    if (value) url.searchParams.set(key, value); else url.searchParams.delete(key);
    history.replaceState(null, "", url);
  }

  // Label:id as the address of its dossier, which the page gives for the thing "-" of the kind "-".
  function dossier(id) {
    const at = id.indexOf(":"), [label, rest] = [id.slice(0, at), id.slice(at + 1)].map(encodeURIComponent);
    return tools.dataset.dossier.replace("/-/-", () => `/${label}/${rest}`);
  }

  function changed(changes) {
    const to = new URL(url);
    for (const [key, value] of Object.entries(changes)) {
      if (value) to.searchParams.set(key, value); else to.searchParams.delete(key);
    }
    return to.pathname + to.search;
  }

  function links(id) {
    const said = tools.dataset, opened = said.opened ? said.opened.split(",") : [];
    const mine = id.replaceAll("%", "%25").replaceAll(",", "%2C");
    const made = [[said.open, dossier(id)], [said.recentre, changed({ center: id, limit: "", expand: "", node: "" })]];
    if (said.room && !opened.includes(mine)) {
      made.splice(1, 0, [said.expand, changed({ expand: [...opened, mine].join(","), node: id })]);
    }
    return made.flatMap(([text, href], i) => {
      const a = document.createElement("a");
      a.textContent = text;
      a.href = href;
      return i ? [" · ", a] : [a];
    });
  }

  function show(m) {
    const title = document.createElement("h2"), kind = document.createElement("p");
    const rels = document.createElement("ul");
    title.textContent = m.name;
    kind.textContent = m.kind;
    const shown = [title, kind];
    if (frame) {
      const lead = document.createElement("p");
      lead.append(...links(m.id));
      shown.push(lead);
    }
    for (const text of m.rels) {
      const item = document.createElement("li");
      item.textContent = text;
      rels.append(item);
    }
    aside.replaceChildren(...shown, rels);
    remember("node", m.id);
  }

  function filter() {
    const hidden = kinds.filter(k => !k.checked).map(k => k.value);
    tell("filter", { hidden });
    remember("hide", hidden.join(","));
  }

  function save(picture) {
    if (!/^data:image\/png;base64,/.test(picture)) return;
    const bytes = Uint8Array.from(atob(picture.split(",")[1]), c => c.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    link.download = tools.dataset.file;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function ready() {
    if (kinds.some(k => !k.checked)) filter();
    const picked = url.searchParams.get("node");
    if (frame && picked) tell("focus", { id: picked });
  }

  const hears = {
    ready,
    select: m => show(m),
    open: m => { if (frame) location.href = dossier(String(m.id)); },
    png: m => save(String(m.picture)),
  };
  addEventListener("message", e => {
    const m = e.data;
    if (e.source === there() && m && m.src === "lianzhu" && Object.hasOwn(hears, m.type)) hears[m.type](m);
  });
  const hidden = frame ? (url.searchParams.get("hide") || "").split(",") : [];
  for (const k of kinds) { k.checked = !hidden.includes(k.value); k.addEventListener("change", filter); }
  search.addEventListener("change", () => tell("find", { text: search.value.trim() }));
  document.getElementById("graph-fit").addEventListener("click", () => tell("fit"));
  document.getElementById("graph-png").addEventListener("click", () => tell("draw"));
  tell("hello");
})();
