// Blocking on purpose: the reader's kept theme is set before the first paint, so that no page flashes.
(() => {
  const kept = readTheme();
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;

  function readTheme() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off: the system's theme stands
    }
  }
})();
