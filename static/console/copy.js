// data-copy="TEXT" copies a text, data-copy-from="ID" the value of a field. The clipboard exists only on
// https and localhost; elsewhere the text is selected, so that the keyboard can copy it.
import { say } from "./live.js";

function select(element) {
  if (element.select) {
    element.select();
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom
    ? document.getElementById(button.dataset.copyFrom)
    : button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? source.value);
    say(button.dataset.said);
  } catch {
    select(source);
    say(button.dataset.selected);
  }
});
