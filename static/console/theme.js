// Runs before the first paint: follows the system's theme unless the server set one from the cookie.
(() => {
  const root = document.documentElement;
  root.classList.add("has-script");
  if (root.dataset.bsTheme) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  follow();
  dark.addEventListener("change", follow);
})();
