// Files are looked at before they travel; form[data-upload] shows how far they are.
// data-types="docx pdf", data-most in bytes, both on the file input.
const mega = (bytes) => `${(bytes / 1048576).toFixed(1)} MB`;

const wrong = (input, file) => {
  const types = (input.dataset.types || "").split(/[\s,]+/).filter(Boolean);
  const kind = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
  if (types.length && !types.includes(kind)) return `“${file.name}”不是能收的格式，请用 ${types.join("、")}`;
  if (file.size === 0) return `“${file.name}”是空的，请换一份`;
  const most = Number(input.dataset.most || 0);
  if (most && file.size > most) {
    const cure = /^(jpe?g|png|heic)$/.test(kind) ? "请选“发送压缩图”后再传" : "请压缩后再传";
    return `“${file.name}”有 ${mega(file.size)}，超过 ${mega(most)}。${cure}`;
  }
  return "";
};

const say = (input, text, bad) => {
  const form = input.form;
  let out = form.querySelector("[data-file-says]");
  if (!out) {
    out = document.createElement("p");
    out.dataset.fileSays = "";
    out.setAttribute("role", "status");
    input.after(out);
  }
  out.className = bad ? "field-error" : "field-hint";
  out.textContent = text;
};

const check = (input) => {
  const problems = [...input.files].map((file) => wrong(input, file)).filter(Boolean);
  if (problems.length) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  const names = [...input.files].map((file) => `${file.name} · ${mega(file.size)}`).join("；");
  say(input, problems[0] || names, problems.length > 0);
  return problems.length === 0;
};

const send = (form, submitter) => {
  const request = new XMLHttpRequest();
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", "上传进度");
  const input = form.querySelector("input[type=file]");
  input.after(bar);
  const began = Date.now();
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  const stop = (text) => {
    bar.remove();
    form.removeAttribute("aria-busy");
    if (submitter) submitter.disabled = false;
    say(input, text, true);
  };
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = (event.loaded / event.total) * 100;
    const seconds = ((Date.now() - began) / 1000) * (event.total / event.loaded - 1);
    const rest = event.loaded === event.total ? "传完了，正在核对" : `还要约 ${Math.max(1, Math.round(seconds))} 秒`;
    say(input, `${mega(event.loaded)} / ${mega(event.total)} · ${rest}`, false);
  });
  request.addEventListener("load", () => {
    const ours = request.responseURL && new URL(request.responseURL).origin === location.origin;
    if (request.status === 413) stop("文件太大了，没有收。请压缩后再传");
    else if (request.status >= 500 || request.status === 429 || !ours) stop("没传上，文件还在您手里。请再试一次");
    else if (request.responseURL !== new URL(form.action, location).href) location.assign(request.responseURL);
    else {
      // The page came back with an explanation: show it as the browser would.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.querySelector("main");
      if (main) {
        document.querySelector("main").replaceWith(main);
        window.htmx?.process(main);
        main.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
        (main.querySelector("[role=alert]") || main).focus();
      } else location.reload();
    }
  });
  request.addEventListener("error", () => stop("网断了，没传上。连上网后再试一次"));
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "upload");
  form.setAttribute("aria-busy", "true");
  if (submitter) submitter.disabled = true;
  request.send(data);
};

document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-upload] input[type=file], input[type=file][data-file-check]") && event.target.files.length) check(event.target);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const inputs = [...form.querySelectorAll("input[type=file]")].filter((one) => one.files.length);
  const checked = inputs.filter((one) => one.matches("[data-file-check], form[data-upload] *"));
  if (checked.some((one) => !check(one))) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (!form.matches("[data-upload]") || event.defaultPrevented || !inputs.length) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
}, true);
