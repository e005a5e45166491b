// Updates the results when a criterion changes. Without JavaScript, the form's button does that.
"use strict";

const form = document.querySelector("form[data-live]");

function searchUrl() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const field = form.elements[name];
    if (value !== "" && value !== field.dataset.usual) query.append(name, value);
  }
  const path = form.getAttribute("action");
  return query.toString() ? `${path}?${query}` : path;
}

let request = new AbortController();

async function show() {
  if (!form.checkValidity()) return;
  request.abort(); // a newer search supersedes it
  request = new AbortController();
  const url = searchUrl();
  const answer = document.getElementById("answer");
  answer.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(url, { signal: request.signal });
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
    document.getElementById("count").textContent = "The server did not respond; try again.";
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
