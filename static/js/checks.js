// form[data-check]: the formal check. Keys 1–9 turn an item to 不符 and back; notes open
// where something does not fit; the foot says how many do not.
const TYPING = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";

const radios = (item) => ({
  yes: item.querySelector('input[type=radio][value="yes"]'),
  no: item.querySelector('input[type=radio][value="no"]'),
});

const dress = (form) => {
  const items = [...form.querySelectorAll("[data-item]")];
  const unfit = items.filter((item) => radios(item).no.checked).length;
  const open = items.filter((item) => !radios(item).no.checked && !radios(item).yes.checked).length;
  items.forEach((item) => { item.querySelector("[data-note]").hidden = !radios(item).no.checked; });
  const pass = form.querySelector("[data-pass]");
  const count = form.querySelector("[data-unfit]");
  if (count) count.textContent = unfit ? `（${unfit} 项）` : "";
  if (pass) pass.disabled = unfit > 0 || open > 0;
  const says = form.querySelector("[data-says]");
  if (!says) return;
  says.dataset.said ||= says.textContent;
  says.textContent = !unfit && open ? `还有 ${open} 项没有核对。` : says.dataset.said;
};

const toggle = (form, number) => {
  const item = form.querySelectorAll("[data-item]")[number - 1];
  if (!item) return;
  const { yes, no } = radios(item);
  if (no.disabled || no.closest("fieldset[disabled]")) return;
  (no.checked ? yes : no).checked = true;
  dress(form);
  item.scrollIntoView({ block: "nearest" });
};

document.querySelectorAll("form[data-check]").forEach((form) => {
  form.addEventListener("change", () => dress(form));
  dress(form);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches(TYPING) || document.querySelector(".veil")) return;
    if (/^[1-9]$/.test(event.key)) toggle(form, Number(event.key));
  });
});
