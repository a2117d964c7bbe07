// A form whose answer shows a secret is sent once, however often its button is pressed.
const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  if (!event.target.elements.once) return;
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
});

// A page that comes back from the browser's memory may be sent anew; the server recognises a repetition.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form").forEach((form) => sent.delete(form));
});
