// tbody[data-ranking]: ranks by dragging the grip and by Alt+↑/↓. Numbers typed by hand
// need no script; "保存名次" sends them all. Only the numbers of this page change hands.
const rowsOf = (body) => [...body.querySelectorAll("tr[data-rankable]")];
const numberOf = (row) => row.querySelector(".rank-input");

const says = (text) => {
  const place = document.querySelector("[data-rank-says]");
  if (place) place.textContent = text;
};

const settle = (body, row) => {
  renumberRanked(body, row);
  says(`“${row.querySelector(".bench-title a").textContent}”排到第 ${numberOf(row).value} 名，还没保存，请按“保存名次”`);
};

// Rows that had no number stay without one unless they were the one moved.
const renumberRanked = (body, moved) => {
  const rows = rowsOf(body).filter((row) => row === moved || numberOf(row).value !== "");
  const numbers = rows.map((row) => Number(numberOf(row).value)).filter((value) => value > 0).sort((a, b) => a - b);
  while (numbers.length < rows.length) numbers.push((numbers[numbers.length - 1] || 0) + 1);
  rows.forEach((row, index) => { numberOf(row).value = numbers[index]; });
};

const move = (body, row, by) => {
  const rows = rowsOf(body);
  const other = rows[rows.indexOf(row) + by];
  if (!other) return;
  if (by < 0) other.before(row);
  else other.after(row);
  settle(body, row);
};

const start = (body) => {
  body.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest("tr[data-rankable]");
    if (!row) return;
    event.preventDefault();
    const focused = document.activeElement;
    move(body, row, event.key === "ArrowUp" ? -1 : 1);
    focused.focus();
  });
  let dragged = null;
  body.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) return;
    event.preventDefault();
    dragged = grip.closest("tr");
    dragged.classList.add("is-on");
    grip.setPointerCapture(event.pointerId);
  });
  body.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const under = document.elementFromPoint(event.clientX, event.clientY)?.closest("tr[data-rankable]");
    if (!under || under === dragged || under.parentNode !== body) return;
    const box = under.getBoundingClientRect();
    if (event.clientY > box.top + box.height / 2) under.after(dragged);
    else under.before(dragged);
  });
  const drop = () => {
    if (!dragged) return;
    dragged.classList.remove("is-on");
    settle(body, dragged);
    dragged = null;
  };
  body.addEventListener("pointerup", drop);
  body.addEventListener("pointercancel", drop);
};

document.querySelectorAll("[data-ranking]").forEach(start);
