// Suggestions below the search field while somebody types; without this the form works as it is.

const field = document.querySelector("[data-suggest]");
const list = document.querySelector("[data-suggestions]");
const told = document.querySelector("[data-suggestions-count]");
let waiting = 0;
let asking = new AbortController();

function link(suggestion) {
  const address = new URL(suggestion.url, location.href);
  const day = new URL(location.href).searchParams.get("on");
  if (day) address.searchParams.set("on", day);
  const place = document.createElement("a");
  place.href = address;
  place.append(suggestion.text);
  const note = document.createElement("span");
  note.className = "number";
  note.textContent = suggestion.number ? `#${suggestion.number}` : suggestion.count;
  place.append(note);
  return place;
}

function show(suggestions) {
  list.replaceChildren(...suggestions.map(link));
  list.hidden = suggestions.length === 0;
  told.textContent = list.hidden ? "" : told.dataset.words.replace("NUMBER", suggestions.length);
}

async function ask() {
  asking.abort();
  asking = new AbortController();
  const address = new URL(field.dataset.suggest, location.href);
  address.searchParams.set("q", field.value);
  address.searchParams.set("within", location.pathname);
  const day = new URL(location.href).searchParams.get("on");
  if (day) address.searchParams.set("on", day);
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (answer.ok) show((await answer.json()).suggestions);
  } catch (error) {
    if (error.name !== "AbortError") show([]);
  }
}

function move(event) {
  const places = [field, ...list.querySelectorAll("a")];
  const at = places.indexOf(document.activeElement);
  if (event.key === "Escape") {
    show([]);
    field.focus();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && !list.hidden && at >= 0) {
    event.preventDefault();
    places[(at + (event.key === "ArrowDown" ? 1 : places.length - 1)) % places.length].focus();
  }
}

field.addEventListener("input", () => {
  clearTimeout(waiting);
  if (field.value.trim()) waiting = setTimeout(ask, 150);
  else show([]);
});
field.parentElement.addEventListener("keydown", move);
document.addEventListener("click", (event) => {
  if (!field.parentElement.contains(event.target)) show([]);
});
