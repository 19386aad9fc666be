// form[data-editor] [data-slot], and [data-upload] rows anywhere: files travel in pieces
// (tus), go on after a break, and are kept in this browser until they have arrived.
// Without this module the same form posts text and files together.
/* global tus, sha256 */
const form = document.querySelector("form[data-editor]");
const box = document.querySelector('[data-live="materials"]');
const page = form?.dataset.editor || location.pathname;
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
const PIECE = 2 * 1048576;
const HASHED = 4 * 1048576;
const AT_ONCE = 2;
const OTHER = "选的不是同一个文件，请选当时传的那一份。";
const running = new Map(); // "sha256-size-slot" → Sending
const mega = (bytes) => (bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

// --- the files of this browser ----------------------------------------------------------

const opened = new Promise((done) => {
  try {
    const asked = indexedDB.open("uploads", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("files");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => done(null);
  } catch { done(null); } // private windows
});
const stored = async (mode, act) => {
  const database = await opened;
  if (!database) return undefined;
  return new Promise((done) => {
    try {
      const asked = act(database.transaction("files", mode).objectStore("files"));
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => done(undefined);
    } catch { done(undefined); }
  });
};
// One window sends a file; the others wait until that one is closed or done.
const hold = (sending, got) => {
  if (sending.held) return;
  sending.held = true;
  if (!navigator.locks) { got(); return; }
  navigator.locks.request(`upload:${sending.address}`, () => { got(); return new Promise((done) => { sending.release = done; }); });
};
const KEPT = 3 * 86400000; // as long as the portal keeps what was begun
const keepFile = (key, file) => stored("readwrite", (files) => files.put({ file, at: Date.now() }, key));
const keptFile = async (key) => {
  const kept = await stored("readonly", (files) => files.get(key));
  return kept && Date.now() - kept.at < KEPT ? kept.file : undefined;
};
const forgetFile = (key) => stored("readwrite", (files) => files.delete(key));

const forgetOld = async () => {
  for (const key of (await stored("readonly", (files) => files.getAllKeys())) || []) if (!(await keptFile(key))) forgetFile(key);
};

// --- the page ---------------------------------------------------------------------------

const wrong = (input, file) => {
  const kinds = input.dataset.types.split(" ");
  const kind = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
  if (kind === "heic") return "这是苹果手机的 HEIC 照片，请在手机里选“发送压缩图”后再传。";
  if (!kinds.includes(kind)) return `“${file.name}”的类型不能上传，这里可以上传：${kinds.join("、").toUpperCase()}。`;
  if (file.size === 0) return `“${file.name}”是空文件，请检查后重新选择。`;
  if (file.size > Number(input.dataset.most)) return `“${file.name}”有 ${mega(file.size)}，超过 ${mega(Number(input.dataset.most))}。${/^(jpe?g|png)$/.test(kind) ? "请在手机里选“发送压缩图”后再传。" : "请压缩或分开保存后再上传。"}`;
  return "";
};

const tell = (slot, text, bad = false) => {
  const out = slot.querySelector("[data-slot-progress]");
  out.textContent = text;
  out.classList.toggle("is-bad", bad);
  slot.classList.toggle("is-bad", bad);
};

const read = async (address) => {
  const answer = await fetch(address, { credentials: "same-origin" });
  return answer.ok && !answer.redirected ? answer : null;
};

// What the server shows now; rows of running files are put back where they were.
const redraw = async () => {
  if (!box) { location.reload(); return; }
  const answer = await read(`${page}materials/`);
  if (!answer) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.id;
  box.replaceChildren(...fresh.body.childNodes);
  for (const sending of running.values()) sending.show();
  if (focused && focused !== document.activeElement?.id) document.getElementById(focused)?.focus();
  document.dispatchEvent(new Event("draft:redraw"));
  follow();
};

const button = (text, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-text btn-sm";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
};

// --- one file on its way ------------------------------------------------------------------

class Sending {
  constructor(slot, file, address = "") {
    Object.assign(this, { slot: slot.dataset.slot, begin: slot.dataset.begin, file, address, sent: 0, state: "hashing" });
    this.row = document.createElement("div");
    this.row.className = "slot-coming";
    const line = document.createElement("div");
    line.className = "slot-coming-line";
    this.name = document.createElement("span");
    this.name.className = "slot-coming-name";
    this.name.textContent = file.name;
    this.percent = document.createElement("b");
    line.append(this.name, this.percent);
    this.bar = document.createElement("progress");
    this.bar.max = file.size;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `${file.name}：上传进度`);
    this.says = document.createElement("p");
    this.says.className = "meta";
    this.says.setAttribute("role", "status");
    this.pausing = button("暂停", () => this.toggle());
    this.dropping = button("不要了", () => this.drop());
    const acts = document.createElement("span");
    acts.className = "slot-acts";
    acts.append(this.pausing, this.dropping);
    this.row.append(line, this.bar, this.says, acts);
    this.say("正在读文件…");
  }

  // In the place of the row the server drew, else at the end of the slot.
  show() {
    const drawn = this.address && document.querySelector(`[data-upload="${CSS.escape(this.address)}"]`);
    if (drawn && drawn !== this.row) drawn.replaceWith(this.row);
    else if (!this.row.isConnected) document.querySelector(`[data-slot="${CSS.escape(this.slot)}"] [data-slot-queue]`)?.append(this.row);
    if (this.address) this.row.dataset.upload = this.address;
  }

  say(text, bad = false) {
    this.says.textContent = text;
    this.says.classList.toggle("t-bad", bad);
    this.row.classList.toggle("is-bad", bad);
  }

  async start() {
    const digest = sha256.create();
    for (let at = 0; at < this.file.size; at += HASHED) {
      digest.update(await this.file.slice(at, at + HASHED).arrayBuffer());
      this.say(`正在读文件… ${Math.round((Math.min(at + HASHED, this.file.size) / this.file.size) * 100)}%`);
    }
    this.digest = digest.hex();
    if (this.wanted && this.wanted !== this.digest) {
      this.end();
      await redraw();
      const place = document.querySelector(`[data-upload="${CSS.escape(this.address)}"] [data-says]`);
      if (place) place.textContent = OTHER;
      return;
    }
    const other = [...running.values()].find((one) => one !== this && one.digest === this.digest && one.slot === this.slot);
    if (other) { this.end(); return; } // chosen twice
    const before = document.querySelector(`[data-slot="${CSS.escape(this.slot)}"] [data-upload][data-sha256="${this.digest}"][data-size="${this.file.size}"]`);
    if (before) this.address = before.dataset.upload;
    this.show();
    this.state = "waiting";
    this.say("排队等着传…");
    next();
  }

  send() {
    this.state = "sending";
    this.began = null;
    this.upload = new tus.Upload(this.file, {
      endpoint: this.address ? null : this.begin, // never declared a second time
      uploadUrl: this.address || null,
      chunkSize: PIECE,
      metadata: { filename: this.file.name, sha256: this.digest },
      headers: { "X-CSRFToken": token() },
      retryDelays: [500, 1000, 2000, 4000, 8000, 15000, 15000],
      storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => this.named(),
      onProgress: (sent) => this.progress(sent),
      onShouldRetry: (error) => this.again(error),
      onAfterResponse: (_, answer) => { if (!answer.getHeader("Tus-Resumable") && answer.getStatus() < 500 && answer.getStatus() !== 413) this.strange = answer.getStatus(); },
      onError: (error) => this.stopped(error),
      onSuccess: () => this.arrived(),
    });
    this.strange = 0;
    this.pausing.textContent = "暂停";
    this.say("正在连接…");
    this.upload.start();
  }

  named() {
    this.address = new URL(this.upload.url, location).pathname;
    this.row.dataset.upload = this.address;
    keepFile(this.address, this.file);
    hold(this, () => {});
  }

  progress(sent) {
    this.sent = sent;
    const now = Date.now();
    this.began = this.began || { at: now, sent };
    this.bar.value = sent;
    this.percent.textContent = `${Math.floor((sent / this.file.size) * 100)}%`;
    const speed = (sent - this.began.sent) / Math.max(0.5, (now - this.began.at) / 1000);
    const rest = speed > 0 ? (this.file.size - sent) / speed : 0;
    const left = rest > 90 ? `还要约 ${Math.round(rest / 60)} 分钟` : `还要约 ${Math.max(1, Math.round(rest))} 秒`;
    this.say(`${mega(sent)} / ${mega(this.file.size)}${speed > 0 ? ` · 每秒 ${mega(speed)} · ${left}` : ""}。网断了会自动接着传，不用重来。`);
  }

  again(error) {
    const status = error.originalResponse?.getStatus() || 0;
    if (this.strange || (status >= 400 && status < 500 && status !== 409 && status !== 423 && status !== 460)) return false;
    this.say("网断了，正在重新连接，会从断的地方接着传…");
    this.began = null;
    return true;
  }

  stopped(error) {
    const status = error.originalResponse?.getStatus() || 0;
    const said = error.originalResponse?.getHeader("Tus-Resumable") ? error.originalResponse.getBody() : "";
    this.pausing.textContent = "接着传";
    this.state = "broken";
    if (this.strange) this.say("登录过期了，文件还在。请在新窗口登录，再回来按“接着传”。", true);
    else if (status === 404 || status === 410) { this.end(); redraw(); }
    else if (said) { this.state = "refused"; this.pausing.remove(); this.say(said, true); }
    else this.say("网断了，没传完。连上网后会接着传，也可以按“接着传”。", true);
    next();
  }

  async arrived() {
    this.state = "checking";
    this.bar.value = this.file.size;
    this.percent.textContent = "100%";
    this.pausing.remove();
    this.dropping.remove();
    this.say("传完了，正在核对…");
    next();
    forgetFile(this.address);
    await settled(this.address);
    this.end();
    await redraw();
  }

  async toggle() {
    if (this.state === "sending") {
      await this.upload.abort();
      this.state = "paused";
      this.pausing.textContent = "接着传";
      this.say(`停在 ${mega(this.sent)} / ${mega(this.file.size)}。`);
      next();
    } else if (this.state === "paused" || this.state === "broken") {
      if (this.strange) await renew();
      this.state = "waiting";
      next();
    }
  }

  async drop() {
    await this.upload?.abort();
    if (this.address) {
      forgetFile(this.address);
      await fetch(this.address, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": token() }, credentials: "same-origin" }).catch(() => {});
    }
    this.end();
    next();
    redraw();
  }

  end() {
    for (const [key, one] of running) if (one === this) running.delete(key);
    this.release?.();
    this.row.remove();
  }
}

// A new sign-in gives the forms a new token.
const renew = async () => {
  const answer = await read(page);
  const fresh = answer && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
  if (fresh) for (const one of document.querySelectorAll("[name=csrfmiddlewaretoken]")) one.value = fresh.value;
};

const next = () => {
  const all = [...running.values()];
  const free = AT_ONCE - all.filter((one) => one.state === "sending").length;
  all.filter((one) => one.state === "waiting").slice(0, Math.max(0, free)).forEach((one) => one.send());
};

// Until the server has looked at a whole file; what became of it is drawn by the server.
const settled = async (address) => {
  for (let pause = 400; ; pause = Math.min(pause * 1.5, 5000)) {
    await wait(pause);
    try {
      const answer = await read(address);
      if (!answer) return;
      const { status } = await answer.json();
      if (status !== "OPEN" && status !== "RECEIVED") return;
    } catch { /* asked again */ }
  }
};

// The same file chosen again, also where nothing else may be chosen any more.
const resume = (row, file) => {
  if (file.size !== Number(row.dataset.size)) { row.querySelector("[data-says]").textContent = OTHER; return; }
  const sending = new Sending(row.closest("[data-slot]"), file, row.dataset.upload);
  sending.wanted = row.dataset.sha256;
  number += 1;
  running.set(number, sending);
  sending.show();
  sending.start().catch(() => { sending.state = "refused"; sending.say(`“${file.name}”读不出来，请重新选择。`, true); });
};

let number = 0;
const take = (slot, files, input) => {
  const problem = files.map((file) => wrong(input, file)).find(Boolean);
  tell(slot, problem || "", Boolean(problem));
  for (const file of files.filter((one) => !wrong(input, one))) {
    number += 1;
    const sending = new Sending(slot, file);
    running.set(number, sending);
    sending.show();
    sending.start().catch(() => { sending.state = "refused"; sending.say(`“${file.name}”读不出来，请重新选择。`, true); });
  }
  input.value = "";
};

// What another page of this browser began is gone on with here, by one window at a time.
const followed = new Set();
const follow = async () => {
  for (const row of document.querySelectorAll("[data-upload][data-status]")) {
    const address = row.dataset.upload;
    if ([...running.values()].some((one) => one.address === address)) continue;
    if (row.dataset.status === "RECEIVED") {
      if (!followed.has(address)) settled(address).then(redraw);
      followed.add(address);
      continue;
    }
    const file = await keptFile(address);
    if (!file || file.size !== Number(row.dataset.size)) continue;
    const slot = row.closest("[data-slot]") || row;
    const sending = new Sending(slot, file, address);
    sending.digest = row.dataset.sha256;
    number += 1;
    running.set(number, sending);
    sending.show();
    sending.state = "queued";
    sending.say("另一个窗口正在传，关了那边这里会接着传。");
    hold(sending, async () => {
      const answer = await read(address).catch(() => null);
      const now = answer && (await answer.json()).status;
      if (now && now !== "OPEN") { sending.end(); redraw(); return; }
      sending.state = "waiting";
      next();
    });
  }
};

// --- what people do ------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  const input = event.target;
  const slot = input.closest("[data-slot]");
  if (input.matches("[data-resume]")) { if (input.files.length) resume(input.closest("[data-upload]"), input.files[0]); return; }
  if (slot && input.type === "file" && input.files.length && slot.dataset.begin) take(slot, [...input.files], input);
});

const zone = (event) => (event.dataTransfer?.types.includes("Files") ? event.target.closest?.("[data-begin]") : null);
document.addEventListener("dragover", (event) => {
  const slot = zone(event);
  document.querySelectorAll(".slot.is-over").forEach((one) => one.classList.toggle("is-over", one === slot));
  if (!slot) return;
  event.preventDefault();
  slot.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.querySelectorAll(".slot.is-over").forEach((one) => one.classList.remove("is-over")); });
document.addEventListener("drop", (event) => {
  const slot = zone(event);
  if (!slot) return;
  event.preventDefault();
  slot.classList.remove("is-over");
  const input = slot.querySelector("input[type=file]");
  if (input) take(slot, [...event.dataTransfer.files].slice(0, input.multiple ? 99 : 1), input);
});

window.addEventListener("online", () => {
  for (const one of running.values()) if (one.state === "broken" && !one.strange) one.state = "waiting";
  next();
});

const busy = () => [...running.values()].some((one) => one.state === "sending" || one.state === "waiting" || one.state === "hashing");
let leaving = false;
window.addEventListener("beforeunload", (event) => {
  if (busy() && !leaving) event.preventDefault();
});

// The page of filing opens beside this one, which goes on sending.
form?.addEventListener("submit", (event) => {
  leaving = true;
  if (event.submitter?.value !== "file" || !busy()) return;
  leaving = false;
  form.target = "_blank";
  form.removeAttribute("data-busy");
  setTimeout(() => { form.removeAttribute("target"); form.setAttribute("data-busy", ""); }, 200);
});

const making = async () => {
  while (document.querySelector("[data-making]")) {
    await wait(1500);
    await redraw();
  }
};

if (document.querySelector("[data-slot], [data-upload]")) {
  follow();
  making();
  forgetOld();
}
