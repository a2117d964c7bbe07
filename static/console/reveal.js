// The page that shows a secret once. Its address becomes that of the "shown once" page, so that reload
// asks for that page and not for a second secret; leaving before the box is ticked asks once.
const page = document.querySelector("[data-reveal]");
if (page) {
  history.replaceState(null, "", page.dataset.reveal);
  const saved = page.querySelector("[data-saved]");
  const done = page.querySelector("[data-done]");
  const download = page.querySelector("[data-download]");
  const ask = (event) => event.preventDefault();

  done.disabled = !saved.checked;
  addEventListener("beforeunload", ask);
  saved.addEventListener("change", () => {
    done.disabled = !saved.checked;
    (saved.checked ? removeEventListener : addEventListener)("beforeunload", ask);
  });

  download.addEventListener("click", () => {
    const lines = [...page.querySelectorAll("[data-env]")].map((field) => `${field.dataset.env}=${field.value}\n`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "text/plain" }));
    link.download = "gatepost.env";
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
