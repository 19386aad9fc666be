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

document.querySelector("[data-lacks]")?.focus();
