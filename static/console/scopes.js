// The scopes picker: data-tick ticks exactly its scopes; a broad scope marks the narrower ones as included.
const boxes = () => [...document.querySelectorAll("[data-includes]")];

function mark() {
  const included = new Set(boxes().filter((box) => box.checked).flatMap((box) => box.dataset.includes.split(" ")));
  boxes().forEach((box) => {
    box.closest(".scope").querySelector("[data-included]").hidden = !included.has(box.value);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tick]");
  if (!button) return;
  const wanted = button.dataset.tick.split(" ");
  boxes().forEach((box) => { box.checked = wanted.includes(box.value); });
  button.closest("form").dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("input", mark);
mark();
