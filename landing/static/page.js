// Asks whether the check of this visit is in, and shows the new page in place. Without it, a link does the same.
(() => {
  const announce = document.getElementById("announce");
  const current = () => document.querySelector("main");
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let turn = 0;

  const ask = async (visit) => {
    const answer = await fetch(visit ? `/me?visit=${visit}` : "/me", { headers: { Accept: "application/json" } }).catch(() => null);
    return answer && answer.ok ? answer.json().catch(() => null) : null;
  };

  const show = async (visit) => {
    const answer = await fetch(`/?visit=${visit}`).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (!fresh || fresh.dataset.state === current().dataset.state) return;
    const reading = current().contains(document.activeElement);
    current().replaceWith(document.adoptNode(fresh));
    document.title = page.title;
    const heading = current().querySelector("h1");
    if (reading || document.activeElement === document.body) heading.focus({ preventScroll: true });
    announce.textContent = heading.textContent;
    scrollTo(0, 0);
  };

  // One look at a time: a newer one ends those before it.
  const follow = async (visit) => {
    const mine = ++turn;
    const began = Date.now();
    for (let round = 0; mine === turn && !document.hidden; round += 1) {
      const found = await ask(visit);
      if (mine !== turn) return;
      if (found) {
        visit = found.visit;
        if (found.status !== current().dataset.state) await show(visit);
        if (!current().dataset.waiting) return;
      }
      // No answer at all, as without a network or with a session that ended: what the page would say after that time.
      const late = document.getElementById("late");
      if (late && late.hidden && Date.now() - began > 30000) {
        late.hidden = false;
        announce.textContent = late.querySelector("p").textContent;
      }
      await sleep(round < 10 ? 1000 : round < 20 ? 3000 : 10000);
    }
  };

  // Back from Microsoft's page, by the tab switcher or the back button: what the page says may be out of date.
  addEventListener("pageshow", (event) => { if (event.persisted) follow(""); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) follow(""); });
  if (current().dataset.waiting) sleep(700).then(() => follow(current().dataset.visit));
})();
