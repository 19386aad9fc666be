// form[data-autosave="url"]: saves 1 s after the last change and on leaving a field.
// The answer is JSON {version, saved_at}; 409 means somebody saved another version.
// Words that could not be sent stay in this browser under data-draft-key.
const SAY = {
  saving: "正在保存…",
  offline: /Mobi/.test(navigator.userAgent) ? "没网，已存手机" : "没网，已存这台电脑",
  failed: "没存上，",
  conflict: "别处存过另一版，请刷新后核对",
};

// The tick box of a set that sends the value: undefined if it is no set, null if none.
const boxOf = (field, value) => {
  const boxes = field instanceof RadioNodeList ? [...field].filter((one) => one.type === "checkbox") : [];
  return boxes.length ? boxes.find((one) => one.value === value) || null : undefined;
};

class Draft {
  constructor(form) {
    this.form = form;
    this.timer = 0;
    this.dirty = false;
    this.busy = false;
    this.key = form.dataset.draftKey && `draft:${form.dataset.draftKey}`;
    this.state = form.querySelector("[data-save-state]") || document.querySelector("[data-save-state]");
    form.addEventListener("input", () => this.touch());
    form.addEventListener("change", () => this.touch());
    form.addEventListener("focusout", () => { if (this.dirty) this.save(); });
    form.addEventListener("submit", (event) => this.leave(event));
    window.addEventListener("online", () => { if (this.dirty) this.save(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.dirty) this.keep(); });
    this.offerKept();
  }

  fields() {
    const data = new FormData(this.form);
    for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
    return data;
  }

  touch() {
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 1000);
  }

  keep() {
    if (!this.key) return false;
    try {
      const pairs = [...this.fields().entries()].filter(([name]) => name !== "csrfmiddlewaretoken");
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), pairs }));
      return true;
    } catch { return false; }
  }

  // A save under way has the older version: the form follows once it is answered.
  leave(event) {
    clearTimeout(this.timer);
    this.dirty = false;
    if (!this.busy || this.left) {
      this.forget();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.left = true;
    const patience = new Promise((done) => { setTimeout(done, 5000); });
    Promise.race([this.running, patience]).then(() => this.form.requestSubmit(event.submitter || undefined));
  }

  forget() { try { if (this.key) localStorage.removeItem(this.key); } catch { /* private mode */ } }

  say(state, text) {
    if (!this.state) return;
    this.state.dataset.state = state;
    const words = this.state.querySelector("[data-save-text]");
    words.textContent = text || SAY[state];
    if (state !== "failed") return;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "再试一次";
    again.addEventListener("click", () => this.save());
    words.append(again);
  }

  save() {
    clearTimeout(this.timer);
    if (!this.busy && !this.left) this.running = this.send();
    return this.running;
  }

  async send() {
    if (!navigator.onLine) {
      if (this.keep()) this.say("offline");
      return;
    }
    this.busy = true;
    this.dirty = false;
    this.say("saving");
    try {
      const answer = await fetch(this.form.dataset.autosave, {
        method: "POST",
        body: this.fields(),
        headers: { "X-Requested-With": "autosave", Accept: "application/json" },
        credentials: "same-origin",
      });
      if (answer.status === 409) {
        this.keep();
        this.say("conflict");
        return;
      }
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      this.saved(await answer.json());
    } catch {
      this.dirty = true;
      this.say(this.keep() && !navigator.onLine ? "offline" : "failed");
    } finally {
      this.busy = false;
      if (this.dirty && this.state?.dataset.state === "saved") this.touch();
    }
  }

  saved({ version, saved_at: savedAt }) {
    const field = this.form.querySelector("[name=version]");
    // Other forms of the page that act on the same draft follow.
    for (const one of version === undefined ? [] : [field, ...document.querySelectorAll("input[name=version][data-follow]")]) if (one) one.value = version;
    const at = savedAt ? new Date(savedAt) : new Date();
    const clock = at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
    this.say("saved", `已自动保存 ${clock}`);
    if (!this.dirty) this.forget();
  }

  offerKept() {
    let kept;
    try { kept = this.key && JSON.parse(localStorage.getItem(this.key)); } catch { return; }
    if (!kept) return;
    const differing = kept.pairs.filter(([name, value]) => {
      const field = this.form.elements.namedItem(name);
      const box = boxOf(field, value);
      if (box !== undefined) return box !== null && !box.checked;
      return field && "value" in field && name !== "version" && field.value !== value && typeof value === "string";
    });
    if (!differing.length) { this.forget(); return; }
    const note = document.createElement("div");
    note.className = "notice notice-warn";
    note.setAttribute("role", "status");
    const text = document.createElement("div");
    text.textContent = "这台设备上有一份没传上去的内容。";
    const use = document.createElement("button");
    use.type = "button";
    use.className = "btn btn-line btn-sm";
    use.textContent = "用这份";
    const drop = use.cloneNode();
    drop.textContent = "不要了";
    use.addEventListener("click", () => {
      for (const [name, value] of differing) {
        const field = this.form.elements.namedItem(name);
        const box = boxOf(field, value);
        if (box) box.checked = true;
        else field.value = value;
      }
      note.remove();
      this.form.dispatchEvent(new Event("input", { bubbles: true }));
    });
    drop.addEventListener("click", () => { this.forget(); note.remove(); });
    note.append(text, use, drop);
    this.form.prepend(note);
  }
}

document.querySelectorAll("form[data-autosave]").forEach((form) => new Draft(form));
