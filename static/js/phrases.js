// button[data-phrase="field id"]: adds its own words to the end of the field.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-phrase]");
  const field = button && document.getElementById(button.dataset.phrase);
  if (!field) return;
  field.value += button.textContent.trim();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
