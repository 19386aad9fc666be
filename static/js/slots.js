// form[data-editor] [data-slot]: files travel one slot at a time, with their progress.
// Without this module the same form posts text and files together.
const form = document.querySelector("form[data-editor]");
const here = form?.dataset.editor;
const mega = (bytes) => `${(bytes / 1048576).toFixed(1)} MB`;

const wrong = (input, file) => {
  const kinds = input.dataset.types.split(" ");
  const kind = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
  if (!kinds.includes(kind)) return `“${file.name}”的类型不能上传，这里可以上传：${kinds.join("、").toUpperCase()}。`;
  if (file.size > Number(input.dataset.most)) return `“${file.name}”有 ${mega(file.size)}，超过 ${mega(Number(input.dataset.most))}。请压缩图片或分开保存后再上传。`;
  return "";
};

const tell = (slot, text, bad = false) => {
  const out = slot.querySelector("[data-slot-progress]");
  out.textContent = text;
  out.classList.toggle("is-bad", bad);
  slot.classList.toggle("is-bad", bad);
};

const arrived = (request, slot, input) => {
  if (request.responseURL && new URL(request.responseURL).pathname !== here) tell(slot, "登录过期了，文件没传上。请在新窗口登录后再选一次，这里的文字都还在。", true);
  else if (request.status === 413) tell(slot, "文件太大了，没有收。请压缩后再传。", true);
  else if (request.status !== 200 && request.status !== 422) tell(slot, "没传上，文件还在您手里。请再试一次。", true);
  else {
    const name = slot.dataset.slot;
    const box = document.querySelector('[data-live="materials"]');
    box.innerHTML = request.responseText;
    box.querySelector(`[data-slot="${CSS.escape(name)}"] input[type=file]`)?.focus();
    document.dispatchEvent(new Event("draft:redraw"));
    return;
  }
  input.disabled = false;
};

const send = (slot, input) => {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const file of input.files) data.append(input.name, file);
  tell(slot, "正在上传…");
  const words = document.createElement("span");
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", "上传进度");
  slot.querySelector("[data-slot-progress]").replaceChildren(words, bar);
  const began = Date.now();
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
    if (!lengthComputable) return;
    bar.value = (loaded / total) * 100;
    const seconds = ((Date.now() - began) / 1000) * (total / loaded - 1);
    words.textContent = loaded === total ? "传完了，正在核对" : `${Math.round(bar.value)}% · ${mega(loaded)} / ${mega(total)} · 还要约 ${Math.max(1, Math.round(seconds))} 秒`;
  });
  request.addEventListener("load", () => arrived(request, slot, input));
  request.addEventListener("error", () => { tell(slot, "网断了，没传上。连上网后再选一次。", true); input.disabled = false; });
  request.open("POST", here);
  request.setRequestHeader("X-Requested-With", "upload");
  request.send(data);
  input.disabled = true;
};

form?.addEventListener("change", (event) => {
  const input = event.target;
  const slot = input.closest("[data-slot]");
  if (!slot || input.type !== "file" || !input.files.length) return;
  const problem = [...input.files].map((file) => wrong(input, file)).find(Boolean);
  if (problem) {
    tell(slot, problem, true);
    input.value = "";
  } else send(slot, input);
});
