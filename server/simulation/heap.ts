export interface Due {
  readonly dueMs: number;
}

/** A queue of things to come, soonest first; equal times in the order they were added. */
export class DueQueue<T extends Due> {
  private readonly items: T[] = [];
  private readonly orders: number[] = [];
  private added = 0;

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const order = this.added++;
    let at = this.items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(item.dueMs, order, parent)) break;
      this.place(at, parent);
      at = parent;
    }
    this.items[at] = item;
    this.orders[at] = order;
  }

  pop(): T | undefined {
    const first = this.items[0];
    const last = this.items.pop();
    const order = this.orders.pop();
    if (first === undefined || last === undefined || order === undefined || this.items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.items.length) break;
      if (child + 1 < this.items.length && this.childBefore(child + 1, child)) child++;
      if (this.before(last.dueMs, order, child)) break;
      this.place(at, child);
      at = child;
    }
    this.items[at] = last;
    this.orders[at] = order;
    return first;
  }

  private before(dueMs: number, order: number, index: number): boolean {
    const other = this.items[index];
    if (other === undefined) return true;
    return dueMs < other.dueMs || (dueMs === other.dueMs && order < (this.orders[index] ?? 0));
  }

  private childBefore(left: number, right: number): boolean {
    const item = this.items[left];
    return item !== undefined && this.before(item.dueMs, this.orders[left] ?? 0, right);
  }

  private place(to: number, from: number): void {
    const item = this.items[from];
    const order = this.orders[from];
    if (item === undefined || order === undefined) return;
    this.items[to] = item;
    this.orders[to] = order;
  }
}
