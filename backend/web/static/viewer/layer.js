// The text over a page's image, to be selected, searched and read aloud; and the links that stand on the page.

const pen = document.createElement("canvas").getContext("2d");
pen.font = "100px sans-serif";

export function textLayer(told, page) {
  const layer = document.createElement("div");
  layer.className = "text";
  const ratio = page.height / page.width;
  let line = null;
  told.words.forEach(([left, top, right, bottom, text, number], index) => {
    if (!line || line.dataset.line !== String(number)) {
      line = document.createElement("span");
      line.className = "line";
      line.dir = "auto";
      line.dataset.line = number;
      layer.append(line, "\n");
    }
    const word = document.createElement("span");
    word.className = "word";
    word.dataset.word = index;
    word.textContent = text;
    const size = (bottom - top) * ratio * 100; // in hundredths of the page's width
    const natural = (pen.measureText(text).width / 100) * size;
    word.style.left = `${left * 100}%`;
    word.style.top = `${top * 100}%`;
    word.style.fontSize = `${size}cqw`;
    if (natural > 0) word.style.transform = `scaleX(${((right - left) * 100) / natural})`;
    line.append(word, " ");
  });
  return layer;
}

export function linkLayer(told, page, address, jump) {
  const layer = document.createElement("div");
  layer.className = "links";
  told.links.forEach(([left, top, right, bottom, uri, target], index) => {
    const link = document.createElement("a");
    if (target) {
      link.href = `#page-${target}`;
      link.setAttribute("aria-label", `Page ${target}`);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        jump(target);
      });
    } else if (uri) {
      link.href = address(page.number, index);
      link.target = "_blank";
      link.rel = "nofollow noopener noreferrer";
      link.title = uri;
      link.setAttribute("aria-label", uri);
    } else return;
    Object.assign(link.style, {
      left: `${left * 100}%`,
      top: `${top * 100}%`,
      width: `${(right - left) * 100}%`,
      height: `${(bottom - top) * 100}%`,
    });
    layer.append(link);
  });
  return layer;
}

export function highlight(section, matches, current) {
  for (const word of section.querySelectorAll(".word.match")) word.classList.remove("match", "current");
  for (const match of matches) {
    for (let index = match.words[0]; index <= match.words[1]; index += 1) {
      const word = section.querySelector(`.word[data-word="${index}"]`);
      word?.classList.add("match");
      word?.classList.toggle("current", match === current);
    }
  }
}
