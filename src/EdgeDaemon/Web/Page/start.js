// Says why the page stays empty where its modules are refused. A plain script: browsers fetch it without the Origin header that modules are fetched with.

addEventListener("error", async ({ target }) => {
  if (target?.tagName !== "SCRIPT") return;
  if (document.readyState === "loading") await new Promise(done => addEventListener("DOMContentLoaded", done));
  let why = "it did not come";
  try {
    // Nothing is done by it: a POST carries the same header, and its answer can be read.
    const answer = await fetch("/health/live", { method: "POST" });
    if (answer.status === 403 || answer.status === 421) why = (await answer.json()).detail;
  } catch {
    why = "no answer from the box";
  }
  const banner = document.querySelector("[data-banner]");
  banner.hidden = false;
  banner.dataset.level = "bad";
  banner.textContent = `✕ The page stays empty, because a part of it is missing: ${why}.`;
}, true);
