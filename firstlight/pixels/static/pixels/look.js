// Boxes over a picture: drawn, moved and deleted by mouse, touch or keys, and written into the form's own field.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const SMALLEST = 3;

function start(form) {
  const rows = Number(form.dataset.rows);
  const columns = Number(form.dataset.columns);
  const frames = Number(form.dataset.frames);
  const words = JSON.parse(form.dataset.words);
  const field = form.elements.regions;
  const picture = form.querySelector("img");
  const layer = form.querySelector("svg");
  const slider = form.elements.frame;
  const all = form.elements.every_frame;
  const told = form.querySelector("[data-told]");
  const boxes = JSON.parse(field.value).map(([left, top, width, height, frame]) => ({ left, top, width, height, frame }));
  let frame = 1;
  let chosen = null;

  const shown = () => boxes.filter((box) => box.frame === null || box.frame === frame);
  const clamp = (value, low, high) => Math.min(Math.max(Math.round(value), low), high);

  function fit(box) {
    box.width = clamp(box.width, SMALLEST, columns);
    box.height = clamp(box.height, SMALLEST, rows);
    box.left = clamp(box.left, 0, columns - box.width);
    box.top = clamp(box.top, 0, rows - box.height);
  }

  function save() {
    field.value = JSON.stringify(boxes.map((box) => [box.left, box.top, box.width, box.height, box.frame]));
    told.textContent = words.count.replace("{n}", shown().length);
    form.elements.remove.disabled = chosen === null;
    all.disabled = frames === 1;
    all.checked = chosen !== null ? chosen.frame === null : all.checked;
  }

  function draw(focused) {
    const old = new Map([...layer.querySelectorAll("[data-box]")].map((node) => [node.dataset.box, node]));
    shown().forEach((box) => {
      const name = String(boxes.indexOf(box));
      const node = old.get(name) ?? made(name);
      old.delete(name);
      place(node, box, Number(name) + 1);
      if (box === focused) node.focus({ preventScroll: true });
    });
    old.forEach((node) => node.remove());
    save();
  }

  function made(name) {
    const group = document.createElementNS(SVG, "g");
    group.dataset.box = name;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.append(document.createElementNS(SVG, "rect"), document.createElementNS(SVG, "circle"));
    group.addEventListener("focus", () => choose(boxes[Number(group.dataset.box)]));
    layer.append(group);
    return group;
  }

  function place(node, box, number) {
    const [rect, handle] = node.children;
    for (const [name, value] of [["x", box.left], ["y", box.top], ["width", box.width], ["height", box.height]]) {
      rect.setAttribute(name, value);
    }
    handle.setAttribute("cx", box.left + box.width);
    handle.setAttribute("cy", box.top + box.height);
    handle.setAttribute("r", 12 / (layer.getScreenCTM()?.a || 1)); // as large as a fingertip needs, however small the picture is shown
    node.setAttribute("aria-pressed", String(box === chosen));
    node.setAttribute("aria-label", words.box.replace("{n}", number).replace("{x}", box.left).replace("{y}", box.top)
      .replace("{w}", box.width).replace("{h}", box.height));
  }

  function choose(box) {
    if (box === undefined || box === chosen) return;
    chosen = box;
    draw();
  }

  function remove() {
    if (chosen === null) return;
    boxes.splice(boxes.indexOf(chosen), 1);
    layer.replaceChildren();
    chosen = null;
    draw();
    form.elements.add.focus();
  }

  function add(box) {
    const made = { ...box, frame: frames === 1 || all.checked ? null : frame };
    fit(made);
    boxes.push(made);
    chosen = made;
    draw(made);
    return made;
  }

  function show(next) {
    frame = clamp(next, 1, frames);
    slider.value = String(frame);
    picture.src = `${form.dataset.picture}${frame}`;
    form.querySelector("[data-frame]").textContent = words.frame.replace("{n}", frame).replace("{all}", frames);
    chosen = null;
    layer.replaceChildren();
    draw();
  }

  function at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(layer.getScreenCTM().inverse());
    return { x: point.x, y: point.y };
  }

  layer.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const from = at(event);
    const node = event.target.closest("[data-box]");
    const box = node ? boxes[Number(node.dataset.box)] : null;
    const before = box ? { ...box } : null;
    const sizing = event.target.tagName === "circle";
    let fresh = null;
    if (node) node.focus({ preventScroll: true });
    layer.setPointerCapture(event.pointerId);
    const move = (later) => {
      const to = at(later);
      const [right, down] = [to.x - from.x, to.y - from.y];
      if (box) {
        Object.assign(box, sizing ? { width: before.width + right, height: before.height + down }
          : { left: before.left + right, top: before.top + down });
      } else if (fresh || Math.hypot(right, down) > SMALLEST) {
        fresh ??= add({ left: from.x, top: from.y, width: SMALLEST, height: SMALLEST });
        Object.assign(fresh, { left: Math.min(from.x, to.x), top: Math.min(from.y, to.y),
          width: Math.abs(right), height: Math.abs(down) });
      }
      const changed = box ?? fresh;
      if (changed) {
        fit(changed);
        draw();
      }
    };
    const end = () => {
      layer.removeEventListener("pointermove", move);
      layer.removeEventListener("pointerup", end);
      layer.removeEventListener("pointercancel", end);
    };
    layer.addEventListener("pointermove", move);
    layer.addEventListener("pointerup", end);
    layer.addEventListener("pointercancel", end);
  });

  layer.addEventListener("keydown", (event) => {
    if (chosen === null) return;
    const step = event.shiftKey ? 10 : 1;
    const [right, down] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      remove();
    } else if (right || down) {
      event.preventDefault();
      if (event.altKey || event.ctrlKey) {
        chosen.width += right;
        chosen.height += down;
      } else {
        chosen.left += right;
        chosen.top += down;
      }
      fit(chosen);
      draw();
    }
  });

  form.elements.add.addEventListener("click", () => add({
    left: columns * 0.35, top: rows * 0.45, width: columns * 0.3, height: rows * 0.1,
  }));
  form.elements.remove.addEventListener("click", remove);
  form.elements.before.addEventListener("click", () => show(frame - 1));
  form.elements.next.addEventListener("click", () => show(frame + 1));
  slider.addEventListener("input", () => show(Number(slider.value)));
  all.addEventListener("change", () => {
    if (chosen === null) return;
    chosen.frame = all.checked ? null : frame;
    draw();
  });
  form.dataset.ready = "true";
  draw();
}

document.querySelectorAll("form[data-look]").forEach(start);
