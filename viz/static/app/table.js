// Sorting, filtering and search by pinyin initials for every table that asks for it. Comfort only.
"use strict";
(() => {
  const order = new Intl.Collator(["zh-Hans-CN-u-co-pinyin", "zh"], { numeric: true });
  // The first character of each initial in pinyin order; a character belongs to the last not after it.
  const FIRST = "阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀";
  const INITIAL = "abcdefghjklmnopqrstwxyz";
  function initials(text) {
    let out = "";
    for (const ch of text) {
      if (/[a-z0-9]/i.test(ch)) { out += ch.toLowerCase(); continue; }
      if (!/\p{Script=Han}/u.test(ch)) continue;
      let at = -1;
      while (at + 1 < FIRST.length && order.compare(FIRST[at + 1], ch) <= 0) at++;
      out += at < 0 ? "" : INITIAL[at];
    }
    return out;
  }
  const address = () => new URLSearchParams(location.search);
  function keep(name, value) {
    const asked = address();
    if (value) asked.set(name, value); else asked.delete(name);
    const query = asked.toString();
    history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
  }
  const value = cell => cell.dataset.v !== undefined
    ? (cell.dataset.v === "" ? null : Number(cell.dataset.v))
    : cell.textContent.trim();
  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return order.compare(String(a), String(b));
  }
  function dress(table) {
    const body = table.tBodies[0], rows = [...body.rows], said = table.dataset;
    if (rows.length < 2) return;
    const first = rows.slice();
    const texts = new Map(rows.map(r => [r, r.textContent.toLowerCase()]));
    const short = new Map();
    const bar = document.createElement("div");
    bar.className = "sheet-tools";
    const label = document.createElement("label"), field = document.createElement("input");
    field.type = "search"; field.placeholder = said.hint;
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    label.append(said.filter, " ", field);
    bar.append(label, count);
    const long = rows.length >= 8;  // a short table is seen at a glance
    if (long) table.closest(".scroll").before(bar);
    function filter() {
      const wanted = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      for (const row of rows) {
        const holds = wanted.every(w => {
          if (texts.get(row).includes(w)) return true;
          if (!/^[a-z0-9]+$/.test(w)) return false;
          if (!short.has(row)) short.set(row, initials(row.cells[0].textContent));
          return short.get(row).includes(w);
        });
        row.hidden = !holds;
        n += holds;
      }
      count.textContent = wanted.length
        ? said.shown.replace("{n}", n).replace("{total}", rows.length) : "";
      keep("q." + table.id, field.value.trim());
    }
    field.addEventListener("input", filter);
    const heads = [...table.tHead.rows[0].cells];
    function sort(at, down) {
      heads.forEach((h, i) => h.setAttribute("aria-sort",
        i !== at ? "none" : down ? "descending" : "ascending"));
      const ordered = at < 0 ? first : rows.slice().sort((a, b) => {
        const x = value(a.cells[at]), y = value(b.cells[at]);
        if (x === null || y === null) return (x === null) - (y === null);  // unknown comes last
        return (down ? -1 : 1) * compare(x, y);
      });
      body.append(...ordered);
      keep("sort." + table.id, at < 0 ? "" : at + (down ? "-" : "+"));
    }
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button"; button.className = "sort"; button.title = said.sort;
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const numeric = head.classList.contains("n");
        if (now === "ascending") sort(numeric ? -1 : at, true);
        else if (now === "descending") sort(numeric ? at : -1, false);
        else sort(at, numeric);
      });
    });
    const asked = address(), how = /^(\d+)([+-]|\s)$/.exec(asked.get("sort." + table.id) || "");
    if (how && how[1] < heads.length) sort(Number(how[1]), how[2] === "-");
    field.value = long ? asked.get("q." + table.id) || "" : "";
    if (field.value) filter();
  }
  for (const table of document.querySelectorAll("table[data-sheet]")) dress(table);
})();
