// [data-dialog] sections open over the page; [data-confirm] asks before an act.
let open = null;
let cameFrom = null;

const focusables = (box) => [...box.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")]
  .filter((one) => !one.disabled && one.tabIndex >= 0 && one.offsetParent !== null);

const close = () => {
  if (!open) return;
  const { box, veil, home, made } = open;
  box.classList.remove("is-open");
  box.removeAttribute("role");
  box.removeAttribute("aria-modal");
  if (made) box.remove();
  else home.replaceWith(box);
  veil.remove();
  document.body.classList.remove("is-held");
  open = null;
  cameFrom?.focus();
};

const show = (box, made = false) => {
  close();
  cameFrom = document.activeElement;
  const home = document.createComment("dialog");
  const veil = document.createElement("div");
  veil.className = "veil";
  if (!made) box.replaceWith(home);
  veil.append(box);
  document.body.append(veil);
  document.body.classList.add("is-held");
  box.classList.add("is-open");
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-modal", "true");
  open = { box, veil, home, made };
  (focusables(box).find((one) => !one.matches("[data-dialog-close]")) || box).focus();
};

const ask = (source) => new Promise((answer) => {
  const box = document.createElement("section");
  box.className = "dialog";
  box.setAttribute("aria-labelledby", "ask-title");
  box.tabIndex = -1;
  const add = (parent, tag, name, text) => {
    const part = document.createElement(tag);
    if (name) part.className = name;
    if (text) part.textContent = text;
    parent.append(part);
    return part;
  };
  add(add(box, "div", "dialog-head"), "h2", "", source.dataset.confirm).id = "ask-title";
  const body = add(box, "div", "dialog-body");
  if (source.dataset.confirmText) add(body, "p", "", source.dataset.confirmText);
  const foot = add(body, "div", "dialog-foot");
  const no = add(foot, "button", "btn btn-line", "再看看");
  const yes = add(foot, "button", "btn btn-primary", source.dataset.confirmYes || "确认");
  no.type = yes.type = "button";
  no.dataset.dialogClose = "";
  yes.addEventListener("click", () => { close(); answer(true); });
  show(box, true);
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  const box = opener && document.getElementById(opener.dataset.dialogOpen);
  if (box) {
    event.preventDefault();
    show(box);
  } else if (event.target.closest("[data-dialog-close]") || event.target === open?.veil) {
    close();
  }
  const asker = event.target.closest("a[data-confirm], button[data-confirm]");
  if (asker && !asker.dataset.answered) {
    event.preventDefault();
    event.stopPropagation();
    ask(asker).then(() => {
      asker.dataset.answered = "1";
      asker.click();
      delete asker.dataset.answered;
    });
  }
}, true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-confirm]") || form.dataset.answered) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  ask(form).then(() => {
    form.dataset.answered = "1";
    if (form.requestSubmit) form.requestSubmit(submitter || undefined);
    else form.submit();
    delete form.dataset.answered;
  });
}, true);

document.addEventListener("keydown", (event) => {
  if (!open) return;
  if (event.key === "Escape") close();
  if (event.key !== "Tab") return;
  const all = focusables(open.box);
  const edge = event.shiftKey ? all[0] : all[all.length - 1];
  if (all.length && document.activeElement === edge) {
    event.preventDefault();
    all[event.shiftKey ? all.length - 1 : 0].focus();
  }
});

// A link to a dialog's id (an error link, a bookmark) opens it.
const asked = location.hash && document.querySelector(`[data-dialog]${CSS.escape ? `#${CSS.escape(location.hash.slice(1))}` : ""}`);
if (asked && location.hash.length > 1 && !asked.classList.contains("is-page")) show(asked);
