// A room's page on a wall tablet: counts the pause down, and looks for news from another tablet. Works without it too.

const LOOK_EVERY_MS = 20000;
const words = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "long" });

let busy = false;
let over = false;

function countDown() {
  for (const place of document.querySelectorAll("[data-until]")) {
    const minutes = Math.ceil((Date.parse(place.dataset.until) - Date.now()) / 60000);
    place.textContent = minutes > 0 ? place.dataset.words.replace("{}", words.format(minutes)) : "";
    if (minutes <= 0 && !over) {
      over = true;
      look();
    }
  }
}

async function look() {
  if (busy || document.hidden || location.search.includes("on=")) return;
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [now, then] = [document, page].map((each) => each.querySelector("[data-live]"));
    if (then && now.dataset.state !== then.dataset.state) location.reload();
  } catch {
    // no network: the page stays as it is until the next look
  } finally {
    busy = false;
  }
}

countDown();
setInterval(countDown, 5000);
setInterval(look, LOOK_EVERY_MS);
document.addEventListener("visibilitychange", look);
