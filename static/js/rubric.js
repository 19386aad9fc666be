// The rubric editor: the sum of the points and the bar of weights while they are typed.
// The server says the same after saving.
const out = document.querySelector("[data-points-total]");
const box = out?.closest("[data-rows]");
const form = box?.closest("form");
const bar = box?.querySelector("[data-points-bar]");
const SVG = document.querySelector("svg")?.namespaceURI;
const TONES = ["c0", "c1", "c2", "c1"];

const typed = () => [...box.querySelectorAll("[data-row-list] > *")].map((row) => ({
  label: row.querySelector("[name$=-name]").value,
  // Tenths are added as whole tenths, so no binary dust appears.
  tenths: Math.max(0, Math.round(Number(row.querySelector("[name$=-points]").value) * 10) || 0),
})).filter((part) => part.tenths);

const svg = (name, attributes, text = "") => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const draw = (parts, whole) => {
  const picture = svg("svg", { class: "strip-svg", "aria-hidden": "true" });
  const keys = document.createElement("ul");
  keys.className = "split-keys";
  let before = 0;
  parts.forEach(({ label, tenths }, index) => {
    const at = (value) => `${((value / whole) * 100).toFixed(2)}%`;
    const x = at(before);
    picture.append(
      svg("rect", { class: TONES[index % TONES.length], x, width: at(tenths), height: 34 }),
      svg("line", { x1: x, x2: x, y1: 0, y2: 34, stroke: "#fff", "stroke-width": 2 }),
    );
    const text = svg("text", { x: at(before + tenths / 2), y: 22, "text-anchor": "middle" });
    if (tenths / whole >= 0.09) text.append(svg("tspan", { class: "strip-name" }, `${label} `));
    text.append(`${tenths / 10}`);
    picture.append(text);
    const key = document.createElement("li");
    key.textContent = `${label} ${tenths / 10}`;
    keys.append(key);
    before += tenths;
  });
  bar.replaceChildren(...(parts.length ? [picture, keys] : []));
};

const sum = () => {
  const parts = typed();
  const tenths = parts.reduce((all, part) => all + part.tenths, 0);
  const left = Number(out.dataset.whole) - tenths / 10;
  const says = box.querySelector("[data-points-says]");
  const meant = form.elements.own_total?.checked;
  const text = left > 0 ? `还差 ${left.toFixed(1).replace(".0", "")} 分` : `多了 ${(-left).toFixed(1).replace(".0", "")} 分`;
  out.textContent = String(tenths / 10);
  says.textContent = meant || left === 0 ? "" : text;
  out.classList.toggle("t-bad", !meant && left !== 0);
  draw(parts, tenths);
};

if (form) {
  form.addEventListener("input", sum);
  form.addEventListener("change", sum);
  sum();
}
