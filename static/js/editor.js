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
const explain = (text) => { state.querySelector("[data-save-text]").textContent = text; };

const redraw = async (failed = false) => {
  try {
    const answer = await fetch(here + location.search, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.redirected && failed) explain("登录过期了，文字已存在这台设备。请在新窗口登录，再回来保存");
    if (!answer.ok || answer.redirected) return;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const closed = holder.content.querySelector("[data-live-closed]");
    if (closed && failed) explain(`没存上，文字已存在这台设备。${closed.textContent}`);
    put(holder.content);
  } catch { /* the next save draws it */ }
};

if (form && state) {
  new MutationObserver(() => {
    const now = state.dataset.state;
    if (now === "saved" || now === "failed") redraw(now === "failed");
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
