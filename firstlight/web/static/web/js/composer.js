// While a notice is being typed: what the carrier will charge, how it arrives, what is doubtful. The server reckons.

const form = document.querySelector("[data-composer]");
const PAUSE_MS = 350;
let timer = 0;
let asked = 0;
let isSaved = true;

const say = (place, name, text) => {
  const element = place.querySelector(`[data-say="${name}"]`);
  const before = element.dataset.before;
  element.textContent = before && text ? `${before} ${text}` : text;
  if (before) element.hidden = !text;
};

function showCount(language, count) {
  const place = form.querySelector(`[data-count="${language}"]`);
  place.dataset.state = count.state;
  for (const name of ["charge", "room", "elsewhere", "unsendable", "risky"]) say(place, name, count[name]);
  form.querySelector(`[data-shown="${language}"]`).textContent = count.shown;
}

function showChecks(checks) {
  const list = form.querySelector("[data-checks]");
  const lines = checks.map((check) => {
    const line = document.createElement("li");
    const kind = document.createElement("strong");
    line.dataset.state = check.blocks ? "blocks" : "doubt";
    kind.textContent = check.blocks ? list.dataset.blocks : list.dataset.doubt;
    line.append(kind, ` ${check.sentence}`);
    return line;
  });
  list.replaceChildren(...lines);
  form.querySelector("[data-all-clear]").hidden = lines.length > 0;
}

async function ask() {
  const turn = ++asked;
  try {
    const answer = await fetch(form.dataset.countUrl, { method: "POST", body: new FormData(form) });
    if (!answer.ok || turn !== asked) return;
    const report = await answer.json();
    for (const [language, count] of Object.entries(report.counts)) showCount(language, count);
    showChecks(report.checks);
  } catch {
    // without a line the words stay in their fields, and saving counts them
  }
}

function changed(event) {
  if (event.target.dataset.keeps) return;
  isSaved = false;
  form.querySelector("[data-unsaved]").hidden = false;
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

form.addEventListener("input", changed);
form.addEventListener("submit", () => {
  isSaved = true;
});
form.addEventListener("keydown", (event) => {
  // Enter in a line of one of these fields means its own button.
  if (event.key !== "Enter" || !event.target.dataset.keeps) return;
  event.preventDefault();
  form.requestSubmit(event.target.parentElement.querySelector("button"));
});
addEventListener("beforeunload", (event) => {
  if (!isSaved) event.preventDefault();
});
if (form.querySelector("[role=alert]")) isSaved = false;
