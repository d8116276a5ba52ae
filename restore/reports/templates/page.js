"use strict";
(() => {
  const list = document.getElementById("photos");
  const cards = [...list.children];
  const one = (card, selector) => card.querySelector(selector);

  // What a card shows lies in it as text, its pictures too, and becomes a part of the page only near the screen.
  let chosen = "whole";
  const build = (card) => {
    const body = document.createElement("div");
    body.innerHTML = one(card, "script.body").textContent;
    card.append(body);
    for (const svg of body.querySelectorAll("svg[data-bins]")) draw(svg);
    card.dataset.built = "1";
    view(card, chosen);
  };
  const data = (card) => one(card, "script.px")?.textContent.trim().split("\n") ?? [];
  const show = (image, lines) => { image.src = "data:image/webp;base64," + lines[image.dataset.px]; };
  const load = (card) => {
    if (card.dataset.loaded) return;
    if (!card.dataset.built) build(card);
    card.dataset.loaded = "1";
    const lines = data(card);
    for (const image of card.querySelectorAll("img[data-px]")) if (image.closest("[hidden]") === null) show(image, lines);
  };
  const unload = (card) => {
    delete card.dataset.loaded;
    for (const image of card.querySelectorAll("img[data-px]")) image.removeAttribute("src");
  };
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) (entry.isIntersecting ? load : unload)(entry.target);
  }, { rootMargin: "800px 0px" });
  cards.forEach((card) => near.observe(card));

  function draw(svg) {
    const bytes = Uint8Array.from(atob(svg.dataset.bins), (c) => c.charCodeAt(0));
    const bins = 64, channels = bytes.length / bins;
    svg.setAttribute("viewBox", "0 0 64 256");
    svg.setAttribute("preserveAspectRatio", "none");
    for (let c = 0; c < channels; c++) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const points = [...bytes.subarray(c * bins, (c + 1) * bins)].map((y, x) => `${x + 0.5} ${255 - y}`);
      path.setAttribute("d", "M" + points.join("L"));
      path.setAttribute("class", channels === 1 ? "grey" : "c" + c);
      svg.append(path);
    }
  }

  // The slider: left of it before, right of it after. A range input lies over the pictures, so that keys work.
  const slide = (input) => {
    const at = Number(input.value);
    input.parentElement.style.setProperty("--at", at + "%");
    input.setAttribute("aria-valuetext", `${at} % before, ${100 - at} % after`);
  };
  list.addEventListener("input", (event) => { if (event.target.type === "range") slide(event.target); });

  const view = (card, name) => {
    const stage = one(card, `.stage[data-view="${name}"]`);
    if (stage === null) return;
    for (const other of card.querySelectorAll(".stage")) other.hidden = other !== stage;
    for (const button of card.querySelectorAll("button[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
    if (card.dataset.loaded) { delete card.dataset.loaded; load(card); }
  };
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button === null) return;
    const card = button.closest(".photo");
    if (button.dataset.view) view(card, button.dataset.view);
    if (button.dataset.wide !== undefined) {
      const wide = card.classList.toggle("wide");
      button.setAttribute("aria-pressed", String(wide));
      card.scrollIntoView({ block: "nearest" });
    }
    if (button.dataset.frame) {
      view(card, "whole");
      const before = one(card, '.stage[data-view="whole"] img.before');
      before.dataset.px = button.dataset.frame;
      show(before, data(card));
      for (const other of card.querySelectorAll("button[data-frame]")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
    }
  });

  // What is shown, and in which order.
  const tools = document.getElementById("tools");
  const fits = (card, state, words) => {
    const wanted = state === "all" || (state === "warned" ? card.dataset.warned : card.dataset.state === state);
    return wanted && words.every((word) => card.dataset.name.includes(word));
  };
  const filter = () => {
    const state = tools.elements.state.value;
    const words = tools.elements.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of cards) {
      card.hidden = !fits(card, state, words);
      count += card.hidden ? 0 : 1;
    }
    document.getElementById("shown").textContent = `${count} of ${cards.length} shown`;
  };
  const sort = () => {
    const [key, direction] = tools.elements.order.value.split(" ");
    const value = (card) => (card.dataset[key] === undefined ? Infinity : Number(card.dataset[key]) * direction);
    const sorted = key === "place" ? cards : [...cards].sort((a, b) => value(a) - value(b) || cards.indexOf(a) - cards.indexOf(b));
    const all = document.createDocumentFragment();
    all.append(...sorted);
    list.append(all);
  };
  tools.addEventListener("input", (event) => {
    if (event.target.name === "order") sort();
    else if (event.target.name === "view") {
      chosen = event.target.value;
      cards.forEach((card) => { if (card.dataset.built) view(card, chosen); });
    }
    else filter();
  });
  tools.addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
