// [data-key]: pressed or focused by its key, off while somebody is typing.
const TYPING = "input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches(TYPING) || document.querySelector(".veil")) return;
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  const wanted = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === wanted && !one.disabled && one.offsetParent !== null);
  if (!found) return;
  event.preventDefault();
  if (found.matches(TYPING)) found.focus();
  else found.click();
});
