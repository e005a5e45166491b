// Filters without a reload. Without this file the same form is sent by its button.
"use strict";

const form = document.querySelector("form[data-live]");

function wanted() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const field = form.elements[name];
    if (value !== "" && value !== field.dataset.usual) asked.append(name, value);
  }
  const path = form.getAttribute("action");
  return asked.toString() ? `${path}?${asked}` : path;
}

let asking = new AbortController();

async function show() {
  if (!form.checkValidity()) return;
  asking.abort();
  asking = new AbortController();
  const url = wanted();
  const answer = document.getElementById("answer");
  answer.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(url, { signal: asking.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const fresh = page.getElementById("answer");
    if (!fresh) return;
    answer.replaceChildren(...fresh.childNodes);
    document.getElementById("count").textContent = page.getElementById("count").textContent;
    history.replaceState(null, "", url);
    answer.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name === "AbortError") return;
    answer.removeAttribute("aria-busy");
    document.getElementById("count").textContent = "The server does not answer; try again.";
  }
}

if (form) {
  let soon = 0;
  const later = (wait) => {
    clearTimeout(soon);
    soon = setTimeout(show, wait);
  };
  form.addEventListener("input", () => later(250));
  form.addEventListener("change", () => later(0));
}
