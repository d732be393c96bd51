// The page around the graph: search, filter, picture, and what was picked, from the list below it.
"use strict";
(() => {
  const frame = document.getElementById("graph-frame");
  const aside = document.getElementById("graph-aside");
  const list = document.getElementById("graph-list");
  const kinds = [...document.querySelectorAll("#graph-kinds input")];
  const search = document.getElementById("graph-search");
  const url = new URL(location.href);
  const tell = (type, more) => frame.contentWindow.postMessage({ src: "lianzhu", v: 1, type, ...more }, "*");
  const row = id => list.querySelector(`tr[data-node="${CSS.escape(id)}"]`);
  const name = tr => tr.querySelector("th").textContent;

  function remember(key, value) {
    if (value) url.searchParams.set(key, value); else url.searchParams.delete(key);
    history.replaceState(null, "", url);
  }

  function show(id) {
    const tr = row(id);
    if (!tr) return;
    const title = document.createElement("h2"), links = document.createElement("p"), rels = document.createElement("ul");
    title.textContent = name(tr);
    links.append(...[...tr.lastElementChild.childNodes].map(n => n.cloneNode(true)));
    for (const r of list.querySelectorAll("tr[data-ends]")) {
      if (!r.dataset.ends.split("|").includes(id)) continue;
      const item = document.createElement("li");
      item.textContent = [...r.cells].map(c => c.textContent).join(" → ");
      rels.append(item);
    }
    aside.replaceChildren(title, tr.cells[1].cloneNode(true).textContent, links, rels);
    remember("node", id);
  }

  function filter() {
    const hidden = kinds.filter(k => !k.checked).map(k => k.value);
    tell("filter", { hidden });
    remember("hide", hidden.join(","));
  }

  function find() {
    const text = search.value.trim();
    const rows = [...list.querySelectorAll("tr[data-node]")];
    const hit = text && (rows.find(r => name(r) === text) || rows.find(r => name(r).includes(text)));
    if (hit) { tell("focus", { id: hit.dataset.node }); show(hit.dataset.node); }
  }

  function save(picture) {
    if (!/^data:image\/png;base64,/.test(picture)) return;
    const bytes = Uint8Array.from(atob(picture.split(",")[1]), c => c.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    link.download = frame.dataset.file;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function ready() {
    if (kinds.some(k => !k.checked)) filter();
    const picked = url.searchParams.get("node");
    if (picked) { tell("focus", { id: picked }); show(picked); }
  }

  const hears = {
    ready,
    select: m => show(String(m.id)),
    open: m => { const tr = row(String(m.id)); if (tr) location.href = tr.querySelector("a").href; },
    png: m => save(String(m.picture)),
  };
  addEventListener("message", e => {
    const m = e.data;
    if (e.source === frame.contentWindow && m && m.src === "lianzhu" && Object.hasOwn(hears, m.type)) hears[m.type](m);
  });
  const hidden = (url.searchParams.get("hide") || "").split(",");
  for (const k of kinds) { k.checked = !hidden.includes(k.value); k.addEventListener("change", filter); }
  search.addEventListener("change", find);
  document.getElementById("graph-fit").addEventListener("click", () => tell("fit"));
  document.getElementById("graph-png").addEventListener("click", () => tell("png"));
  frame.addEventListener("load", ready);
  ready();
})();
