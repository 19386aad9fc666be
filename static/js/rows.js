// [data-rows]: rows that can be added, removed, moved and pasted from a spreadsheet.
// Works over a Django formset: TOTAL_FORMS follows, names are numbered anew. Rows may
// carry a key ([data-row-key]); "rows:fill" with [[key, {column: text}], …] sets them all.
const list = (box) => box.querySelector("[data-row-list]");
const rows = (box) => [...list(box).children].filter((row) => !row.hidden);
const controls = (row) => [...row.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), select, textarea")];
const columnOf = (control) => control.name.replace(/^.*-(?:\d+|__prefix__)-/, "");
const isEmpty = (row) => controls(row).every((control) => !control.value);
const newKey = () => [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

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

const blank = (box, key = "") => {
  const row = box.querySelector("template[data-row]").content.firstElementChild.cloneNode(true);
  const carried = row.querySelector("[data-row-key]");
  if (carried) carried.value = key || newKey();
  return row;
};

const append = (box) => {
  if (box.dataset.max && rows(box).length >= Number(box.dataset.max)) return null;
  const row = blank(box);
  list(box).append(row);
  renumber(box);
  return row;
};

const set = (control, text) => {
  if (control.tagName !== "SELECT") { control.value = text; return true; }
  const option = [...control.options].find((one) => one.text.trim() === text || one.value === text);
  if (option) control.value = option.value;
  return Boolean(option);
};

// --- all rows at once: what was undone, restored, or written by somebody else -----------

const taken = (box) => rows(box).map((row) => [
  row.querySelector("[data-row-key]")?.value || "",
  Object.fromEntries(controls(row).map((control) => [columnOf(control), control.value])),
]);

const fill = (box, wanted) => {
  const body = list(box);
  const standing = new Map([...body.children].map((row) => [row.querySelector("[data-row-key]")?.value, row]));
  const keys = new Set(wanted.map(([key]) => key));
  const spare = [...body.children].filter((row) => !keys.has(row.querySelector("[data-row-key]")?.value) && isEmpty(row));
  const made = wanted.map(([key, values]) => {
    const row = standing.get(key) || blank(box, key);
    for (const control of controls(row)) {
      const text = values[columnOf(control)] ?? "";
      if (control.value !== text) control.value = text;
    }
    return row;
  });
  const order = [...made, ...spare];
  if (order.length !== body.children.length || order.some((row, index) => body.children[index] !== row)) {
    const at = document.activeElement;
    body.replaceChildren(...order);
    if (at?.isConnected) at.focus();
  }
  renumber(box);
  document.dispatchEvent(new Event("form:filled"));
};

// --- pasting ------------------------------------------------------------------------------

// Cells of what a spreadsheet puts on the clipboard; quoted cells may hold line ends.
const cellsOf = (text) => {
  const lines = [[""]];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    const line = lines[lines.length - 1];
    if (quoted) {
      if (sign !== '"') line[line.length - 1] += sign;
      else if (text[at + 1] === '"') { line[line.length - 1] += '"'; at += 1; } else quoted = false;
    } else if (sign === '"' && line[line.length - 1] === "" && /"(\t|\r?\n|$)/.test(text.slice(at + 1))) quoted = true;
    else if (sign === "\t") line.push("");
    else if (sign === "\n") lines.push([""]);
    else if (sign !== "\r") line[line.length - 1] += sign;
  }
  return lines.map((line) => line.map((cell) => cell.replace(/[\s\u00a0]+/g, " ").trim())).filter((line) => line.some(Boolean));
};

const bare = (text) => text.replace(/[\s　（）()：:*]/g, "");

// Which of our columns each pasted column goes to: by the headings, if the first line is
// one; else in order from column ``from``, a leading column of numbers left out.
const columnsFor = (lines, labels, from) => {
  const named = lines[0].map((cell) => labels.findIndex((label) => bare(cell) && bare(label) === bare(cell)));
  const hits = named.filter((index) => index >= 0).length;
  if (hits && hits >= Math.min(2, labels.length) && hits * 2 >= lines[0].filter(Boolean).length) return { map: named, headed: true };
  const numbered = lines.length > 1 && lines[0].length > 1 && lines.every((line, index) => line[0] === String(index + 1));
  const map = lines[0].map((_, index) => from + index - (numbered ? 1 : 0));
  if (numbered) map[0] = -1;
  return { map: map.map((index) => (index < labels.length ? index : -1)), headed: false };
};

const paste = (box, text, start = null) => {
  let lines = cellsOf(text);
  if (!lines.length) return;
  const width = Math.max(...lines.map((line) => line.length));
  lines = lines.map((line) => [...line, ...Array(width - line.length).fill("")]);
  const labels = controls(blank(box)).map((control) => control.getAttribute("aria-label") || columnOf(control));
  const at = start ? start.closest("[data-row-list] > *") : null;
  const from = at ? Math.max(0, controls(at).indexOf(start)) : 0;
  const { map, headed } = columnsFor(lines, labels, from);
  if (headed) lines = lines.slice(1);
  const before = taken(box);
  const found = { placed: [], left: [], strange: [], over: 0, unused: map.filter((index) => index < 0).length };
  const targets = at ? rows(box).slice(rows(box).indexOf(at)) : rows(box).filter(isEmpty);
  for (const line of lines) {
    const row = targets.shift() || append(box);
    if (!row) { found.left.push(line.find(Boolean)); continue; }
    const fields = controls(row);
    line.forEach((cell, index) => {
      const field = fields[map[index]];
      if (!field || (!cell && !at)) return;
      const was = field.value;
      if (cell && !set(field, cell)) found.strange.push(`“${cell}”（${labels[map[index]]}）`);
      else if (!cell) field.value = "";
      if (was && was !== field.value) found.over += 1;
    });
    row.classList.add("is-fresh");
    setTimeout(() => row.classList.remove("is-fresh"), 6000);
    found.placed.push(row);
  }
  changed(box);
  report(box, found, { headed, labels, map, before, count: lines.length });
};

// What was put where, and the way back.
const report = (box, found, { headed, labels, map, before, count }) => {
  const says = box.querySelector("[data-row-says]");
  if (says) says.textContent = found.left.length ? `放进 ${count - found.left.length} 行，还有 ${found.left.length} 行放不下` : `已放进 ${count} 行，请核对`;
  const place = box.querySelector("[data-row-report]");
  if (!place) return;
  const numbers = found.placed.map((row) => rows(box).indexOf(row) + 1);
  const used = map.filter((index) => index >= 0).map((index) => labels[index]);
  const said = [];
  if (numbers.length) said.push(`放在第 ${numbers[0]}${numbers.length > 1 ? ` 到 ${numbers[numbers.length - 1]}` : ""} 行，${headed ? "按表头" : "按列的顺序"}：${used.join("、")}。`);
  if (found.left.length) said.push(`最多 ${box.dataset.max} 行，没放下的：${found.left.join("、")}。`);
  if (found.strange.length) said.push(`选项里没有，没放：${[...new Set(found.strange)].join("、")}。`);
  if (found.over) said.push(`盖掉了 ${found.over} 格原来的内容。`);
  const extra = found.unused && !headed ? found.unused : map.filter((index) => index < 0).length;
  if (extra) said.push(`有 ${extra} 列这张表里没有，没放。`);
  const words = document.createElement("p");
  words.textContent = said.join("");
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "btn btn-line btn-sm";
  undo.textContent = "撤销这次粘贴";
  undo.addEventListener("click", () => {
    fill(box, before);
    // Empty rows that stood there before are not kept by fill's order alone.
    changed(box);
    place.replaceChildren();
    if (says) says.textContent = "已撤销，和粘贴前一样";
    box.querySelector("[data-row-add]")?.focus();
  });
  place.replaceChildren(words, undo);
};

// --- hands --------------------------------------------------------------------------------

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
    return;
  } else {
    const gone = row.querySelector("[name$=-DELETE]");
    const stored = row.querySelector("[name$=-id]")?.value;
    const next = row.nextElementSibling || row.previousElementSibling;
    if (gone && stored) { gone.checked = true; gone.value = "on"; row.hidden = true; } else row.remove();
    (next?.querySelector("[data-row-remove]") || box.querySelector("[data-row-add]"))?.focus();
  }
  changed(box);
});

document.addEventListener("paste", (event) => {
  const box = event.target.closest?.("[data-row-list]")?.closest("[data-rows]");
  const text = event.clipboardData?.getData("text/plain") || "";
  const several = text.includes("\t") || (event.target.tagName !== "TEXTAREA" && /\n./.test(text.trim()));
  if (!box || !several || !box.querySelector("template[data-row]")) return;
  event.preventDefault();
  paste(box, text, event.target);
});

// In a table: Enter and the arrows go from row to row, Enter on the last one adds one.
document.addEventListener("keydown", (event) => {
  const control = event.target;
  const row = control.closest?.(".rows-table [data-row-list] > *");
  if (!row || event.isComposing || control.tagName !== "INPUT" || event.altKey || event.ctrlKey || event.metaKey) return;
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const box = row.closest("[data-rows]");
  if (!box) return;
  const all = rows(box);
  const at = controls(row).indexOf(control);
  const next = all[all.indexOf(row) + step] || (event.key === "Enter" && !isEmpty(row) ? append(box) : null);
  controls(next || row)[at]?.focus();
});

document.addEventListener("rows:fill", (event) => fill(event.target, event.detail), true);

// Spare rows are for windows without scripts; on a phone each is a screen of its own.
if (matchMedia("(max-width: 767px)").matches) {
  for (const box of document.querySelectorAll("[data-rows][data-least]")) {
    const spare = rows(box).filter(isEmpty).reverse();
    while (spare.length && rows(box).length > Math.max(1, Number(box.dataset.least))) spare.shift().remove();
  }
}
document.querySelectorAll("[data-rows]").forEach(renumber);
