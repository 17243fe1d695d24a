// Keeps what is shown up to date: asks, shows, waits, asks again. Backs off while there is no answer,
// and rests while nobody looks.

const INTERVAL_MS = 2_000;
const LONGEST_MS = 30_000;

export class Live {
  #load; #show; #fail; #interval;
  #timer = null;
  #abort = null;
  #failures = 0;
  #running = false;

  /// `load(signal)` returns what `show` shows; `fail(error)` is told why it could not.
  constructor({ load, show, fail = () => {}, interval = INTERVAL_MS }) {
    this.#load = load;
    this.#show = show;
    this.#fail = fail;
    this.#interval = interval;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    document.addEventListener("visibilitychange", this.#look);
    this.refresh();
  }

  stop() {
    this.#running = false;
    document.removeEventListener("visibilitychange", this.#look);
    this.#cancel();
  }

  /// Asks now.
  async refresh() {
    this.#cancel();
    if (!this.#running) return;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const found = await this.#load(abort.signal);
      if (abort.signal.aborted) return;
      this.#failures = 0;
      this.#show(found);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#failures += 1;
      this.#fail(error);
    }
    if (this.#running && this.#abort === abort) this.#plan();
  }

  #plan() {
    if (document.hidden) return;
    const wait = Math.min(this.#interval * 2 ** Math.min(this.#failures, 10), LONGEST_MS);
    this.#timer = setTimeout(() => this.refresh(), wait);
  }

  #cancel() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#abort?.abort();
    this.#abort = null;
  }

  #look = () => {
    if (document.hidden) this.#cancel();
    else this.refresh();
  };
}
