// [data-counter="field id"]: characters written, a line end counts once, as the server counts.
const count = (text) => [...text.replace(/\r\n?/g, "\n")].length;

const refresh = (counter) => {
  const field = document.getElementById(counter.dataset.counter);
  if (!field) return;
  const most = Number(counter.dataset.most);
  const now = count(field.value);
  counter.querySelector(".fill").setAttribute("width", `${Math.min(100, (now / most) * 100)}%`);
  counter.classList.toggle("is-near", now >= most * 0.9 && now <= most);
  counter.classList.toggle("is-over", now > most);
  counter.querySelector("span").textContent = now > most ? `多了 ${now - most} 字，请删减` : `已写 ${now} / ${most} 字`;
};

const all = (root) => root.querySelectorAll("[data-counter]").forEach(refresh);
document.addEventListener("input", (event) => {
  const counter = event.target.id && document.querySelector(`[data-counter="${CSS.escape(event.target.id)}"]`);
  if (counter) refresh(counter);
});
document.addEventListener("form:filled", () => all(document));
document.addEventListener("htmx:load", (event) => all(event.target));
all(document);
