// Search in the whole document: the server knows the words; here one moves among the places where they stand.

const PAUSE_MS = 250;

export class Search {
  #pages;
  #form = document.querySelector("[data-search]");
  #field = document.querySelector("#words");
  #told = document.querySelector("[data-found]");
  #address;
  #matches = [];
  #at = -1;
  #timer = 0;
  #asked = "";

  constructor(pages, address) {
    this.#pages = pages;
    this.#address = address;
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), PAUSE_MS);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#field.value.trim() === this.#asked) this.move(1);
      else this.#look();
    });
  }

  open() {
    this.#form.hidden = false;
    // What the grown bar covers could not be scrolled to at the document's beginning
    document.documentElement.style.setProperty("--bar", `${this.#form.parentElement.offsetHeight}px`);
    this.#field.focus();
    this.#field.select();
  }

  close() {
    this.#form.hidden = true;
    document.documentElement.style.removeProperty("--bar");
    [this.#matches, this.#at, this.#asked] = [[], -1, ""];
    this.#told.textContent = "";
    this.#pages.showMatches([], null);
    document.querySelector("#pages").focus({ preventScroll: true });
  }

  get isOpen() {
    return !this.#form.hidden;
  }

  move(step) {
    if (this.#matches.length === 0) return;
    this.#at = (this.#at + step + this.#matches.length) % this.#matches.length;
    this.#show();
  }

  async #look() {
    clearTimeout(this.#timer);
    const asked = this.#field.value.trim();
    this.#asked = asked;
    let found = [];
    if (asked) {
      this.#told.textContent = "Searching";
      try {
        const answer = await fetch(`${this.#address}?q=${encodeURIComponent(asked)}`);
        if (!answer.ok) throw new Error(String(answer.status));
        ({ found } = await answer.json());
      } catch {
        this.#told.textContent = "Cannot search just now";
        return;
      }
    }
    if (asked !== this.#asked) return; // somebody typed on
    this.#matches = found.flatMap(({ page, words }) => words.map((word) => ({ page, words: word })));
    const here = Number(document.querySelector("#page").value) || 1;
    this.#at = Math.max(0, this.#matches.findIndex((match) => match.page >= here));
    if (this.#matches.length > 0) this.#show();
    else {
      this.#told.textContent = asked ? "Not in this document" : "";
      this.#pages.showMatches([], null);
    }
  }

  #show() {
    const match = this.#matches[this.#at];
    this.#told.textContent = `${this.#at + 1} of ${this.#matches.length}, page ${match.page}`;
    this.#pages.jump(match.page);
    this.#pages.showMatches(this.#matches, match);
  }
}
