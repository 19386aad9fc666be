// form[data-editor]: what a save changed is drawn again.
const form = document.querySelector("form[data-editor]");
const here = form?.dataset.editor;

const put = (root) => {
  for (const fresh of root.querySelectorAll("[data-live]")) {
    const old = document.querySelector(`[data-live="${fresh.dataset.live}"]`);
    if (old) old.replaceChildren(...fresh.childNodes);
  }
  for (const fresh of root.querySelectorAll("[data-live-meta]")) {
    const old = document.getElementById(fresh.dataset.liveMeta)?.querySelector(".section-head .meta");
    if (old) old.textContent = fresh.textContent;
  }
};

const state = document.querySelector("[data-save-state]");

const redraw = async () => {
  try {
    const answer = await fetch(here + location.search, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    put(holder.content);
    document.dispatchEvent(new Event("draft:redrawn"));
  } catch { /* the next save draws it */ }
};

if (form && state) {
  new MutationObserver(() => {
    if (["saved", "conflict"].includes(state.dataset.state)) redraw();
  }).observe(state, { attributes: true, attributeFilter: ["data-state"] });
}

// What is being corrected is not shouted at any more; the next look says what is left.
form?.addEventListener("input", (event) => {
  const field = event.target.closest("td, .field");
  if (!field || event.target.type === "file") return;
  event.target.removeAttribute("aria-invalid");
  field.querySelectorAll(".field-error").forEach((error) => { error.hidden = true; });
});

// What another module changed on the server (slots.js) is drawn as after a save.
document.addEventListener("draft:redraw", () => redraw());

// The draft as it would print: asked for when the dialog opens, drawn anew when the
// words rest for a while. Whoever never opens it costs no drawing.
const pages = document.querySelector("[data-preview]");
let resting = 0;

const draw = async () => {
  if (!pages) return;
  try {
    const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(pages.dataset.preview, { method: "POST", headers: { "HX-Request": "true", "X-CSRFToken": token }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    pages.innerHTML = await answer.text();
    pages.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true })); // poll.js waits for the rest
  } catch { if (!pages.querySelector("img")) pages.textContent = "现在取不到，连上网后再打开看。"; }
};

if (pages) {
  document.addEventListener("click", (event) => { if (event.target.closest("[data-dialog-open=paper-large]")) draw(); }, true);
  document.addEventListener("draft:redrawn", () => {
    clearTimeout(resting);
    if (pages.querySelector("img")) resting = setTimeout(draw, 8000);
  });
  pages.addEventListener("submit", (event) => { event.preventDefault(); draw(); });
}

document.querySelector("[data-lacks]")?.focus();
