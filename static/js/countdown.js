// [data-countdown]: what is left until data-closes by the server's clock (data-now).
// The page carries the server's time; only the difference ticks here. Re-synced with
// body[data-clock] every five minutes and when the page is looked at again.
let offset = null;
const MARKS = [[86400, "离关闭还有 1 天"], [3600, "离关闭还有 1 小时"], [600, "离关闭还有 10 分钟"], [0, "申报已经关闭"]];
const two = (number) => String(number).padStart(2, "0");

const split = (seconds) => ({
  d: Math.floor(seconds / 86400),
  h: two(Math.floor(seconds / 3600) % 24),
  m: two(Math.floor(seconds / 60) % 60),
  s: two(seconds % 60),
});

const words = (seconds) => {
  const part = split(seconds);
  if (seconds < 3600) return `00:${part.m}:${part.s}`;
  return `${part.d ? `${part.d}天 ` : ""}${part.h}:${part.m}`;
};

const levelOf = (seconds, opensIn) => {
  if (seconds <= 0) return "closed";
  if (opensIn > 0) return "before";
  if (seconds <= 3600) return "last";
  return seconds <= 3 * 86400 ? "soon" : "calm";
};

const show = (box, now) => {
  const seconds = Math.max(0, Math.ceil((Date.parse(box.dataset.closes) - now) / 1000));
  const level = levelOf(seconds, Date.parse(box.dataset.opens) - now);
  for (const name of ["calm", "soon", "last", "closed", "before"]) box.classList.toggle(`is-${name}`, name === level);
  const left = box.querySelector("[data-left]");
  if (left && left.textContent !== words(seconds)) left.textContent = words(seconds);
  const part = split(seconds);
  for (const digit of box.querySelectorAll("[data-part]")) {
    const text = String(part[digit.dataset.part]);
    if (digit.textContent !== text) digit.textContent = text;
  }
  const says = box.querySelector("[data-countdown-says]");
  const before = Number(box.dataset.before ?? seconds);
  const passed = MARKS.find(([mark]) => before > mark && seconds <= mark);
  if (says && passed) says.textContent = passed[1];
  box.dataset.before = seconds;
};

const tick = () => {
  const boxes = document.querySelectorAll("[data-countdown]");
  if (!boxes.length) return;
  offset ??= Date.parse(boxes[0].dataset.now) - Date.now();
  const now = Date.now() + offset;
  boxes.forEach((box) => show(box, now));
};

const sync = async () => {
  const address = document.body.dataset.clock;
  if (!address) return;
  try {
    const asked = Date.now();
    const answer = await fetch(address, { cache: "no-store" });
    const { now } = await answer.json();
    const came = Date.now();
    // Milliseconds since 1970, or an ISO moment.
    const said = typeof now === "number" ? now : Date.parse(now);
    if (said && came - asked < 5000) offset = said - (asked + came) / 2;
  } catch { /* the old difference is good enough until the next try */ }
};

tick();
setInterval(tick, 1000);
setInterval(sync, 5 * 60 * 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(); });
