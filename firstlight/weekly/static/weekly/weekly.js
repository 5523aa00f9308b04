// The closing moment on the reader's own clock, and how long it still is; the page says it in the site's zone without this.

const language = document.documentElement.lang;

function showLocally(place) {
  const moment = place.querySelector("time");
  const zone = place.parentElement.querySelector("[data-zone]");
  const format = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
  moment.textContent = format.format(new Date(moment.dateTime));
  zone.textContent = format.resolvedOptions().timeZone;
}

function countDown(place) {
  const end = new Date(place.dataset.timeLeft).getTime();
  const words = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  const show = () => {
    const seconds = Math.round((end - Date.now()) / 1000);
    const [size, unit] = [[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([length]) => seconds >= length) ?? [1, "second"];
    place.textContent = seconds > 0 ? `(${words.format(Math.floor(seconds / size), unit)})` : "";
    if (seconds > 0) setTimeout(show, seconds > 120 ? 30_000 : 1000);
  };
  show();
  place.hidden = false;
}

document.querySelectorAll("[data-local-time]").forEach(showLocally);
document.querySelectorAll("[data-time-left]").forEach(countDown);
