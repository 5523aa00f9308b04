// At the bedside: each tap asks the server and puts its answer in place. Without this the form's button does the same.

const form = document.querySelector("[data-bedside]");
let asked = 0;

const addressOf = () => {
  const given = new FormData(form);
  const parameters = new URLSearchParams([...given].filter(([, answer]) => answer));
  return `${location.pathname}?${parameters}`;
};

function put(page) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }
}

async function show() {
  const turn = ++asked;
  const address = addressOf();
  const focused = document.activeElement?.id;
  const isOpen = document.getElementById("bedside-special")?.open;
  try {
    const answer = await fetch(address);
    if (!answer.ok || turn !== asked) return;
    put(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (isOpen) document.getElementById("bedside-special").open = true;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    history.replaceState(null, "", address);
  } catch {
    // without a line the taps stay, and the button asks again
  }
}

if (form) form.addEventListener("change", show);
