// [data-when]: folded while the named question has none of the answers in data-when-is.
// What is folded keeps its words; the server does not count it. Questions may fold too.
const values = (scope, name) => [...scope.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
  .filter((control) => control.type !== "hidden" && (!["radio", "checkbox"].includes(control.type) || control.checked))
  .map((control) => control.value);

const holds = (part) => {
  const form = part.closest("form") || document;
  const wanted = part.dataset.whenIs.split(" ");
  const asked = form.querySelector(`[name="${CSS.escape(part.dataset.when)}"]:not([type=hidden])`);
  if (!asked) return true; // the question is on another page
  const outer = asked.closest("[data-when]");
  if (outer && outer !== part && outer.classList.contains("is-folded")) return false;
  return values(form, part.dataset.when).some((value) => wanted.includes(value));
};

const fold = (part, away) => {
  part.classList.toggle("is-folded", away);
  // A cell keeps its place in the table; anything else leaves no gap.
  if (part.tagName === "TD") part.querySelectorAll("input, select, textarea").forEach((control) => { control.classList.toggle("invisible", away); });
  else part.hidden = away;
};

// Names of cells are numbered anew when rows move: read from the row itself.
const named = (part) => {
  if (part.tagName !== "TD") return;
  const own = part.querySelector("[name]")?.name.match(/^(.*-)(\d+)-/);
  if (own) part.dataset.when = part.dataset.when.replace(/^(.*-)(?:\d+|__prefix__)-/, `$1${own[2]}-`);
};

export const refresh = () => document.querySelectorAll("[data-when]").forEach((part) => {
  named(part);
  fold(part, !holds(part));
});

document.addEventListener("change", refresh);
document.addEventListener("input", (event) => { if (event.target.closest("[data-rows]") || event.target.tagName === "FORM") refresh(); });
document.addEventListener("form:filled", refresh);
document.addEventListener("htmx:afterSwap", refresh);
refresh();
