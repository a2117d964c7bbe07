// After an answer with errors the focus goes to their summary.
document.querySelector("[data-error-summary]")?.focus();
