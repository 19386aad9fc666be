// Steppers, their score rulers and the total of form[data-rubric].
const parts = (item) => ({ field: item.querySelector("input[type=number]"), range: item.querySelector("input[type=range]") });

const follow = (item) => {
  const { field, range } = parts(item);
  if (!range) return;
  range.value = field.value === "" ? range.min : field.value;
  const ruler = range.parentNode;
  ruler.classList.toggle("is-unset", field.value === "");
  const share = field.value === "" ? 0 : (Number(range.value) - Number(range.min)) / (Number(range.max) - Number(range.min));
  ruler.querySelector(".done").setAttribute("width", `${(share * 100).toFixed(2)}%`);
};

const places = (step) => (String(step).split(".")[1] || "").length;

const add = (field, by) => {
  const step = Number(field.step) || 1;
  const start = field.value === "" ? Number(by > 0 ? field.min || 0 : field.max || 0) - (by > 0 ? step : -step) : Number(field.value);
  const least = field.min === "" ? -Infinity : Number(field.min);
  const most = field.max === "" ? Infinity : Number(field.max);
  const next = Math.min(most, Math.max(least, start + by * step));
  field.value = next.toFixed(places(step));
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
};

const total = (form) => {
  const fields = [...form.querySelectorAll("[data-score] input[type=number]")];
  const filled = fields.filter((field) => field.value !== "");
  // Halves and tenths are added as whole tenths, so no binary dust appears.
  const sum = filled.reduce((all, field) => all + Math.round(Number(field.value) * 100), 0) / 100;
  const scope = form.closest("main") || document;
  scope.querySelectorAll("[data-total]").forEach((out) => { out.textContent = filled.length ? sum.toFixed(1) : "—"; });
  scope.querySelectorAll("[data-filled]").forEach((out) => { out.textContent = String(filled.length); });
};

const dress = (root) => {
  root.querySelectorAll("[data-score]").forEach((item) => {
    const { range } = parts(item);
    if (range) range.hidden = false;
    follow(item);
  });
  root.querySelectorAll("form[data-rubric]").forEach(total);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest(".stepper [data-step]");
  if (button) add(button.parentNode.querySelector("input"), Number(button.dataset.step));
});

document.addEventListener("input", (event) => {
  const item = event.target.closest("[data-score]");
  if (item) {
    const { field, range } = parts(item);
    if (event.target === range) field.value = Number(range.value).toFixed(places(field.step));
    follow(item);
    const wrong = field.value !== "" && (!field.checkValidity());
    item.querySelector(".stepper").classList.toggle("is-bad", wrong);
  }
  const form = event.target.closest("form[data-rubric]");
  if (form) total(form);
});

// A wheel over a focused number would change a score unseen.
document.addEventListener("wheel", (event) => {
  if (event.target.matches?.("[data-score] input[type=number]")) event.target.blur();
}, { passive: true });

document.addEventListener("htmx:load", (event) => dress(event.target));
dress(document);
