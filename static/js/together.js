// Several people on one form: what a save answered is put in place (autosave.js). What
// others wrote stands in the page at once, unless it was changed here meanwhile; what
// both changed waits in a box beside the field, and nothing of it is stored.
const form = document.querySelector("form[data-autosave]:has([name=marks])");

const valuesOf = (pairs, name) => pairs.filter(([one]) => one === name).map(([, value]) => value).join(" ").trim();
const tableOf = (pairs, code) => pairs
  .filter(([name, value]) => name.startsWith(`${code}-`) && !name.endsWith("-TOTAL_FORMS") && typeof value === "string")
  .map((pair) => pair.join("=")).join("\n");

const put = (code, text) => {
  const field = form.elements.namedItem(code);
  if (!field) return;
  if (!(field instanceof RadioNodeList)) field.value = text;
  else if ([...field].some((one) => one.type === "checkbox")) {
    for (const one of field) if (one.type === "checkbox") one.checked = text.split(" ").includes(one.value);
  } else field.value = text;
  const shown = form.querySelector(`#field-${CSS.escape(code)}`);
  shown?.classList.add("is-fresh");
  setTimeout(() => shown?.classList.remove("is-fresh"), 4000);
};

const drawClashes = (boxes) => {
  let count = 0;
  for (const place of form.querySelectorAll("[data-clashes]")) {
    const html = boxes[place.dataset.clashes] || "";
    if ((place.dataset.drawn ?? (place.children.length ? null : "")) !== html) {
      place.innerHTML = html;
      place.dataset.drawn = html;
    }
    count += place.children.length;
  }
  return count;
};

form?.addEventListener("autosave:answer", ({ detail }) => {
  const { answer, sent } = detail;
  if (!answer.marks) return;
  const now = [...new FormData(form).entries()];
  const marks = JSON.parse(form.elements.marks.value);
  for (const [code, mark] of Object.entries(answer.marks)) {
    const box = form.querySelector(`#field-${CSS.escape(code)}[data-rows]`);
    if (code in answer.rows) {
      if (!box || tableOf(now, code) !== tableOf(sent, code)) continue; // asked again with the next save
      box.dispatchEvent(new CustomEvent("rows:fill", { detail: answer.rows[code] }));
    } else if (code in answer.fields) {
      if (valuesOf(now, code) !== valuesOf(sent, code)) continue;
      put(code, answer.fields[code]);
    }
    marks[code] = mark;
  }
  form.elements.marks.value = JSON.stringify(marks);
  detail.clashes = drawClashes(answer.clashes);
  const others = document.querySelector("[data-others]");
  if (others && others.textContent !== answer.others) others.textContent = answer.others;
  if (Object.keys(answer.fields).length || Object.keys(answer.rows).length) {
    document.dispatchEvent(new Event("form:filled"));
    document.dispatchEvent(new Event("draft:redraw"));
  }
});

// 用我的 / 用对方的: the choice goes with a save, and the page stays where it is.
form?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name^='choose-']");
  if (!button) return;
  event.preventDefault();
  const choice = document.createElement("input");
  choice.type = "hidden";
  choice.name = button.name;
  choice.value = button.value;
  const place = button.closest(".clash");
  place.append(choice);
  place.querySelectorAll("button").forEach((one) => { one.disabled = true; });
  const field = place.closest("[data-clashes]").parentElement.querySelector("input:not([type=hidden]), select, textarea");
  field?.focus();
  form.dispatchEvent(new Event("autosave:now"));
});
