// form[data-autosave="url"]: saves 1 s after the last change and on leaving a field.
// The answer is JSON {version, saved_at}; 409 means somebody saved another version.
// A page of several people ([name=marks]) is told more; together.js puts it in place.
// What could not be sent stays in this browser under data-draft-key, one copy per
// person and draft, until it is sent or the person signs out.
const PERSON = document.body.dataset.person || "";
const OWN = `draft:${PERSON}:`;
const HERE = /Mobi/.test(navigator.userAgent) ? "手机" : "这台电脑";
const KEPT_FOR = 14 * 24 * 3600 * 1000;
const SAY = {
  saving: "正在保存…",
  offline: `没网，已存${HERE}`,
  failed: "没存上，",
  conflict: "别处存过另一版，请刷新后核对",
  full: `没传上，${HERE}也存不下了，请先不要关这个页面。`,
};
const CARRIED = new Set(["csrfmiddlewaretoken", "version", "window", "marks"]);

// --- copies in this browser -------------------------------------------------------------

const copies = () => {
  try { return Object.keys(localStorage).filter((key) => key.startsWith(OWN)); } catch { return []; }
};
const readCopy = (key) => {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
};
const dropCopy = (key) => { try { localStorage.removeItem(key); } catch { /* private mode */ } };

for (const key of (() => { try { return Object.keys(localStorage); } catch { return []; } })()) {
  if (key.startsWith("draft:") && !(readCopy(key)?.at > Date.now() - KEPT_FOR)) dropCopy(key);
}

let signedOut = false;

// Whoever signs out leaves nothing behind, and is asked before words are given up.
const guardSignOut = () => {
  const unsent = copies().some((key) => !readCopy(key)?.sent);
  for (const form of document.querySelectorAll('form[action$="/sign-out/"]')) {
    form.toggleAttribute("data-confirm", unsent);
    if (!unsent) continue;
    form.dataset.confirm = "还有没传上去的内容";
    form.dataset.confirmText = `${HERE}上有一份填好还没传上去的内容，退出登录就清掉了。连上网、等它存好再退出，就都在。`;
    form.dataset.confirmYes = "清掉并退出";
  }
};
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches('form[action$="/sign-out/"]')) return;
  copies().forEach(dropCopy);
  signedOut = true;
});
guardSignOut();

// The page after a new log-in tells the window that waits for it.
if (document.querySelector("[data-signed-in]")) try { localStorage.setItem("signed-in", String(Date.now())); } catch { /* it looks when it is looked at */ }

// --- words -------------------------------------------------------------------------------

// The tick box of a set that sends the value: undefined if it is no set, null if none.
const boxOf = (field, value) => {
  const boxes = field instanceof RadioNodeList ? [...field].filter((one) => one.type === "checkbox") : [];
  return boxes.length ? boxes.find((one) => one.value === value) || null : undefined;
};
const cellOf = (name) => name.match(/^(.+)-(\d+)-([A-Za-z0-9_]+)$/);
const plain = (value) => value.replace(/\r\n?/g, "\n").trim();

// What a form says, without what it only carries: name → texts; spare rows say nothing.
const sayings = (pairs) => {
  const found = new Map();
  const rows = new Map();
  for (const [name, value] of pairs) {
    if (typeof value !== "string" || CARRIED.has(name) || /^(choose|seen)-/.test(name) || name.endsWith("-TOTAL_FORMS")) continue;
    const cell = cellOf(name);
    if (!cell) found.set(name, [...(found.get(name) || []), plain(value)]);
    else if (cell[3] !== "KEY" && plain(value)) {
      const table = rows.get(cell[1]) || new Map();
      table.set(cell[2], `${table.get(cell[2]) || ""}${cell[3]}=${plain(value)};`);
      rows.set(cell[1], table);
    }
  }
  for (const [name, table] of rows) found.set(name, [...table.values()]);
  return found;
};
const differing = (one, other) => [...new Set([...one.keys(), ...other.keys()])]
  .filter((name) => (one.get(name) || []).filter(Boolean).join("\n") !== (other.get(name) || []).filter(Boolean).join("\n"));

class Draft {
  constructor(form) {
    this.form = form;
    this.timer = 0;
    this.dirty = false;
    this.busy = false;
    this.key = form.dataset.draftKey && `${OWN}${form.dataset.draftKey}`;
    this.state = form.querySelector("[data-save-state]") || document.querySelector("[data-save-state]");
    this.marks = form.elements.namedItem("marks");
    this.typedAt = 0;
    form.addEventListener("input", () => this.touch());
    form.addEventListener("change", () => this.touch());
    form.addEventListener("focusout", () => { if (this.dirty) this.save(); });
    form.addEventListener("submit", (event) => this.leave(event));
    form.addEventListener("autosave:now", () => { this.dirty = true; this.save(); });
    window.addEventListener("online", () => { if (this.dirty) this.save(); });
    window.addEventListener("storage", ({ key }) => { if (key === "signed-in" && this.expired) this.renew(); });
    window.addEventListener("focus", () => { if (this.expired) this.renew(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.dirty) this.keep(); });
    this.offerKept();
    if (this.marks) this.look();
  }

  fields() {
    const data = new FormData(this.form);
    for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
    return data;
  }

  touch() {
    this.dirty = true;
    this.typedAt = Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 1000);
  }

  keep(sent = false) {
    if (!this.key || signedOut) return false;
    try {
      const pairs = [...this.fields().entries()].filter(([name]) => name !== "csrfmiddlewaretoken");
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), sent, pairs }));
      guardSignOut();
      return true;
    } catch { return false; }
  }

  // A save under way has the older version: the form follows once it is answered. The
  // copy stays until the next look at the draft finds it there.
  leave(event) {
    clearTimeout(this.timer);
    this.dirty = false;
    if (!this.busy || this.left) {
      this.keep(true);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.left = true;
    const patience = new Promise((done) => { setTimeout(done, 5000); });
    Promise.race([this.running, patience]).then(() => this.form.requestSubmit(event.submitter || undefined));
  }

  forget() {
    if (this.key) dropCopy(this.key);
    guardSignOut();
  }

  say(state, text, act) {
    if (!this.state) return;
    this.state.dataset.state = state;
    const words = this.state.querySelector("[data-save-text]");
    const said = text || SAY[state];
    if (words.textContent !== said || act) words.textContent = said;
    if (act) words.append(act);
    else if (state === "failed") {
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = "再试一次";
      again.addEventListener("click", () => this.save());
      words.append(again);
    }
  }

  save(quiet = false) {
    clearTimeout(this.timer);
    if (!this.busy && !this.left) this.running = this.send(quiet);
    return this.running;
  }

  post(body) {
    return fetch(this.form.dataset.autosave, {
      method: "POST",
      body,
      headers: { "X-Requested-With": "autosave", Accept: "application/json" },
      credentials: "same-origin",
    });
  }

  async send(quiet) {
    if (!navigator.onLine) {
      if (!quiet) this.say(this.keep() ? "offline" : "failed", this.keep() ? "" : SAY.full);
      return;
    }
    this.busy = true;
    this.dirty = false;
    if (!quiet) this.say("saving");
    try {
      const body = this.fields();
      let answer = await this.post(body);
      if (answer.status === 403) {
        if (!(await this.token())) { this.dirty = true; return; }
        body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
        answer = await this.post(body);
      }
      await this.take(answer, body, quiet);
    } catch {
      this.dirty = true;
      const kept = this.keep();
      if (!kept) this.say("failed", SAY.full);
      else this.say(navigator.onLine ? "failed" : "offline");
    } finally {
      this.busy = false;
      if (this.dirty && this.state?.dataset.state === "saved") this.touch();
    }
  }

  async take(answer, body, quiet) {
    if (this.isDoor(answer)) {
      this.dirty = true;
      this.atTheDoor();
      return;
    }
    if (answer.status === 409) {
      this.keep();
      this.say("conflict");
      return;
    }
    if (answer.status === 422) {
      const { message } = await answer.json();
      this.keep();
      this.say("failed", `没存上：${message}`);
      return;
    }
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    this.expired = false;
    this.saved(await answer.json(), body, quiet);
  }

  saved(answer, body, quiet) {
    const { version, saved_at: savedAt } = answer;
    const field = this.form.querySelector("[name=version]");
    // Other forms of the page that act on the same draft follow.
    for (const one of version === undefined ? [] : [field, ...document.querySelectorAll("input[name=version][data-follow]")]) if (one) one.value = version;
    const told = { answer, sent: [...body.entries()], clashes: 0 };
    this.form.dispatchEvent(new CustomEvent("autosave:answer", { detail: told }));
    const at = savedAt ? new Date(savedAt) : new Date();
    const clock = at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
    this.others = Boolean(answer.others);
    if (told.clashes) {
      this.keep();
      this.say("conflict", `有 ${told.clashes} 处别人也改了，请在表里选`);
    } else {
      if (!quiet || this.state?.dataset.state !== "saved") this.say("saved", `已自动保存 ${clock}`);
      if (!this.dirty) this.forget();
    }
  }

  // --- others at work: asked for lightly, and not for a page nobody works at -------------

  look() {
    setTimeout(() => {
      const worked = Date.now() - Math.max(this.typedAt, this.openedAt ||= Date.now()) < 10 * 60 * 1000;
      if (worked && !document.hidden && !this.dirty && !this.busy && !this.expired) this.save(true);
      this.look();
    }, this.others ? 12_000 : 45_000);
  }

  // --- the log-in ran out: the words stay here, a new window signs in --------------------

  isDoor(answer) {
    return answer.redirected && new URL(answer.url).pathname !== new URL(this.form.dataset.autosave, location.href).pathname;
  }

  atTheDoor(text) {
    const kept = this.keep();
    this.expired = true;
    const link = document.createElement("a");
    link.href = this.form.dataset.signIn || "/accounts/sign-in/group/";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "重新登录";
    this.say("failed", text || (kept ? `登录过期，填的内容已存${HERE}。` : "登录过期，请先不要关这个页面。"), link);
  }

  // The token of a new log-in; false if it is somebody else's or none.
  async token() {
    const answer = await fetch(this.form.dataset.autosave, { headers: { "X-Requested-With": "autosave" }, credentials: "same-origin" });
    if (this.isDoor(answer)) { this.atTheDoor(); return false; }
    if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) throw new Error(String(answer.status));
    const { csrf, person } = await answer.json();
    if (PERSON && person !== PERSON) {
      this.atTheDoor("现在登录的是另一位，您填的内容还在这个页面上。请用您自己的账号");
      return false;
    }
    for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = csrf;
    if (document.body.hasAttribute("hx-headers")) document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": csrf }));
    return true;
  }

  async renew() {
    try { if (await this.token()) await this.save(); } catch { /* the next look tries again */ }
  }

  // --- a copy from before ---------------------------------------------------------------

  offerKept() {
    const kept = this.key && readCopy(this.key);
    if (!kept?.pairs) return;
    const carried = (name) => kept.pairs.find(([one]) => one === name)?.[1];
    const asked = this.marks ? "marks" : "version";
    const now = this.form.elements.namedItem(asked)?.value;
    const names = differing(sayings(kept.pairs), sayings([...this.fields().entries()]));
    // What went by a button and changed the draft has arrived.
    if (!names.length || (kept.sent && carried(asked) !== now)) { this.forget(); return; }
    this.offer(kept, names);
  }

  offer(kept, names) {
    const note = document.createElement("div");
    note.className = "notice notice-warn";
    note.setAttribute("role", "status");
    const text = document.createElement("div");
    const at = new Date(kept.at).toLocaleString("zh-CN", { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
    const labels = names.map((name) => this.label(name)).filter(Boolean);
    text.textContent = `${HERE}上有一份 ${at} 没传上去的内容${labels.length ? `：${labels.slice(0, 4).join("、")}${labels.length > 4 ? `等 ${labels.length} 项` : ""}` : ""}。`;
    const use = document.createElement("button");
    use.type = "button";
    use.className = "btn btn-line btn-sm";
    use.textContent = "用这份";
    const drop = use.cloneNode();
    drop.textContent = "不要了";
    use.addEventListener("click", () => { this.restore(kept, names); note.remove(); });
    drop.addEventListener("click", () => { this.forget(); note.remove(); });
    note.append(text, use, drop);
    this.form.prepend(note);
  }

  label(name) {
    const field = this.form.querySelector(`#field-${CSS.escape(name)}`);
    const own = field?.querySelector("label, legend")?.cloneNode(true);
    own?.querySelectorAll("span").forEach((part) => part.remove());
    return own?.textContent.trim() || "";
  }

  restore({ pairs }, names) {
    // With the marks of then: what others changed since comes back from the server.
    for (const carried of ["marks", "window"]) {
      const value = pairs.find(([name]) => name === carried)?.[1];
      const field = this.form.elements.namedItem(carried);
      if (field && value !== undefined) field.value = value;
    }
    for (const name of names) {
      const box = this.form.querySelector(`#field-${CSS.escape(name)}[data-rows]`);
      if (box) box.dispatchEvent(new CustomEvent("rows:fill", { detail: rowsIn(pairs, name) }));
      else this.put(name, pairs.filter(([one]) => one === name).map(([, value]) => value));
    }
    document.dispatchEvent(new Event("form:filled"));
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  put(name, values) {
    const field = this.form.elements.namedItem(name);
    if (!field) return;
    if (boxOf(field, "") !== undefined) for (const one of field) if (one.type === "checkbox") one.checked = values.includes(one.value);
    if (field instanceof RadioNodeList && boxOf(field, "") === undefined) field.value = values[0] ?? "";
    else if (field.type === "checkbox") field.checked = values.includes(field.value);
    else if ("value" in field && !(field instanceof RadioNodeList)) field.value = values[0] ?? "";
  }
}

// The rows of a table among the pairs of a form: [[key, {column: text}], …].
const rowsIn = (pairs, table) => {
  const rows = new Map();
  for (const [name, value] of pairs) {
    const cell = cellOf(name);
    if (!cell || cell[1] !== table) continue;
    const row = rows.get(cell[2]) || ["", {}];
    if (cell[3] === "KEY") row[0] = value;
    else row[1][cell[3]] = value;
    rows.set(cell[2], row);
  }
  return [...rows.values()].filter(([, row]) => Object.values(row).some((text) => text.trim()));
};

document.querySelectorAll("form[data-autosave]").forEach((form) => new Draft(form));
