// [data-rows]: rows that can be added, removed, moved and pasted from a spreadsheet.
// Works over a Django formset: TOTAL_FORMS follows, names are numbered anew.
const list = (box) => box.querySelector("[data-row-list]");
const rows = (box) => [...list(box).children].filter((row) => !row.hidden);

const renumber = (box) => {
  [...list(box).children].forEach((row, index) => {
    for (const part of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        const text = part.getAttribute(name);
        if (text) part.setAttribute(name, text.replace(/-(\d+|__prefix__)-/, `-${index}-`));
      }
    }
    const number = row.querySelector("[data-row-number]");
    if (number) number.textContent = rows(box).indexOf(row) + 1;
  });
  const total = box.querySelector("[name$=TOTAL_FORMS]");
  if (total) total.value = list(box).children.length;
  const now = rows(box).length;
  const add = box.querySelector("[data-row-add]");
  if (add) add.disabled = Boolean(box.dataset.max) && now >= Number(box.dataset.max);
  box.querySelectorAll("[data-row-remove]").forEach((button) => {
    button.disabled = now <= Number(box.dataset.min || 0);
  });
  const count = box.querySelector("[data-row-count]");
  if (count) count.textContent = now;
};

const changed = (box) => {
  renumber(box);
  (box.closest("form") || box).dispatchEvent(new Event("input", { bubbles: true }));
};

const append = (box) => {
  if (box.dataset.max && rows(box).length >= Number(box.dataset.max)) return null;
  const row = box.querySelector("template[data-row]").content.firstElementChild.cloneNode(true);
  list(box).append(row);
  renumber(box);
  return row;
};

const paste = (box, text) => {
  const lines = text.split(/\r?\n/).map((line) => line.split("\t").map((cell) => cell.trim())).filter((cells) => cells.some(Boolean));
  const isEmpty = (row) => [...row.querySelectorAll("input:not([type=hidden]), textarea")].every((field) => !field.value);
  const free = rows(box).filter(isEmpty);
  let left = 0;
  for (const cells of lines) {
    const row = free.shift() || append(box);
    if (!row) { left += 1; continue; }
    const fields = [...row.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), select, textarea")];
    cells.slice(0, fields.length).forEach((cell, index) => {
      const field = fields[index];
      if (field.tagName === "SELECT") {
        const option = [...field.options].find((one) => one.text.trim() === cell || one.value === cell);
        if (option) field.value = option.value;
      } else field.value = cell;
    });
  }
  changed(box);
  const says = box.querySelector("[data-row-says]");
  if (says) says.textContent = left ? `放进 ${lines.length - left} 行，还有 ${left} 行放不下` : `已放进 ${lines.length} 行，请核对`;
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-row-add], [data-row-remove], [data-row-up], [data-row-down], [data-row-paste-go]");
  const box = button?.closest("[data-rows]");
  if (!box) return;
  event.preventDefault();
  const row = button.closest("[data-row-list] > *");
  if (button.matches("[data-row-add]")) append(box)?.querySelector("input:not([type=hidden]), select")?.focus();
  else if (button.matches("[data-row-up]")) row.previousElementSibling?.before(row);
  else if (button.matches("[data-row-down]")) row.nextElementSibling?.after(row);
  else if (button.matches("[data-row-paste-go]")) {
    const area = box.querySelector("textarea[data-row-paste]");
    paste(box, area.value);
    area.value = "";
  } else {
    const gone = row.querySelector("[name$=-DELETE]");
    const stored = row.querySelector("[name$=-id]")?.value;
    if (gone && stored) { gone.checked = true; gone.value = "on"; row.hidden = true; } else row.remove();
  }
  changed(box);
});

document.addEventListener("paste", (event) => {
  const box = event.target.closest?.("[data-row-list]")?.closest("[data-rows]");
  const text = event.clipboardData?.getData("text/plain") || "";
  if (!box || !text.includes("\t")) return;
  event.preventDefault();
  paste(box, text);
});

document.querySelectorAll("[data-rows]").forEach(renumber);
