// form[data-figures]: rates computed while typing, disagreeing cells named at once. The
// server asks the same questions when the sheet is saved.
const value = (text) => {
  const plain = String(text).replace(/[,，\s]/g, "");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
};
const shown = (number) => number.toLocaleString("zh-CN", { maximumFractionDigits: 4 });

const start = (form) => {
  const fields = [...form.querySelectorAll(".figure-input")];
  const byCode = Object.fromEntries(fields.map((field) => [field.name, field]));
  const labelOf = (field) => field.closest("tr").querySelector("label").textContent;
  const place = form.querySelector("[data-disagreements]");

  const rates = () => {
    for (const out of form.querySelectorAll("output[data-part]")) {
      const part = value(byCode[out.dataset.part]?.value ?? "");
      const whole = value(byCode[out.dataset.whole]?.value ?? "");
      out.textContent = part !== null && whole ? (part * 100 / whole).toFixed(2) : "—";
    }
  };

  const disagreements = () => {
    const said = [];
    const marked = new Set();
    for (const field of fields) {
      const mine = value(field.value);
      if (field.value.trim() && mine === null) marked.add(field);
      for (const code of (field.dataset.atMost || "").split(" ").filter(Boolean)) {
        const limit = value(byCode[code]?.value ?? "");
        if (mine === null || limit === null || mine <= limit) continue;
        said.push(`“${labelOf(field)}”${shown(mine)} 比“${labelOf(byCode[code])}”${shown(limit)} 多 ${shown(mine - limit)}，请核对这 2 格。`);
        marked.add(field).add(byCode[code]);
      }
    }
    for (const field of fields) {
      field.closest("tr").classList.toggle("is-bad", marked.has(field));
      field.toggleAttribute("aria-invalid", marked.has(field));
      if (marked.has(field)) field.setAttribute("aria-invalid", "true");
    }
    return said;
  };

  const say = (said) => {
    form.querySelectorAll(".sheet-body > .notice").forEach((old) => old.remove());
    place.replaceChildren(...said.map((text) => {
      const note = document.createElement("p");
      note.className = "notice notice-bad";
      note.textContent = text;
      return note;
    }));
  };

  form.addEventListener("input", () => { rates(); });
  form.addEventListener("change", (event) => {
    const field = event.target.closest(".figure-input");
    const number = field ? value(field.value) : null;
    if (number !== null) field.value = shown(number);
    say(disagreements());
  });
};

document.querySelectorAll("form[data-figures]").forEach(start);
