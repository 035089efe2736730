// Sets the chosen theme before the page is painted. Not a module, so that it runs at once.
(() => {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
