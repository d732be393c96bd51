// Comfort only: every page works without it.
"use strict";
(() => {
  // A link to something folded away unfolds it.
  function unfold() {
    let at = null;
    try { at = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!at) return;
    const inner = at.matches("section") && at.querySelector(":scope > details");
    if (inner) inner.open = true;
    for (let e = at; e; e = e.parentElement) if (e.matches("details")) e.open = true;
    at.scrollIntoView({ block: "start" });
  }
  addEventListener("hashchange", unfold);
  unfold();
  // Empty choices stay out of the address; a form is posted once.
  document.addEventListener("submit", e => {
    if (e.target.method === "get") {
      for (const field of e.target.elements) if (field.name && !field.value) field.disabled = true;
    } else {
      for (const b of e.target.querySelectorAll("button")) b.disabled = true;
    }
  });
  addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form :disabled")) field.disabled = false;
  });
  // Who says somebody makes it says who.
  document.addEventListener("change", e => {
    if (e.target.name === "verdict") e.target.form.elements.firm.required = e.target.value === "found";
  });
  // A weight says its number while it is moved.
  document.addEventListener("input", e => {
    if (e.target.matches("[data-weight]")) e.target.nextElementSibling.value = Number(e.target.value).toFixed(2);
  });
  // Marks by number key, as they are read out in a meeting.
  document.addEventListener("keydown", e => {
    if (!e.target.matches || !e.target.matches("input[type=radio][name^='points.']") || !/^[1-5]$/.test(e.key)) return;
    const mark = e.target.form.querySelector(`input[name="${CSS.escape(e.target.name)}"][value="${e.key}"]`);
    if (mark) { mark.checked = true; mark.focus(); }
  });
  // Nobody checks in the future.
  const today = new Date();
  const iso = new Date(today - today.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
  for (const field of document.querySelectorAll('input[type="date"]')) {
    if ("later" in field.dataset) field.min = iso;
    else if (!("any" in field.dataset)) field.max = iso;
  }
})();
