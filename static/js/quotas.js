// 名额: places × bodies beside each number, and the sum per unit, while they are typed.
const whole = (field) => (/^\d+$/.test(field.value.trim()) ? Number(field.value) : null);

const most = (field) => {
  const places = whole(field);
  const out = field.closest("tr").querySelector("[data-most]");
  out.textContent = places === null ? "—" : String(places * Number(field.dataset.bodies));
};

const sum = () => {
  const fields = [...document.querySelectorAll("[data-unit-places]")];
  const out = document.querySelector("[data-unit-sum]");
  const places = fields.map(whole);
  if (!out || fields.length < 2) return;
  out.textContent = places.includes(null)
    ? "空着就是不限；各类型不能互相占用"
    : `合计 ${places.reduce((all, one) => all + one, 0)} 项，各类型不能互相占用`;
};

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-bodies]")) most(event.target);
  if (event.target.matches("[data-unit-places]")) sum();
});
document.querySelectorAll("[data-bodies]").forEach(most);
sum();
