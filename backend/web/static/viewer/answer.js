// Whoever answers whether their reading may be recorded comes back to the page that they were on.

for (const form of document.querySelectorAll("[data-answer]")) {
  form.addEventListener("submit", () => {
    form.elements.page.value = document.querySelector("#page").value;
  });
}
