// A part of a page that changes while one looks on: `data-refresh` says after how many seconds it is fetched anew.

const part = () => document.querySelector("[data-refresh]");

async function renew() {
  const shown = part();
  if (document.hidden) return waitFor(shown);
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return waitFor(shown);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(shown.id);
    // Whoever reads a table by keyboard keeps their place until the next time.
    if (fresh && !shown.contains(document.activeElement)) shown.replaceWith(document.importNode(fresh, true));
  } catch {
    // the line is down for a moment: what is shown stays, and the next try may do
  }
  const next = part();
  if (next) waitFor(next);
}

function waitFor(shown) {
  setTimeout(renew, Number(shown.dataset.refresh) * 1000);
}

if (part()) waitFor(part());
