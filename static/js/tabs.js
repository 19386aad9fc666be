// [data-tabs]: role=tab links over role=tabpanel sections. [data-panes]: the two halves
// of a focus page on a phone. Without scripts both are links to parts of the page.
const pick = (box, tab) => {
  for (const one of box.querySelectorAll("[role=tab]")) {
    const on = one === tab;
    one.setAttribute("aria-selected", String(on));
    one.tabIndex = on ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls"))?.classList.toggle("is-off", !on);
  }
};

const pane = (box, link) => {
  for (const one of box.querySelectorAll(".focus-switch a")) {
    const on = one === link;
    if (on) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
    document.querySelector(one.getAttribute("href"))?.classList.toggle("is-off", !on);
  }
};

const narrow = matchMedia("(max-width: 991px)");
const fit = () => document.querySelectorAll("[data-panes]").forEach((box) => {
  if (narrow.matches) pane(box, box.querySelector(".focus-switch [aria-current]"));
  else box.querySelectorAll("[data-pane]").forEach((one) => one.classList.remove("is-off"));
});

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tabs] [role=tab]");
  const link = event.target.closest("[data-panes] .focus-switch a");
  if (tab) { event.preventDefault(); pick(tab.closest("[data-tabs]"), tab); }
  if (link) { event.preventDefault(); pane(link.closest("[data-panes]"), link); }
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tabs] [role=tab]");
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !by) return;
  const box = tab.closest("[data-tabs]");
  const all = [...box.querySelectorAll("[role=tab]")];
  const next = all[(all.indexOf(tab) + by + all.length) % all.length];
  pick(box, next);
  next.focus();
});

document.querySelectorAll("[data-tabs]").forEach((box) => pick(box, box.querySelector("[role=tab][aria-selected=true]") || box.querySelector("[role=tab]")));
narrow.addEventListener?.("change", fit);
fit();
