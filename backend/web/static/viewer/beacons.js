// Tells the server what was read: numbered beacons, each sent until it was acknowledged, and kept there once.

const MOST_AT_ONCE = 40;
const LEAVING = 40_000; // bytes that browsers let a page send while it goes (64 KB in all)

export class Beacons {
  #address;
  #visit;
  #seq = 0;
  #waiting = []; // not acknowledged yet, oldest first
  #sending = false;
  #failures = 0;
  #over = false;

  constructor(address, visit) {
    this.#address = address;
    this.#visit = visit;
    this.#over = !visit;
  }

  get started() {
    return this.#seq > 0;
  }

  add(at, state, page, pages) {
    if (this.#over) return;
    this.#waiting.push({ seq: this.#seq++, at_ms: Math.round(at), state, page, pages });
  }

  // Send what waits; one request at a time. What fails is tried again by a later call, at the latest after 30 s.
  async send() {
    if (this.#over || this.#sending || this.#waiting.length === 0) return;
    this.#sending = true;
    const told = this.#waiting.slice(0, MOST_AT_ONCE);
    try {
      const answer = await fetch(this.#address, { method: "POST", body: this.#body(told), keepalive: true });
      if (answer.status === 404 || answer.status === 410) this.#over = true; // nobody listens any more
      if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
      this.#waiting = this.#waiting.filter((beacon) => !told.includes(beacon));
      this.#failures = 0;
    } catch {
      this.#failures += 1;
      setTimeout(() => this.send(), Math.min(30_000, 1000 * 2 ** this.#failures));
    } finally {
      this.#sending = false;
    }
    if (this.#waiting.length > 0 && this.#failures === 0) await this.send();
  }

  // The page may be gone in a moment: hand all that waits to the browser. It stays waiting, should the page come back.
  leave() {
    if (this.#over || this.#waiting.length === 0) return;
    let told = this.#waiting.slice(-MOST_AT_ONCE);
    while (told.length > 1 && this.#body(told).length > LEAVING) told = told.slice(1);
    navigator.sendBeacon(this.#address, this.#body(told));
  }

  #body(told) {
    return JSON.stringify({ visit: this.#visit, beacons: told });
  }
}
