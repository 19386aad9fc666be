// [data-number-example]: the first certificate number, while the pattern is typed. The
// server says the same after saving.
const example = document.querySelector("[data-number-example]");
const pattern = document.querySelector("[name=certificate_pattern]");

const show = () => {
  const first = example.dataset.first ||= example.textContent;
  const known = { letters: example.dataset.letters, year: example.dataset.year, level: example.dataset.level };
  if (!known.letters) return;
  const text = pattern.value
    .replace(/\{(letters|year|level)\}/g, (_, name) => known[name])
    .replace(/\{serial(?::0(\d)d)?\}/g, (_, width) => "1".padStart(Number(width || 1), "0"));
  example.textContent = /[{}]/.test(text) ? first : text;
};

if (example && pattern) pattern.addEventListener("input", show);
