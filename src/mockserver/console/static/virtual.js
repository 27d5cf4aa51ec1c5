// A grid of any length that keeps only visible rows in the DOM.

import { h } from "./dom.js";

export class VirtualGrid {
  /** `columns` are headers, `render(item)` returns the cells' contents, `open(item)` is called on Enter and clicks. */
  constructor({ label, columns, render, open, key }) {
    this.items = [];
    this.render = render;
    this.open = open;
    this.key = key;
    this.active = 0;
    this.selected = undefined;
    //: The rows in the DOM by their items' keys: a row stays the same element when it moves, and keeps the focus.
    this.rows = new Map();
    this.spacer = h("div", { class: "v-space", role: "rowgroup" });
    this.head = h("div", { class: "v-row v-head", role: "row", "aria-rowindex": "1" },
      columns.map(([name, text]) => h("div", { role: "columnheader", class: `c-${name}` }, text)));
    this.names = columns.map(([name]) => name);
    this.headGroup = h("div", { role: "rowgroup", class: "v-headgroup" }, this.head);
    this.viewport = h("div", { class: "v-view", role: "presentation", onscroll: () => this.schedule() }, this.headGroup, this.spacer);
    this.element = h("div", { class: "v-grid", role: "grid", "aria-label": label, "aria-rowcount": "1" }, this.viewport);
    this.viewport.addEventListener("keydown", (event) => this.onKey(event));
    this.observer = new ResizeObserver(() => this.schedule());
    this.observer.observe(this.viewport);
  }

  get rowHeight() {
    return parseFloat(getComputedStyle(this.spacer).getPropertyValue("--row")) || 36;
  }

  /** Show other items; focus and scroll position stay on the same item if it is among them. */
  set(items) {
    const held = this.isHeld ? this.activeKey : undefined;
    const height = this.rowHeight;
    const top = Math.floor(this.viewport.scrollTop / height);
    const anchor = this.viewport.scrollTop > 0 && this.items[top] ? this.key(this.items[top]) : undefined;
    this.items = items;
    const place = held === undefined ? -1 : this.find(held);
    this.active = place >= 0 ? place : Math.max(0, Math.min(this.active, items.length - 1));
    const now = anchor === undefined ? -1 : this.find(anchor);
    if (now >= 0 && now !== top) {
      this.resize();
      this.viewport.scrollTop += (now - top) * height;
    }
    this.schedule();
  }

  /** Add newer items on top. */
  prepend(items, most) {
    if (items.length) this.set([...items, ...this.items].slice(0, most));
  }

  find(key) {
    return this.items.findIndex((item) => this.key(item) === key);
  }

  get activeKey() {
    return this.items[this.active] && this.key(this.items[this.active]);
  }

  /** Whether a row has the focus or was scrolled to: newer ones must not take its place. */
  get isHeld() {
    return this.active > 0 || this.selected !== undefined || this.viewport.contains(document.activeElement);
  }

  schedule() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.draw();
    });
  }

  /** The visible height for rows; the header stays on top. */
  get room() {
    return this.viewport.clientHeight - this.headGroup.offsetHeight;
  }

  resize() {
    this.spacer.style.height = `${this.items.length * this.rowHeight}px`;
    this.element.setAttribute("aria-rowcount", String(this.items.length + 1));
  }

  draw() {
    this.resize();
    const height = this.rowHeight;
    const first = Math.max(0, Math.floor(this.viewport.scrollTop / height) - 8);
    const last = Math.min(this.items.length, Math.ceil((this.viewport.scrollTop + this.room) / height) + 8);
    const wanted = new Map();
    for (let index = first; index < last; index++) wanted.set(this.key(this.items[index]), index);
    // Return the keyboard focus to its row.
    if (this.items.length) wanted.set(this.activeKey, this.active);
    let lost = false;
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      lost ||= row === document.activeElement;
      row.remove();
      this.rows.delete(key);
    }
    // From the end, so that each new row can be inserted before the next one.
    let next = null;
    for (const [key, index] of [...wanted].sort(([, one], [, other]) => other - one)) next = this.put(key, index, height, next);
    if (lost) this.rows.get(this.activeKey)?.focus({ preventScroll: true });
  }

  put(key, index, height, next) {
    const item = this.items[index];
    let row = this.rows.get(key);
    if (row === undefined || row.item !== item) {
      const made = this.make(item, key);
      if (row === undefined) this.spacer.insertBefore(made, next);
      else row.replaceChildren(...made.children);
      row ??= made;
      row.item = item;
      this.rows.set(key, row);
    }
    row.setAttribute("aria-rowindex", String(index + 2));
    row.setAttribute("aria-selected", String(key === this.selected));
    row.tabIndex = index === this.active ? 0 : -1;
    row.style.transform = `translateY(${index * height}px)`;
    return row;
  }

  make(item, key) {
    return h("div", { class: "v-row", role: "row", onclick: () => this.choose(this.find(key)) },
      this.render(item).map((cell, number) => h("div", { role: "gridcell", class: `c-${this.names[number]}` }, cell)));
  }

  choose(index) {
    if (!this.items[index]) return;
    this.selected = this.key(this.items[index]);
    this.move(index);
    this.open(this.items[index]);
  }

  move(index) {
    this.active = Math.max(0, Math.min(index, this.items.length - 1));
    const height = this.rowHeight;
    const top = this.active * height;
    if (top < this.viewport.scrollTop) this.viewport.scrollTop = top;
    const bottom = top + height - this.room;
    if (bottom > this.viewport.scrollTop) this.viewport.scrollTop = bottom;
    this.draw();
    const row = this.rows.get(this.activeKey);
    row?.focus({ preventScroll: true });
    // The list itself may be below the visible part of the page.
    row?.scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.room / this.rowHeight) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.move(Math.max(0, Math.min(this.active + steps[event.key], this.items.length - 1)));
    else if ((event.key === "Enter" || event.key === " ") && this.items.length) this.choose(this.active);
    else return;
    event.preventDefault();
  }
}
