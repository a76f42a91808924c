// The confusion matrix, readable at 400 classes: a canvas that shows the part that is scrolled to, at any zoom, with the names
// of its rows and columns beside it where they fit. What a cell says is read out under the mouse, and with the arrow keys.
import { element, number, percent } from "../page.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const zooms = [1, 2, 3, 4, 6, 8, 12, 16, 22, 30]; // pixels of a cell
const named = 12; // from here on names fit
const counted = 22; // and counts

export function confusion(validation, nameOf, scored) {
  const count = validation.classes.length;
  const totals = validation.classes.map(([pictures]) => pictures);
  const cells = [];
  const counts = new Map();
  for (let i = 0; i < validation.confusion.length; i += 3) {
    const [row, column, pictures] = validation.confusion.slice(i, i + 3);
    cells.push({ row, column, pictures, share: pictures / totals[row] });
    counts.set(row * count + column, pictures);
  }

  const canvas = element("canvas");
  const room = element("div");
  const box = element(
    "div",
    {
      class: "matrix",
      tabindex: 0,
      role: "application",
      "aria-label": "Confusion matrix; the arrow keys move from cell to cell, plus and minus zoom",
    },
    canvas,
    room,
  );
  const readout = element("output", { "aria-live": "polite" });
  let size = 1;
  let chosen = null;

  const gutterOf = (cell) => (cell >= named ? (box.clientWidth < 600 ? 84 : 150) : 0);
  const gutter = () => gutterOf(size);

  function tell() {
    if (!chosen) {
      readout.textContent = "Point at a cell, or reach the matrix with the Tab key and move with the arrow keys.";
      return;
    }
    const { row, column } = chosen;
    const pictures = counts.get(row * count + column) ?? 0;
    const share = totals[row] > 0 ? ` (${percent(pictures / totals[row], 1)})` : "";
    readout.textContent =
      row === column
        ? `${nameOf(row)}: ${pictures} of ${totals[row]} pictures are right${share}`
        : `${nameOf(row)} taken for ${nameOf(column)}: ${pictures} of ${totals[row]} pictures${share}`;
  }

  function cut(context, text, width) {
    if (context.measureText(text).width <= width) return text;
    let letters = [...text];
    while (letters.length > 0 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
    return `${letters.join("")}…`;
  }

  function draw() {
    const [width, height] = [box.clientWidth, box.clientHeight];
    const ratio = devicePixelRatio;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const margin = gutter();
    const side = count * size;
    const [left, top] = [margin - box.scrollLeft, margin - box.scrollTop];
    context.save();
    context.beginPath();
    context.rect(margin, margin, width - margin, height - margin);
    context.clip();
    context.fillStyle = css("--panel");
    context.fillRect(left, top, side, side);
    const [good, bad, ink] = [css("--good"), css("--bad"), css("--ink")];
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const gap = size >= 8 ? 1 : 0;
    for (const cell of cells) {
      const [x, y] = [left + cell.column * size, top + cell.row * size];
      if (x + size < margin || y + size < margin || x > width || y > height) continue;
      // The root makes single pictures among many visible, and so does a darker colour where a cell is but a dot.
      const least = size < 4 ? 0.5 : 0.2;
      context.globalAlpha = least + (1 - least) * Math.sqrt(cell.share);
      context.fillStyle = cell.row === cell.column ? good : bad;
      context.fillRect(x, y, Math.max(2, size - gap), Math.max(2, size - gap));
      if (size < counted) continue;
      context.globalAlpha = 1;
      context.fillStyle = cell.share > 0.3 ? css("--paper") : ink;
      context.fillText(cell.pictures, x + size / 2, y + size / 2);
    }
    context.globalAlpha = 1;
    if (chosen) {
      context.strokeStyle = css("--accent");
      context.lineWidth = 1;
      context.globalAlpha = 0.6;
      context.strokeRect(left, top + chosen.row * size - 0.5, side, size + 1);
      context.strokeRect(left + chosen.column * size - 0.5, top, size + 1, side);
      context.globalAlpha = 1;
      context.lineWidth = 2;
      context.strokeRect(left + chosen.column * size - 1, top + chosen.row * size - 1, size + 2, size + 2);
    }
    context.restore();
    if (margin === 0) return;
    context.fillStyle = ink;
    context.textBaseline = "middle";
    for (let i = 0; i < count; ++i) {
      const text = cut(context, nameOf(i), margin - 10);
      const [x, y] = [left + (i + 0.5) * size, top + (i + 0.5) * size];
      if (y > margin && y < height) {
        context.textAlign = "right";
        context.fillText(text, margin - 6, y);
      }
      if (x > margin && x < width) {
        context.save();
        context.translate(x, margin - 6);
        context.rotate(-Math.PI / 2);
        context.textAlign = "left";
        context.fillText(text, 0, 0);
        context.restore();
      }
    }
  }

  // The box scrolls over the whole matrix; the canvas stays in its place and takes none of that room.
  function layOut() {
    const all = gutter() + count * size;
    room.style.width = `${all}px`;
    room.style.height = `${Math.max(0, all - box.clientHeight)}px`;
    draw();
  }

  function zoomTo(wanted) {
    const anchor = chosen ?? {
      row: (box.scrollTop + box.clientHeight / 2) / size,
      column: (box.scrollLeft + box.clientWidth / 2) / size,
    };
    size = wanted;
    layOut();
    box.scrollTop = (anchor.row + 0.5) * size + gutter() - box.clientHeight / 2;
    box.scrollLeft = (anchor.column + 0.5) * size + gutter() - box.clientWidth / 2;
    draw();
  }

  const zoom = (direction) =>
    zoomTo((direction > 0 ? zooms.find((one) => one > size) : zooms.findLast((one) => one < size)) ?? size);
  function fit() {
    const room = Math.min(box.clientWidth, box.clientHeight);
    const beside = (room - gutterOf(named)) / count;
    const alone = Math.min(named - 1, room / count);
    const fitting = beside >= named ? beside : alone;
    zoomTo(fitting >= 4 ? Math.floor(fitting) : fitting);
  }

  function choose(row, column) {
    chosen = row >= 0 && column >= 0 && row < count && column < count ? { row, column } : null;
    tell();
    draw();
  }

  const at = (event) => {
    const place = canvas.getBoundingClientRect();
    const cell = (offset, scrolled) => (offset < gutter() ? -1 : Math.floor((offset - gutter() + scrolled) / size));
    choose(cell(event.clientY - place.top, box.scrollTop), cell(event.clientX - place.left, box.scrollLeft));
  };
  canvas.addEventListener("pointermove", at);
  canvas.addEventListener("pointerdown", at);
  box.addEventListener("scroll", draw);
  box.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key === "+" || event.key === "-") return zoom(event.key === "+" ? 1 : -1);
    if (!(event.key in moves)) return;
    event.preventDefault();
    const within = (value) => Math.min(count - 1, Math.max(0, value));
    const [down, right] = moves[event.key];
    choose(chosen ? within(chosen.row + down) : 0, chosen ? within(chosen.column + right) : 0);
    const reveal = (place, scrolled, length) =>
      Math.min(place * size, Math.max(scrolled, (place + 1) * size + gutter() - length));
    box.scrollTop = reveal(chosen.row, box.scrollTop, box.clientHeight);
    box.scrollLeft = reveal(chosen.column, box.scrollLeft, box.clientWidth);
  });
  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    fit();
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  tell();

  const [low, high] = validation.top1_interval;
  return [
    element(
      "p",
      {},
      `${percent(validation.top1)} of ${validation.pictures} pictures are right (95 %: ${percent(low)} to ${percent(high)}); `,
      `top-5 ${percent(validation.top5)}, macro F1 ${percent(validation.macro_f1)}, loss ${number(validation.loss)}: ${scored}.`,
    ),
    element(
      "p",
      { class: "faint" },
      "A row for each class, with what its pictures were taken for; colours are shares of the row, right ones on the diagonal.",
    ),
    element(
      "div",
      { class: "tools" },
      element("button", { type: "button", "aria-label": "Zoom out", onclick: () => zoom(-1) }, "−"),
      element("button", { type: "button", "aria-label": "Zoom in", onclick: () => zoom(1) }, "+"),
      element("button", { type: "button", onclick: fit }, "Fit"),
      readout,
    ),
    box,
  ];
}
