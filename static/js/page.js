// Small manners of every page: busy buttons, menus, print, copy, focus after errors.
document.documentElement.classList.add("js");

const announce = (text) => {
  document.querySelector(".toast")?.remove();
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  toast.textContent = text;
  document.body.append(toast);
  setTimeout(() => toast.remove(), 5000);
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-busy]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  const button = event.submitter || form.querySelector("button:not([type=button])");
  if (!button) return;
  // After this turn: a disabled button would not send its own name and value.
  setTimeout(() => {
    button.dataset.words = button.innerHTML;
    button.classList.add("is-busy");
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.busyText || "正在提交…";
  });
});

// Coming back by the browser's button must not find a dead form.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll(".is-busy")) {
      button.classList.remove("is-busy");
      button.removeAttribute("aria-disabled");
      button.innerHTML = button.dataset.words;
    }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open], details[data-nav][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const target = event.target.closest("[data-print], [data-copy]");
  if (target?.matches("[data-print]")) window.print();
  else if (target) {
    navigator.clipboard?.writeText(target.dataset.copy).then(
      () => announce("已复制"),
      () => announce("没复制上，请长按文字复制"),
    );
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open], details[data-nav][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const reveal = (control) => {
  const { reveal: id, revealValue: wanted } = control.dataset;
  const region = document.getElementById(id);
  if (!region) return;
  const shown = control.type === "radio" || control.type === "checkbox"
    ? control.checked && (wanted === undefined || control.value === wanted)
    : control.value === wanted;
  region.hidden = !shown;
};

document.addEventListener("change", (event) => {
  const control = event.target;
  if (control.matches("[data-submit-on-change]")) control.form.requestSubmit?.();
  if (control.matches("[data-pick-all]")) {
    const name = CSS.escape(control.dataset.pickAll);
    for (const box of document.querySelectorAll(`input[type=checkbox][name="${name}"]`)) {
      box.checked = control.checked;
    }
  }
  const group = control.name ? `[data-reveal][name="${CSS.escape(control.name)}"]` : "";
  if (group) document.querySelectorAll(group).forEach(reveal);
});

document.querySelectorAll("[data-reveal]").forEach((control) => {
  if (control.type !== "radio" || control.checked) reveal(control);
  else document.getElementById(control.dataset.reveal)?.setAttribute("hidden", "");
});
document.querySelectorAll("input[type=radio][data-reveal]:checked").forEach(reveal);

// Where a page has an action bar, the phone's tab bar would lie over it.
if (document.querySelector(".form-actions:not(.form-actions-plain), .panel-foot")) document.body.classList.add("has-actions");

document.querySelector("[data-focus]")?.focus();

document.body.addEventListener("htmx:afterSwap", (event) => {
  event.detail.target.querySelector?.("[data-focus], h1")?.focus?.();
});
for (const trouble of ["htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(trouble, () => announce("没连上，原来的内容还在。请再试一次"));
}
