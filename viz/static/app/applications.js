// How many required fields are filled, while one types. Comfort only: the server says it too.
"use strict";
(() => {
  const form = document.querySelector("form[data-filing]");
  const out = document.getElementById("filing-complete");
  if (!form || !out) return;
  const said = form.dataset, needed = [...form.querySelectorAll("[data-required]")];
  const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
  function count() {
    const open = needed.filter(field => !field.value.trim()).map(field => field.dataset.required);
    const done = filled(said.count, { n: needed.length - open.length, m: needed.length });
    out.textContent = open.length
      ? done + " " + filled(said.missing, { names: open.join(said.comma) }) : done;
  }
  form.addEventListener("input", count);
  form.addEventListener("change", count);
})();
