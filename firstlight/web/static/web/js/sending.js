// How a sending goes, kept fresh while it runs.

const EVERY_MS = 3000;

async function refresh() {
  const shown = document.querySelector("[data-sending]");
  if (!shown) return;
  try {
    const answer = await fetch(shown.dataset.sending);
    const isUsed = shown.contains(document.activeElement);
    if (answer.ok && !isUsed) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("#sending");
      if (fresh) shown.replaceWith(document.adoptNode(fresh));
    }
  } catch {
    // the line is down: what is shown stays, and the next turn asks again
  }
  setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
