// Small conveniences; every page works without them.

const root = document.documentElement;
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : darkSystem.matches);

function keepTheme(theme) {
  root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // storage is switched off: the choice lasts for this page
  }
}

function connectThemeToggle(toggle) {
  const show = () => toggle.setAttribute("aria-pressed", String(isDark()));
  toggle.addEventListener("click", () => {
    keepTheme(isDark() ? "light" : "dark");
    show();
  });
  darkSystem.addEventListener("change", show);
  toggle.hidden = false;
  show();
}

function closeOnEscapeOrOutside(menu) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

function bringCurrentIntoView(menu) {
  const current = menu.querySelector("[aria-current]");
  if (current) menu.scrollLeft = current.offsetLeft - (menu.clientWidth - current.offsetWidth) / 2;
}

function connectDialogOpener(opener) {
  opener.addEventListener("click", () => document.getElementById(opener.dataset.opensDialog).showModal());
}

function openDisclosuresForPrint() {
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.disclosure:not([open])")) {
      details.open = true;
      opened.push(details);
    }
  });
  addEventListener("afterprint", () => {
    for (const details of opened.splice(0)) details.open = false;
  });
}

function openDisclosureAtFragment() {
  const target = namedByAddress();
  const details = target && target.closest("details");
  if (!details || details.open) return;
  details.open = true;
  target.scrollIntoView();
}

document.querySelectorAll("[data-theme-toggle]").forEach(connectThemeToggle);
document.querySelectorAll("details.popover").forEach(closeOnEscapeOrOutside);
document.querySelectorAll(".menu").forEach(bringCurrentIntoView);
document.querySelectorAll("[data-opens-dialog]").forEach(connectDialogOpener);
openDisclosuresForPrint();
openDisclosureAtFragment();
addEventListener("hashchange", openDisclosureAtFragment);

function connectTimeSlider(form) {
  const range = form.querySelector("[data-as-of-range]");
  const day = form.querySelector("input[type=date]");
  const first = new Date(`${form.dataset.first}T00:00:00Z`);
  const dayAt = (place) => new Date(first.getTime() + place * 86_400_000).toISOString().slice(0, 10);
  range.addEventListener("input", () => {
    day.value = dayAt(Number(range.value));
    range.setAttribute("aria-valuetext", day.value);
  });
  range.addEventListener("change", () => form.requestSubmit());
  range.setAttribute("aria-valuetext", day.value);
  range.hidden = false;
}

for (const form of document.querySelectorAll("[data-as-of]")) connectTimeSlider(form);

/** The element that the address points at; an address that was damaged on its way points at none. */
function namedByAddress() {
  try {
    return location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  } catch {
    return null;
  }
}
