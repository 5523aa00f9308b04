// While a guideline is being typed: the server checks the whole of it and says what is wrong.

const text = document.querySelector("textarea[data-checked]");
const report = document.getElementById("report");
const PAUSE_MS = 300;
let timer = 0;
let asked = 0;
let isSaved = true;

async function check() {
  const turn = ++asked;
  const words = new FormData();
  words.set("text", text.value);
  words.set("csrfmiddlewaretoken", text.form.elements.csrfmiddlewaretoken.value);
  try {
    const answer = await fetch(report.dataset.check, { method: "POST", body: words });
    if (!answer.ok || turn !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    report.replaceChildren(...page.body.childNodes);
  } catch {
    // without a line the text stays in its field, and saving checks it
  }
}

if (text && report) {
  text.addEventListener("input", () => {
    isSaved = false;
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE_MS);
  });
  text.form.addEventListener("submit", () => {
    isSaved = true;
  });
  addEventListener("beforeunload", (event) => {
    if (!isSaved) event.preventDefault();
  });
}
