// A grid of any length that has only the rows in the DOM that can be seen.

import { h } from "./dom.js";

export class VirtualGrid {
  /** `columns` are headers, `render(item)` gives the cells' contents, `open(item)` is told of Enter and clicks. */
  constructor({ label, columns, render, open, key }) {
    this.items = [];
    this.render = render;
    this.open = open;
    this.key = key;
    this.active = 0;
    this.selected = undefined;
    this.rows = new Map();
    this.spacer = h("div", { class: "v-space", role: "rowgroup" });
    this.head = h("div", { class: "v-row v-head", role: "row", "aria-rowindex": "1" },
      columns.map(([name, text]) => h("div", { role: "columnheader", class: `c-${name}` }, text)));
    this.names = columns.map(([name]) => name);
    this.headGroup = h("div", { role: "rowgroup", class: "v-headgroup" }, this.head);
    this.viewport = h("div", { class: "v-view", role: "presentation", onscroll: () => this.schedule() }, this.headGroup, this.spacer);
    this.element = h("div", { class: "v-grid", role: "grid", "aria-label": label, "aria-rowcount": "1" }, this.viewport);
    this.viewport.addEventListener("keydown", (event) => this.onKey(event));
    this.observer = new ResizeObserver(() => {
      // Narrow rows are higher: what stands there has to be laid out anew.
      if (this.height === this.rowHeight) {
        this.schedule();
        return;
      }
      this.forget();
      this.draw();
    });
    this.observer.observe(this.viewport);
  }

  get rowHeight() {
    return parseFloat(getComputedStyle(this.spacer).getPropertyValue("--row")) || 36;
  }

  set(items) {
    this.items = items;
    this.active = Math.min(this.active, Math.max(items.length - 1, 0));
    this.forget();
    this.schedule();
  }

  /** Put newer items on top, and keep what one is looking at where it is. */
  prepend(items, most) {
    const scrolled = this.viewport.scrollTop;
    this.items = [...items, ...this.items].slice(0, most);
    this.forget();
    if (scrolled > 0) {
      this.active = Math.min(this.active + items.length, this.items.length - 1);
      this.resize();
      this.viewport.scrollTop = scrolled + items.length * this.rowHeight;
    }
    this.schedule();
  }

  forget() {
    this.focused = this.viewport.contains(document.activeElement);
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
  }

  schedule() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.draw();
    });
  }

  /** How much of the viewport rows can be seen in; the header stays on top. */
  get room() {
    return this.viewport.clientHeight - this.headGroup.offsetHeight;
  }

  resize() {
    this.spacer.style.height = `${this.items.length * this.rowHeight}px`;
    this.element.setAttribute("aria-rowcount", String(this.items.length + 1));
  }

  draw() {
    this.resize();
    const height = (this.height = this.rowHeight);
    const first = Math.max(0, Math.floor(this.viewport.scrollTop / height) - 8);
    const last = Math.min(this.items.length, Math.ceil((this.viewport.scrollTop + this.room) / height) + 8);
    for (const [index, row] of this.rows) {
      if ((index < first || index >= last) && index !== this.active) {
        row.remove();
        this.rows.delete(index);
      }
    }
    for (let index = first; index < last; index++) if (!this.rows.has(index)) this.addRow(index, height);
    if (this.items.length && !this.rows.has(this.active)) this.addRow(this.active, height);
    if (this.focused) {
      this.focused = false;
      this.rows.get(this.active)?.focus({ preventScroll: true });
    }
  }

  addRow(index, height) {
    const item = this.items[index];
    const row = h("div", {
      class: "v-row", role: "row", "aria-rowindex": String(index + 2), tabindex: index === this.active ? "0" : "-1",
      "aria-selected": String(this.selected !== undefined && this.key(item) === this.selected),
      onclick: () => this.choose(index),
    }, this.render(item).map((cell, number) => h("div", { role: "gridcell", class: `c-${this.names[number]}` }, cell)));
    row.style.transform = `translateY(${index * height}px)`;
    this.rows.set(index, row);
    this.spacer.append(row);
  }

  choose(index) {
    this.move(index);
    this.selected = this.key(this.items[index]);
    for (const [number, row] of this.rows) row.setAttribute("aria-selected", String(number === index));
    this.open(this.items[index]);
  }

  move(index) {
    this.rows.get(this.active)?.setAttribute("tabindex", "-1");
    this.active = Math.max(0, Math.min(index, this.items.length - 1));
    const height = this.rowHeight;
    const top = this.active * height;
    if (top < this.viewport.scrollTop) this.viewport.scrollTop = top;
    const bottom = top + height - this.room;
    if (bottom > this.viewport.scrollTop) this.viewport.scrollTop = bottom;
    this.draw();
    const row = this.rows.get(this.active);
    row?.setAttribute("tabindex", "0");
    row?.focus({ preventScroll: true });
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.room / this.rowHeight) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.move(Math.max(0, Math.min(this.active + steps[event.key], this.items.length - 1)));
    else if ((event.key === "Enter" || event.key === " ") && this.items.length) this.choose(this.active);
    else return;
    event.preventDefault();
  }
}
