// data-append-to="ID" adds its lines to a text area, once each. Without a script the same button posts the form.
import { say } from "./live.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-append-to]");
  if (!button) return;
  event.preventDefault();
  const field = document.getElementById(button.dataset.appendTo);
  const lines = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const added = button.dataset.lines.split("\n").filter((line) => !lines.includes(line));
  field.value = [...lines, ...added].join("\n");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  say(button.dataset.said);
});
