// Makes a key pair, asks for a pass that is sealed to it, and shows it once. The private key cannot leave this page.
(() => {
  const form = document.getElementById("handover");
  const button = form.querySelector("button");
  const announce = document.getElementById("announce");
  const part = (id) => document.getElementById(id);
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const WAIT = 120000;
  const SHOWN = 300000;

  const show = (id) => {
    for (const name of ["ask", "working", "refused", "pass", "over"]) part(name).hidden = name !== id;
  };
  const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

  const send = async (content) => {
    const answer = await fetch(location.pathname, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Pass-Step": content.step },
      body: JSON.stringify(content),
      redirect: "manual",
    }).catch(() => null);
    if (!answer) return { error: "trouble" };
    if (answer.type === "opaqueredirect" || answer.status === 401) return { error: "signed_out" };
    return answer.json().catch(() => ({ error: "trouble" }));
  };

  const refuse = (reason) => {
    const found = part("reasons").content.querySelector(`[data-reason="${CSS.escape(reason)}"]`);
    const other = part("reasons").content.querySelector('[data-reason="refused"]');
    show("refused");
    part("refused").querySelector("p").textContent = (found || other).textContent;
    announce.textContent = (found || other).textContent;
    if (["live_pass", "hour_limit", "nobody_waits", "trouble"].includes(reason)) {
      part("ask").hidden = false;
      part("replace").hidden = reason !== "live_pass";
      button.disabled = false;
    }
  };

  const wait = async (request) => {
    for (const began = Date.now(); Date.now() - began < WAIT; await sleep(1000)) {
      const found = await send({ step: "look", request });
      if (found.error && found.error !== "trouble") return { state: "refused", reason: found.error };
      if (found.state && found.state !== "working") return found;
    }
    await send({ step: "unanswered", request });
    return { state: "refused", reason: "nobody_waits" };
  };

  const end = () => {
    part("code").textContent = "";
    show("over");
    announce.textContent = part("over").textContent;
  };

  const reveal = (code, found) => {
    part("code").textContent = code;
    for (const name of ["starts", "ends", "once", "changed"]) {
      const line = document.querySelector(`[data-when=${name}]`);
      line.hidden = !found[name];
      if (typeof found[name] === "string") line.querySelector("span").textContent = found[name];
    }
    show("pass");
    part("pass").querySelector("h2").focus();
    const until = Date.now() + SHOWN;
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      part("left").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (seconds === 0 || part("pass").hidden) { clearInterval(timer); if (!part("pass").hidden) end(); }
    };
    const timer = setInterval(tick, 1000);
    tick();
  };

  const ask = async () => {
    const pair = await crypto.subtle.generateKey(
      { name: "RSA-OAEP", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, false, ["decrypt"]);
    const publicKey = toText(await crypto.subtle.exportKey("spki", pair.publicKey));
    const chosen = new FormData(form);
    const asked = await send({ step: "make", publicKey, identityProof: chosen.get("proof"), replace: chosen.get("replace") === "on" });
    if (!asked.request) return refuse(asked.error || "refused");
    const found = await wait(asked.request);
    if (found.state !== "made") return refuse(found.reason || "lapsed");
    const label = new TextEncoder().encode(`pass ${asked.request}`);
    const code = await crypto.subtle.decrypt({ name: "RSA-OAEP", label }, pair.privateKey, toBytes(found.box));
    reveal(new TextDecoder().decode(code), found);
    await send({ step: "shown", request: asked.request });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    show("working");
    announce.textContent = part("working").textContent;
    ask().catch(() => refuse("unusable_key"));
  });
  part("hide").addEventListener("click", end);
  // What the browser keeps of a page that was left must hold no pass.
  addEventListener("pagehide", () => { part("code").textContent = ""; });
  if (window.crypto && crypto.subtle) button.disabled = false;
  else refuse("unusable_key");
})();
