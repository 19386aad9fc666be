// [data-poll="url"]: replaced by the answer every 2 s, after 30 s every 5 s, until the
// answer no longer asks to be polled. The first seconds matter: papers take one or two.
const began = new Map();

const later = (box) => {
  const address = box.dataset.poll;
  if (box.dataset.waiting) return;
  box.dataset.waiting = "1";
  if (!began.has(address)) began.set(address, Date.now());
  const spent = Date.now() - began.get(address);
  setTimeout(() => look(box, address), spent < 4000 ? 1000 : spent < 30000 ? 2000 : 5000);
};

const look = async (box, address) => {
  if (!box.isConnected) return;
  delete box.dataset.waiting;
  if (document.hidden) { later(box); return; }
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const fresh = holder.content.firstElementChild;
    if (!fresh) { later(box); return; }
    const focused = box.contains(document.activeElement);
    box.replaceWith(fresh);
    if (focused) { fresh.tabIndex = -1; fresh.focus(); }
    if (fresh.dataset.poll) later(fresh);
    else {
      began.delete(address);
      fresh.dispatchEvent(new CustomEvent("poll:settled", { bubbles: true }));
    }
  } catch { later(box); }
};

const start = (root) => {
  if (root.dataset?.poll) later(root);
  root.querySelectorAll("[data-poll]").forEach(later);
};
document.addEventListener("htmx:load", (event) => start(event.target));
start(document);
