// form[data-window]: says how long the window will be and whether it closes on a
// weekend, while the officer picks. The server says the same after saving.
const DAYS = "日一二三四五六";

const span = (minutes) => {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  return days ? `${days}天${hours ? `${hours}小时` : ""}` : `${hours}小时${minutes % 60 ? `${minutes % 60}分` : ""}`;
};

const say = (form) => {
  const place = form.querySelector("[data-window-says]");
  const opens = form.elements.opens_at;
  const closes = form.elements.closes_at?.value;
  if (!place || !closes) return;
  const end = new Date(closes);
  const words = [];
  if (opens?.value) {
    const minutes = Math.round((end - new Date(opens.value)) / 60000);
    words.push(minutes > 0 ? `共 ${span(minutes)}` : "关闭时间要晚于开放时间");
  }
  words.push(`周${DAYS[end.getDay()]}关闭${[0, 6].includes(end.getDay()) ? "，单位盖章可能没人" : ""}`);
  place.textContent = `${words.join("，")}。`;
};

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-window]");
  if (form) say(form);
});
