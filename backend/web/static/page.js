// What every page needs: times, the theme switch, menus that close, a waiting page that looks again.

import { tellTimes } from "./times.js";

const THEMES = ["system", "light", "dark"];

function showTheme() {
  const chosen = localStorage.getItem("theme") ?? "system";
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  for (const name of document.querySelectorAll("[data-theme-name]")) name.textContent = chosen;
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const chosen = localStorage.getItem("theme") ?? "system";
    localStorage.setItem("theme", THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length]);
    showTheme();
  });
}
showTheme();
addEventListener("storage", showTheme);

const menu = document.querySelector(".menu");
if (menu) {
  addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.assign(again.href), 1000 * Number(again.dataset.again));

addEventListener("submit", ({ target }) => {
  for (const zone of target.querySelectorAll("[data-time-zone]")) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
});

tellTimes();
setInterval(tellTimes, 20_000);
