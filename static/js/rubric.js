// The rubric editor: the sum of the points while they are typed. The server says the same
// after saving.
const out = document.querySelector("[data-points-total]");
const box = out?.closest("[data-rows]");
const form = box?.closest("form");

const sum = () => {
  const fields = [...box.querySelectorAll("[data-row-list] [name$=-points]")];
  // Tenths are added as whole tenths, so no binary dust appears.
  const tenths = fields.reduce((all, field) => all + Math.round(Number(field.value || 0) * 10), 0);
  const whole = Number(out.dataset.whole) * 10;
  out.textContent = String(tenths / 10);
  const left = (whole - tenths) / 10;
  const says = box.querySelector("[data-points-says]");
  const meant = form.elements.own_total?.checked;
  says.textContent = meant || left === 0 ? "" : left > 0 ? `还差 ${left} 分` : `多了 ${-left} 分`;
  out.classList.toggle("t-bad", !meant && left !== 0);
};

if (form) {
  form.addEventListener("input", sum);
  form.addEventListener("change", sum);
  sum();
}
