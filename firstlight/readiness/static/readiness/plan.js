// Draw a zone on the floor plan. Without this the same zone is written as numbers; both fill the same form.

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.5;
const GREAT_STEP = 5;

const plan = document.querySelector("[data-plan]");
const form = document.querySelector("[data-zone-form]");
const tools = document.querySelector("[data-plan-tools]");
const inHand = plan.querySelector("[data-in-hand]");
const handles = plan.querySelector("[data-handles]");
const cornerWord = plan.closest("[data-corner-word]").dataset.cornerWord;
const cornersField = form.elements.corners;
const sides = ["left", "top", "width", "height"].map((name) => form.elements[name]);

let corners = readCorners(cornersField.value);
let drawing = "rectangle";
let start = null;
let held = null;

const round = (value) => Math.round(Math.min(100, Math.max(0, value)) * 10) / 10;

function readCorners(text) {
  const pairs = text.trim().split(/\s+/).filter(Boolean).map((pair) => pair.split(",").map(Number));
  return pairs.every((pair) => pair.length === 2 && pair.every(Number.isFinite)) ? pairs : [];
}

function fromSides() {
  const [left, top, width, height] = sides.map((side) => side.valueAsNumber);
  if ([left, top, width, height].some(Number.isNaN)) return [];
  return rectangle([left, top], [left + width, top + height]);
}

function rectangle([x, y], [u, v]) {
  const [left, right] = [x, u].sort((a, b) => a - b);
  const [top, bottom] = [y, v].sort((a, b) => a - b);
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

function placeOf(event) {
  const box = plan.getBoundingClientRect();
  return [round(((event.clientX - box.left) / box.width) * 100), round(((event.clientY - box.top) / box.height) * 100)];
}

function show({ keepText = false } = {}) {
  const text = corners.map((corner) => corner.join(",")).join(" ");
  inHand.setAttribute("points", text);
  inHand.dataset.kind = form.elements.kind.value;
  if (!keepText) {
    cornersField.value = text;
    for (const side of sides) side.value = "";
  }
  const focused = document.activeElement?.dataset?.corner;
  handles.replaceChildren(...corners.map(handle));
  if (focused !== undefined) handles.children[focused]?.focus();
}

function handle([x, y], place) {
  const circle = document.createElementNS(SVG, "circle");
  circle.setAttribute("cx", `${x}%`);
  circle.setAttribute("cy", `${y}%`);
  circle.setAttribute("r", plan.viewBox.baseVal.width / 75);
  circle.setAttribute("tabindex", "0");
  circle.setAttribute("role", "button");
  circle.setAttribute("aria-label", `${cornerWord} ${place + 1}: ${x}, ${y}`);
  circle.dataset.corner = place;
  return circle;
}

function begin(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  plan.setPointerCapture(event.pointerId);
  const corner = event.target.dataset?.corner;
  if (corner !== undefined) {
    held = Number(corner);
  } else if (drawing === "rectangle") {
    start = placeOf(event);
    corners = [];
  } else {
    corners.push(placeOf(event));
    held = corners.length - 1;
  }
  show();
}

function move(event) {
  if (held !== null) corners[held] = placeOf(event);
  else if (start) corners = rectangle(start, placeOf(event));
  else return;
  show();
}

function end() {
  start = held = null;
}

function moveByKey(event) {
  const place = Number(event.target.dataset?.corner);
  if (Number.isNaN(place)) return;
  const step = event.shiftKey ? GREAT_STEP : STEP;
  const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (event.key === "Delete") corners.splice(place, 1);
  else if (ways[event.key]) corners[place] = corners[place].map((value, axis) => round(value + ways[event.key][axis]));
  else return;
  event.preventDefault();
  show();
}

function choose(button) {
  drawing = button.dataset.draws;
  for (const each of tools.querySelectorAll("[data-draws]")) each.setAttribute("aria-pressed", String(each === button));
}

plan.addEventListener("pointerdown", begin);
plan.addEventListener("pointermove", move);
plan.addEventListener("pointerup", end);
plan.addEventListener("pointercancel", end);
plan.addEventListener("keydown", moveByKey);
form.elements.kind.addEventListener("change", () => show({ keepText: true }));
cornersField.addEventListener("input", () => {
  corners = readCorners(cornersField.value);
  show({ keepText: true });
});
for (const side of sides) {
  side.addEventListener("input", () => {
    cornersField.value = "";
    corners = fromSides();
    show({ keepText: true });
  });
}
tools.querySelectorAll("[data-draws]").forEach((button) => button.addEventListener("click", () => choose(button)));
tools.querySelector("[data-clears]").addEventListener("click", () => {
  corners = [];
  show();
});
tools.hidden = false;
const byNumber = form.querySelector("[data-by-number]");
if (!form.querySelector(".error, [role=alert]")) byNumber.open = false;
show({ keepText: true });
